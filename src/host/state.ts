/** The state file of a virtual machine. */
import * as fs from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { requirePath } from '../arguments.js';
import { KvpError } from '../errors.js';
import { distrustOf, distrustText, type Folder, systemCode } from '../os/folder.js';
import { type PersistentState, stateFromText, stateToText } from './persistent-state.js';
import { openPrivateFolder } from './private-folder.js';

/** 128 items at their limits, written as JSON escapes, and their failover settings stay far below this. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Bytes that are no UTF-8 are a damaged file: replaced, they would be written back over what stands there. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

const close = promisify(fs.close);
const readFile = promisify(fs.readFile);
const sync = promisify(fs.fsync);
const writeFile = promisify(fs.writeFile);

export interface StateFile {
  /** What the file held; undefined when there was none. */
  state: PersistentState | undefined;
  /** Replaces the file atomically, mode 0600, on disk when it resolves. Give it to the option `persist`. */
  save(state: PersistentState): Promise<void>;
}

/**
 * Reads the state at `path`, if any. Nobody but root and the user who runs may be able to exchange it in its directory;
 * a link in its place is not followed.
 *
 * Throws ERR_HOST_STATE_FILE when that is not so, or when the file cannot be read or is no state.
 */
export async function openStateFile(path: string): Promise<StateFile> {
  requirePath('path', path);
  return {
    state: await within(path, readState).catch(noneIfMissing),
    save: (state) => within(path, (folder, name) => writeState(folder, name, stateToText(state))),
  };
}

/** Looks the directory up each time: it may be mounted or moved while the host runs. */
async function within<T>(path: string, work: (folder: Folder, name: string) => Promise<T>): Promise<T> {
  try {
    const folder = openPrivateFolder(dirname(path), { make: false });
    try {
      return await work(folder, basename(path));
    } finally {
      folder.close();
    }
  } catch (cause) {
    if (cause instanceof KvpError) throw cause;
    const why = systemCode(cause) === 'ELOOP' ? 'it is a link, which is not followed' : (cause as Error).message;
    throw new KvpError('ERR_HOST_STATE_FILE', { detail: `${path}: ${why}`, cause });
  }
}

/** No file, or no directory yet. */
function noneIfMissing(error: KvpError): undefined {
  if (systemCode(error.cause) !== 'ENOENT') throw error;
}

async function readState(folder: Folder, name: string): Promise<PersistentState> {
  const file = folder.open(name, fs.constants.O_RDONLY);
  try {
    const stats = fs.fstatSync(file);
    const path = `${folder.path}/${name}`;
    if (!stats.isFile()) throw new Error('it is no regular file');
    const distrust = distrustOf(stats);
    if (distrust !== undefined) throw new Error(distrustText(path, distrust));
    if (stats.nlink > 1) throw new Error('it has more than one name');
    if (stats.size > MAX_BYTES)
      throw new KvpError('ERR_HOST_STATE_FILE', { detail: path, expected: MAX_BYTES, actual: stats.size });
    return stateIn(path, await readFile(file));
  } finally {
    await close(file);
  }
}

function stateIn(path: string, bytes: Uint8Array): PersistentState {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    const detail = `${path}: not UTF-8 - move the file away to start afresh`;
    throw new KvpError('ERR_HOST_STATE_FILE', { detail, cause });
  }
  try {
    return stateFromText(text);
  } catch (cause) {
    throw new KvpError('ERR_HOST_STATE_FILE', { detail: `${path}: ${(cause as KvpError).detail}`, cause });
  }
}

async function writeState(folder: Folder, name: string, text: string): Promise<void> {
  const temporary = `.${name}.${process.pid}`;
  folder.remove(temporary);
  const { O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
  const file = folder.open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    try {
      await writeFile(file, text);
      await sync(file);
    } finally {
      await close(file);
    }
    folder.rename(temporary, name);
  } catch (error) {
    folder.remove(temporary);
    throw error;
  }
  // A rename lasts only once its folder is on disk.
  await sync(folder.fd);
}
