/**
 * One change of the network at a time on the whole machine, whichever program makes it: managers keep what belongs to
 * several interfaces in one file.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { KvpError } from '../../errors.js';
import { tryLockFile } from '../../os/file-locks.js';
import { asWriteError } from './atomic-file.js';

const NAME = 'net-lock';
const LOOK_EVERY_MS = 50;

/** Runs `act` under the lock. Throws ERR_NET_WRITE where there can be no lock file, ERR_NET_BUSY when it takes too long. */
export async function underMachineLock<T>(
  stateDir: string,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined },
  act: () => Promise<T>,
): Promise<T> {
  const path = join(stateDir, NAME);
  const fd = open(stateDir, path);
  try {
    const end = performance.now() + withinMs;
    while (!tryLockFile(fd, 'exclusive')) {
      if (signal?.aborted || performance.now() >= end) throw new KvpError('ERR_NET_BUSY', { detail: path });
      await pass(LOOK_EVERY_MS);
    }
    return await act();
  } finally {
    fs.closeSync(fd);
  }
}

function open(stateDir: string, path: string): number {
  try {
    fs.mkdirSync(stateDir, { recursive: true });
    return fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw asWriteError(error, path);
  }
}
