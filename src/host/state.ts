/** The state file of a virtual machine. */
import { constants, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { requirePath } from '../arguments.js';
import { KvpError } from '../errors.js';
import { type PersistentState, stateFromText, stateToText } from './persistent-state.js';

/** 128 items at their limits, written as JSON escapes, and their failover settings stay far below this. */
const MAX_BYTES = 4 * 1024 * 1024;

export interface StateFile {
  /** What the file held; undefined when there was none. */
  state: PersistentState | undefined;
  /** Replaces the file atomically, mode 0600, on disk when it resolves. Give it to the option `persist`. */
  save(state: PersistentState): Promise<void>;
}

/** Reads the state at `path`, if any. Throws ERR_HOST_STATE_FILE when it cannot be read or is no state. */
export async function openStateFile(path: string): Promise<StateFile> {
  requirePath('path', path);
  return { state: await readState(path), save: (state) => writeState(path, state) };
}

async function readState(path: string): Promise<PersistentState | undefined> {
  try {
    // A FIFO is not waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new Error('is no regular file');
      if (found.size > MAX_BYTES)
        throw new KvpError('ERR_HOST_STATE_FILE', { detail: path, expected: MAX_BYTES, actual: found.size });
      return stateFromText(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw asStateError(path, error);
  }
}

async function writeState(path: string, state: PersistentState): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}`);
  try {
    await unlink(temporary).catch(() => {});
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(stateToText(state));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw asStateError(path, error);
  }
}

/** A rename lasts only once its folder is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function asStateError(path: string, cause: unknown): KvpError {
  if (cause instanceof KvpError) return cause;
  return new KvpError('ERR_HOST_STATE_FILE', { detail: `${path}: ${(cause as Error).message}`, cause });
}
