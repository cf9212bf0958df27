/**
 * The guest's daemon as the built program: the host, the ring and the driver are here, the device is a file, and the
 * network is the private machine's own. Nothing of the program is replaced; sysfs shows the adapter's id as Hyper-V's
 * would.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type ServedDevice, serveDevice } from 'hv-kvp/device';
import { GuestStatusError, type IpConfiguration } from 'hv-kvp/host';
import { createHardware, type Hardware, type HardwareOptions } from 'hv-kvp/testing';
import { OurDaemon } from '../../_support/our-daemon.js';
import { assert } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { kernelState } from './guest-state.js';
import { pings } from './network.js';
import { SECOND } from './story.js';

const DEVICE = '/run/hv-kvp/device';
export const STATE_DIR = '/var/lib/hyperv';
export const JOURNAL = `${STATE_DIR}/net-journal`;

/** Without IPv6, whose addresses take seconds to be ready. */
export const OLD: IpConfiguration = {
  ...{ dhcp: false, addresses: ['192.0.2.10'], subnets: ['255.255.255.0'] },
  ...{ gateways: ['192.0.2.1'], dns: ['192.0.2.53'] },
};
export const NEW: IpConfiguration = {
  ...{ dhcp: false, addresses: ['198.51.100.10'], subnets: ['255.255.255.0'] },
  ...{ gateways: ['198.51.100.1'], dns: ['198.51.100.53'] },
};

export interface ProgramGuest {
  readonly vm: Hardware['vm'];
  readonly hardware: Hardware;
  readonly devicePath: string;
  daemon: OurDaemon;
  /** What the host hears of it: 0, or the status of a failure. */
  setIp(configuration: IpConfiguration): Promise<number>;
  /** After the last one ended. Resolves when the host can ask it. */
  startDaemon(start?: StartDaemon): Promise<void>;
  stop(): Promise<void>;
}

export type StartDaemon = (args: string[]) => OurDaemon;

export interface ProgramGuestOptions {
  /** Of the daemon, beyond `-n`, device and pools. */
  args?: string[];
  hardware?: HardwareOptions;
  start?: StartDaemon;
}

/** The daemon is registered and the host has negotiated. The second host's link is there. */
export async function startProgramGuest(options: ProgramGuestOptions = {}): Promise<ProgramGuest> {
  mkdirSync('/run/hv-kvp', { recursive: true });
  mkdirSync(STATE_DIR, { recursive: true });
  const hardware = createHardware({ refreshIntervalMs: 0, ...options.hardware });
  const served: ServedDevice = await serveDevice({ path: DEVICE, server: hardware.driver.session });
  const args = ['-n', '--device', DEVICE, '--pool-dir', STATE_DIR, ...(options.args ?? [])];
  const guest: ProgramGuest = {
    ...{ vm: hardware.vm, hardware, devicePath: DEVICE },
    daemon: undefined as unknown as OurDaemon,
    async setIp(configuration) {
      try {
        await hardware.vm.setIp(SECOND.guid, configuration);
        return 0;
      } catch (error) {
        if (error instanceof GuestStatusError) return error.status;
        throw error;
      }
    },
    async startDaemon(start = options.start ?? ((all) => new OurDaemon(all))) {
      guest.daemon = start(args);
      hardware.vm.boot();
      await Promise.race([
        hardware.vm.ready(),
        guest.daemon.ended.then((end) =>
          Promise.reject(new Error(`the daemon ended (${end}): ${guest.daemon.output}`)),
        ),
      ]);
    },
    async stop() {
      await guest.daemon.stop('SIGKILL');
      hardware.close();
      await served.close();
    },
  };
  await guest.startDaemon();
  return guest;
}

/** As a synthetic adapter's: veth links have no device behind them. To be repeated when the link comes again. */
export function giveAdapterId(): void {
  const folder = `/run/sysfs-${SECOND.link}`;
  mkdirSync(`${folder}/upper/device`, { recursive: true });
  mkdirSync(`${folder}/work`, { recursive: true });
  writeFileSync(`${folder}/upper/device/device_id`, `${SECOND.guid}\n`);
  const device = `/sys/devices/virtual/net/${SECOND.link}`;
  const layers = `lowerdir=${device},upperdir=${folder}/upper,workdir=${folder}/work`;
  execFileSync('mount', ['-t', 'overlay', 'adapter-id', '-o', layers, device], { stdio: 'pipe' });
}

/** After the last one was killed, until the next has taken back what that one left half-done. */
export async function restartDaemon(guest: ProgramGuest): Promise<void> {
  const left = existsSync(JOURNAL);
  await guest.startDaemon();
  if (left) await until('it is taken back', () => logged(guest.daemon, 'the network is as before').length > 0);
  assert.not.ok(existsSync(JOURNAL));
}

/** For traffic, in the kernel, and to the host. */
export async function assertWorks({ vm }: ProgramGuest, { addresses, gateways }: IpConfiguration): Promise<void> {
  const state = JSON.stringify({ addresses: [`${addresses?.[0]}/24`], gateways });
  await until(`the kernel has ${state}`, () => JSON.stringify(kernelState(SECOND.link)) === state);
  for (const gateway of gateways ?? []) await until(`${gateway} answers`, () => pings(gateway));
  const told = () => vm.getIp(SECOND.mac).catch(() => undefined);
  await until('the host sees it', async () => (await told())?.addresses[0] === addresses?.[0]);
}

/** The log's lines with this text, so far. */
export function logged(daemon: OurDaemon, text: string): Record<string, unknown>[] {
  return daemon.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => String(msg).includes(text));
}
