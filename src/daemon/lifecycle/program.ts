/** The daemon as a program of its own: process name, signals, and an end that does not hang. */
import { setFlagsFromString } from 'node:v8';
import type { AddressesPort, NetPort, PoolPort } from '../ports.js';
import { reportToStarter } from './detach.js';
import { guestIntrinsics } from './intrinsics.js';
import { type DaemonOptions, runDaemon } from './run.js';
import { followSignals } from './signals.js';

export interface ProgramOptions extends Omit<DaemonOptions, 'intrinsics' | 'pools' | 'net'> {
  pools: PoolPort;
  net: NetPort & AddressesPort & { refresh(): void };
  extendedItems?: boolean;
}

/** The name that clients look for in the list of processes (WALinuxAgent does). */
const PROCESS_NAME = 'hv_kvp_daemon';

/** Resolves never, but by a signal; rejects when the device cannot be opened at first. */
export async function runDaemonProgram(options: ProgramOptions): Promise<void> {
  process.title = PROCESS_NAME;
  // The young generation would grow to tens of megabytes, and garbage of twice what is alive be kept, which a daemon of
  // small, short-lived objects has no use for (docs/decisions.md).
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--optimize-for-size');
  const profile = options.profile ?? 'linux';
  const intrinsics = guestIntrinsics({ profile, addresses: options.net, extended: options.extendedItems ?? false });
  const daemon = runDaemon({ ...options, intrinsics });
  followSignals({
    get busy() {
      return daemon.busy;
    },
    stop: () => daemon.stop(),
    reload() {
      options.net.refresh();
      intrinsics.refresh();
      options.logger?.info({}, 'reloaded');
    },
  });
  try {
    await daemon.registered;
    reportToStarter();
    await daemon.done;
  } catch (error) {
    reportToStarter(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    intrinsics.close();
  }
}
