/**
 * NetworkManager's own way back: a checkpoint of the device, to which it returns by itself unless it hears in time that
 * all is well. So the change of a daemon that dies is taken back even if no other daemon starts.
 */
import type { ConfigFiles } from '../../config-files.js';
import type { ManagerCommand, Safeguard, TargetInterface } from '../backend.js';
import { deviceState } from './keyfile-profile.js';

const BUSCTL = '/usr/bin/busctl';
const BUS = '/run/dbus/system_bus_socket';
const MANAGER = [
  'org.freedesktop.NetworkManager',
  '/org/freedesktop/NetworkManager',
  'org.freedesktop.NetworkManager',
] as const;
/** Checkpoints of other devices may be there; one of this device would take the change back when it is long done. */
const NO_FLAGS = '0';
const IN_THE_WAY = /already included in checkpoint (\/org\/freedesktop\/NetworkManager\/Checkpoint\/[0-9]+)/;
const DEVICE = /^o "(\/org\/freedesktop\/NetworkManager\/Devices\/[0-9]+)"\s*$/;
const CHECKPOINT = /^o "(\/org\/freedesktop\/NetworkManager\/Checkpoint\/[0-9]+)"\s*$/;

const call = (method: string, ...args: string[]): ManagerCommand['argv'] => [
  ...(['busctl', '--system', '--timeout=2', 'call', ...MANAGER] as const),
  method,
  ...args,
];

/** Undefined where NetworkManager does not run, and where nobody can tell it. */
export function checkpoint(files: ConfigFiles, target: TargetInterface, seconds: number): Safeguard | undefined {
  if (deviceState(files, target) === undefined || !files.exists(BUSCTL) || !files.exists(BUS)) return undefined;
  return {
    arm: [
      () => call('GetDeviceByIpIface', 's', target.name),
      (answer) => {
        const device = DEVICE.exec(answer)?.[1];
        if (device === undefined) return undefined;
        return call('CheckpointCreate', 'aouu', '1', device, String(seconds), NO_FLAGS);
      },
    ],
    // As of a daemon that died before it had noted down the name.
    clear(failure) {
      const other = IN_THE_WAY.exec(failure)?.[1];
      return other === undefined ? undefined : forgetCheckpoint(other).argv;
    },
    tokenOf: (answer) => CHECKPOINT.exec(answer)?.[1],
  };
}

/** `token` is what `tokenOf` gave, perhaps to another process. */
export const forgetCheckpoint = (token: string): ManagerCommand => ({
  argv: call('CheckpointDestroy', 'o', token),
  mayFail: true,
});
