/** What stands below a guest's user space: a virtual machine on its host, a VMBus channel, the guest's driver. */
import { optional, requireChoice, requireFunction, requireObject } from '../arguments.js';
import { createLocalChannel } from '../channel/index.js';
import { type Codec, createCodec, parseVersion } from '../codec/index.js';
import { type ProfileName, type RunningDriver, runDriver } from '../driver/index.js';
import { VirtualMachine, type VirtualMachineOptions } from '../host/index.js';
import { type Tap, tapChannelEnd } from './tap.js';

const DRIVER_VERSIONS = ['1.0', '3.0', '4.0', '5.0'] as const;

export interface HardwareOptions extends Omit<VirtualMachineOptions, 'channel' | 'tap'> {
  /** Default `auto`, or the environment variable HV_KVP_ENGINE. */
  engine?: 'auto' | 'wasm' | 'js';
  /** Whose guest driver this is. Default 'linux'. */
  profile?: ProfileName;
  /** The driver's newest message version: "4.0" is what Linux and FreeBSD have (default), "5.0" has binary IP. */
  driverVersion?: (typeof DRIVER_VERSIONS)[number];
  /** What FreeBSD's driver makes of an adapter id: "{GUID}" → "hn0". Default: it knows no adapter. */
  interfaceName?: (adapterId: string) => string | undefined;
  /** How long the driver waits for the daemon. Default: the profile's, 30 s or 5 s. */
  driverTimeoutMs?: number;
  /** Sees every byte that crosses a seam. */
  tap?: Tap;
  /** Sees every payload that the host sends or receives. */
  hostTap?: VirtualMachineOptions['tap'];
}

export interface Hardware {
  readonly codec: Codec;
  readonly vm: VirtualMachine;
  readonly driver: RunningDriver;
  /** Turns the machine off, unloads the driver and frees the rings. */
  close(): void;
}

/** The machine is off until `vm.boot()`; nothing is negotiated before a daemon has registered. */
export function createHardware(options: HardwareOptions = {}): Hardware {
  requireObject('options', options);
  const {
    engine = 'auto',
    profile = 'linux',
    driverVersion = '4.0',
    interfaceName,
    driverTimeoutMs,
    tap,
    hostTap,
    ...machine
  } = options;
  requireChoice('driverVersion', driverVersion, DRIVER_VERSIONS);
  optional(requireFunction, 'tap', tap);
  const codec = createCodec({ engine });
  const channel = createLocalChannel({ engine: codec.engine });
  const { toGuest, toHost } = channel.rings;
  const host = tap ? tapChannelEnd(channel.host, 'host-to-guest', toGuest.view, tap) : channel.host;
  const guest = tap ? tapChannelEnd(channel.guest, 'guest-to-host', toHost.view, tap) : channel.guest;
  const vm = new VirtualMachine({ ...machine, channel: host, ...(hostTap === undefined ? {} : { tap: hostTap }) });
  const driver = runDriver(guest, {
    codec,
    profile,
    maxMessageVersion: parseVersion(driverVersion),
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(driverTimeoutMs === undefined ? {} : { timeoutMs: driverTimeoutMs }),
  });
  return {
    codec,
    vm,
    driver,
    close() {
      vm.stop();
      driver.stop();
      channel.close();
    },
  };
}
