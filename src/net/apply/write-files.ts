/** The files of a plan, written all or not at all. */
import { closeSync, constants, fstatSync, readFileSync } from 'node:fs';
import { KvpError } from '../../errors.js';
import { systemCode } from '../../os/folder.js';
import type { FileChange } from '../backends/backend.js';
import { asWriteError, type PreparedFile, prepareFile, removeLeftover } from './atomic-file.js';
import { FilePlace } from './file-place.js';
import { MAX_JOURNAL_BYTES } from './journal-entry.js';

export interface PreparedFiles {
  /** Puts them there. A failure leaves every file as before: ERR_NET_CHANGED, ERR_NET_WRITE. */
  commit(): void;
  /** Forgets them. */
  discard(): void;
}

/**
 * Refuses with ERR_NET_CHANGED when a file is not what the plan saw, and with ERR_NET_WRITE when one cannot be written;
 * no file is touched before `commit`. `root` stands in front of the paths, as for `ConfigFiles`.
 */
export function prepareFiles(root: string, changes: readonly FileChange[]): PreparedFiles {
  assertAsPlanned(root, changes);
  const prepared: PreparedFile[] = [];
  const discard = (from = 0) => {
    for (const file of prepared.slice(from)) file.discard();
  };
  try {
    for (const change of changes) prepared.push(prepareFile(root, change.path, change.after, change.mode));
  } catch (error) {
    discard();
    throw error;
  }
  return {
    commit() {
      let committed = 0;
      try {
        assertAsPlanned(root, changes);
        for (const file of prepared) {
          file.commit();
          committed++;
        }
      } catch (error) {
        discard(committed);
        restoreFiles(root, changes.slice(0, committed));
        throw asWriteError(error, changes[committed]?.path ?? '');
      }
    },
    discard: () => discard(),
  };
}

function assertAsPlanned(root: string, changes: readonly FileChange[]): void {
  for (const { path, before } of changes) {
    const { text, foreign } = contentOf(root, path);
    if (foreign !== undefined) throw new KvpError('ERR_NET_WRITE', { detail: `${path} ${foreign}` });
    if (text !== before) throw new KvpError('ERR_NET_CHANGED', { detail: path });
  }
}

/**
 * Gives the files their old texts back, the last written first; what a dead process had prepared goes. One that is
 * neither as it was nor as it was made has been changed by somebody else: it is left alone, and named in what is
 * returned. Throws ERR_NET_ROLLBACK when a file cannot be read or written; the others are restored nevertheless.
 */
export function restoreFiles(root: string, changes: readonly FileChange[]): string[] {
  const foreign: string[] = [];
  const failures: unknown[] = [];
  for (const { path, before, after, mode } of changes.toReversed()) {
    try {
      const now = contentOf(root, path, removeLeftover);
      if (now.foreign === undefined && now.text === before) continue;
      if (now.foreign === undefined && now.text === after) replaceNow(root, path, before, mode);
      else foreign.push(path);
    } catch (error) {
      const detail = error instanceof KvpError ? error.detail : undefined;
      failures.push(new KvpError('ERR_NET_ROLLBACK', { detail: detail ?? path, cause: error }));
    }
  }
  if (failures.length > 0) throw failures[0];
  return foreign;
}

function replaceNow(...file: Parameters<typeof prepareFile>): void {
  const prepared = prepareFile(...file);
  try {
    prepared.commit();
  } catch (error) {
    prepared.discard();
    throw error;
  }
}

interface Content {
  /** Undefined where there is no file. */
  text?: string | undefined;
  /** Why it is nothing that this program has read or written, to be said behind its path. */
  foreign?: string;
}

/** Throws ERR_NET_WRITE. */
function contentOf(root: string, path: string, look: (place: FilePlace) => void = () => {}): Content {
  try {
    const place = FilePlace.find(root, path);
    if (place === undefined) return {};
    try {
      look(place);
      return contentAt(place);
    } finally {
      place.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return { foreign: 'is not in a folder' };
    throw asWriteError(error, path);
  }
}

function contentAt({ folder, name }: FilePlace): Content {
  let fd: number;
  try {
    fd = folder.open(name, constants.O_RDONLY);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return {};
    // A socket, and a link that somebody has just put there.
    if (code === 'ENXIO' || code === 'ELOOP' || code === 'EMLINK') return { foreign: 'is no file' };
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return { foreign: 'is no file' };
    if (stats.size > MAX_JOURNAL_BYTES) return { foreign: `has ${stats.size} bytes` };
    const bytes = readFileSync(fd);
    const text = bytes.toString('utf8');
    return Buffer.from(text).equals(bytes) ? { text } : { foreign: 'is not UTF-8' };
  } finally {
    closeSync(fd);
  }
}
