/**
 * The built daemon on a device file, with pools on a disk of its own that a test may harm. For the fault list of the
 * stock daemon; inside a private machine only.
 */
import { join } from 'node:path';
import { enumerate, get, itemOf, set, statusOf, textAt } from './key-value-requests.js';
import { OurDaemon } from './our-daemon.js';
import { privateDirectory } from './private-machine.js';
import type { RegisteringDevice } from './registering-device.js';
import { assert } from './suite.js';

export const RECORD_BYTES = 2560;
export const FAIL = 0x80004005;
export const INVALID_ARGUMENT = 0x80070057;
export const NO_MORE_ITEMS = 0x80070103;
export const NOT_SUPPORTED = 0x80070032;
export const ADAPTER_NOT_FOUND = 0x80041002;
export const DISK_FULL = 0x80070070;

export interface HarmedGuest {
  directory: string;
  path(pool: number): string;
  daemon: OurDaemon;
  ask(message: Uint8Array): Promise<Uint8Array>;
  /** The status of the answer. */
  status(message: Uint8Array): Promise<number>;
  /** A whole pool, as a host enumerates it. */
  items(pool: number): Promise<[string, string][]>;
  /** Kills the daemon and starts another on the same pools. */
  restart(): Promise<void>;
}

export interface Harm {
  /** Size of the disk. */
  kibibytes?: number;
  /** Before the daemon starts. */
  prepare?: (directory: string, path: HarmedGuest['path']) => void;
  /** Below the disk, where the pools are. Default: the disk itself. */
  folder?: string;
  /** The pools that need not work at the end. */
  lost?: number[];
}

let disks = 0;

/** Runs `work`, then checks that the daemon is the same process, registered once, and serves every pool but the lost. */
export async function withHarmedGuest(
  device: RegisteringDevice,
  { kibibytes = 65_536, prepare, folder = '', lost = [] }: Harm,
  work: (guest: HarmedGuest) => Promise<void>,
): Promise<void> {
  const disk = `/var/lib/disk-${disks++}`;
  privateDirectory(disk, kibibytes);
  const directory = join(disk, folder);
  const path = (pool: number) => join(directory, `.kvp_pool_${pool}`);
  prepare?.(directory, path);
  const args = ['-n', '--pool-dir', directory];
  const ask = (message: Uint8Array) => device.request(message);
  const status = async (message: Uint8Array) => statusOf(await ask(message));
  const items = async (pool: number) => {
    const found: [string, string][] = [];
    for (;;) {
      const answer = await ask(enumerate(pool, found.length));
      if (statusOf(answer) === NO_MORE_ITEMS) return found;
      assert.is(statusOf(answer), 0);
      found.push(itemOf(answer));
    }
  };
  const guest: HarmedGuest = {
    ...{ directory, path, ask, status, items, daemon: new OurDaemon(args) },
    async restart() {
      await guest.daemon.stop('SIGKILL');
      await device.closed();
      registrations++;
      guest.daemon = new OurDaemon(args);
      await device.registered();
    },
  };
  let registrations = device.registrations.length + 1;
  try {
    await device.registered();
    await work(guest);
    for (const pool of [0, 1, 2, 3, 4].filter((one) => !lost.includes(one))) {
      assert.is(await status(set(pool, 'still', 'served')), 0, `pool ${pool}`);
      assert.is(textAt(await ask(get(pool, 'still')), 528), 'served');
    }
    assert.is(guest.daemon.process.exitCode, null);
    assert.is(device.registrations.length, registrations);
  } finally {
    await guest.daemon.stop('SIGKILL');
    await device.closed();
  }
}

/** A record as any program would write it. */
export function record(key: string, value: string): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES);
  bytes.write(key, 0);
  bytes.write(value, 512);
  return bytes;
}
