/** Takes a pool's locks before a deadline, and says who had them when it passes. */
import { KvpError } from '../errors.js';
import { type LockMode, tryLockFile, unlockFile } from '../os/file-locks.js';
import { lockHolders } from '../os/lock-holders.js';
import { type LockWaitOptions, waitForFileLock } from '../os/lock-wait.js';

export type { LockMode };

export interface LockPort {
  tryLock(fd: number, mode: LockMode): boolean;
  /** False when the time is over or the signal aborted: the lock is not taken later either. */
  waitForLock(fd: number, mode: LockMode, options: LockWaitOptions): Promise<boolean>;
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

export const osLocks: LockPort = {
  tryLock: tryLockFile,
  waitForLock: waitForFileLock,
  unlock: unlockFile,
  holders: describeHolders,
};

/** Takes all locks of the file. Throws ERR_POOL_LOCKED after `timeoutMs`, and the signal's reason once it is aborted. */
export async function acquire(
  locks: LockPort,
  { fd, inode, path }: { fd: number; inode: bigint; path: string },
  mode: LockMode,
  { timeoutMs, signal }: LockWaitOptions,
): Promise<void> {
  if (locks.tryLock(fd, mode)) return;
  if (await locks.waitForLock(fd, mode, { timeoutMs, signal })) return;
  signal?.throwIfAborted();
  throw new KvpError('ERR_POOL_LOCKED', { detail: `${path}, waited ${timeoutMs} ms, ${locks.holders(inode)}` });
}
