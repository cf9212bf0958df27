/**
 * One change of the network at a time on the whole machine, whichever program makes it: managers keep what belongs to
 * several interfaces in one file.
 */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { KvpError } from '../../errors.js';
import { tryLockFile } from '../../os/file-locks.js';
import { StateDirectory } from './state-directory.js';

const NAME = 'net-lock';
const LOOK_EVERY_MS = 50;

/** Runs `act` under the lock. Throws ERR_OS_FOLDER where there can be no lock file, ERR_NET_BUSY when it takes too long. */
export async function underMachineLock<T>(
  stateDir: string,
  { withinMs, signal }: { withinMs: number; signal?: AbortSignal | undefined },
  act: () => Promise<T>,
): Promise<T> {
  const fd = openLock(stateDir);
  try {
    const end = performance.now() + withinMs;
    while (!tryLockFile(fd, 'exclusive')) {
      if (signal?.aborted || performance.now() >= end)
        throw new KvpError('ERR_NET_BUSY', { detail: join(stateDir, NAME) });
      await pass(LOOK_EVERY_MS);
    }
    return await act();
  } finally {
    closeSync(fd);
  }
}

function openLock(stateDir: string): number {
  const state = StateDirectory.ensure(stateDir);
  try {
    return state.openFile(NAME);
  } finally {
    state.close();
  }
}
