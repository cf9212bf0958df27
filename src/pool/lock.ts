/** Waits for a pool's locks with a deadline, and says who had them when it passes. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { KvpError } from '../errors.js';
import { type LockMode, tryLockFile, unlockFile } from '../os/file-locks.js';
import { lockHolders } from '../os/lock-holders.js';

export type { LockMode };

export interface LockPort {
  tryLock(fd: number, mode: LockMode): boolean;
  unlock(fd: number): void;
  /** For people: who holds locks on the file with this inode number. */
  holders(inode: bigint): string;
}

function describeHolders(inode: bigint): string {
  const names = lockHolders(inode).map(
    ({ kind, access, pid, command }) =>
      `${pid === undefined ? 'an unknown process' : `process ${pid} (${command ?? 'gone'})`}, ${kind} ${access.toLowerCase()}`,
  );
  return names.length === 0 ? 'the holder is not known' : `held by ${names.join('; ')}`;
}

export const osLocks: LockPort = { tryLock: tryLockFile, unlock: unlockFile, holders: describeHolders };

/** Holders keep a pool for tens of microseconds, so the first tries follow at once. */
const EAGER_TRIES = 4;
const LONGEST_PAUSE_MS = 20;

/** Takes all locks of the file or throws ERR_POOL_LOCKED after `timeoutMs`. */
export async function acquire(
  locks: LockPort,
  { fd, inode, path }: { fd: number; inode: bigint; path: string },
  mode: LockMode,
  timeoutMs: number,
): Promise<void> {
  if (locks.tryLock(fd, mode)) return;
  const deadline = performance.now() + timeoutMs;
  for (let round = 0; ; round++) {
    if (round < EAGER_TRIES) await setImmediate();
    else await setTimeout(Math.ceil(Math.random() * Math.min(LONGEST_PAUSE_MS, 2 ** (round - EAGER_TRIES))));
    if (locks.tryLock(fd, mode)) return;
    if (performance.now() >= deadline) {
      throw new KvpError('ERR_POOL_LOCKED', { detail: `${path}, waited ${timeoutMs} ms, ${locks.holders(inode)}` });
    }
  }
}
