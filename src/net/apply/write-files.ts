/** The files of a plan, written all or not at all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KvpError } from '../../errors.js';
import type { FileChange } from '../backends/backend.js';
import { asWriteError, type PreparedFile, prepareFile, prepareRemoval, removeLeftover } from './atomic-file.js';

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
    for (const change of changes) prepared.push(prepare(join(root, change.path), change.after, change.mode));
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
  for (const { path, before } of changes)
    if (textOf(join(root, path)) !== before) throw new KvpError('ERR_NET_CHANGED', { detail: path });
}

/**
 * Gives the files their old texts back, the last written first; what a dead process had prepared goes. One that is
 * neither as it was nor as it was made has been changed by somebody else: it is left alone, and named in what is
 * returned. Throws ERR_NET_ROLLBACK when a file cannot be written; the others are restored nevertheless.
 */
export function restoreFiles(root: string, changes: readonly FileChange[]): string[] {
  const foreign: string[] = [];
  const failures: unknown[] = [];
  for (const { path, before, after, mode } of changes.toReversed()) {
    try {
      removeLeftover(join(root, path));
      const text = textOf(join(root, path));
      if (text === before) continue;
      if (text === after) prepare(join(root, path), before, mode).commit();
      else foreign.push(path);
    } catch (error) {
      failures.push(new KvpError('ERR_NET_ROLLBACK', { detail: path, cause: error }));
    }
  }
  if (failures.length > 0) throw failures[0];
  return foreign;
}

const prepare = (path: string, text: string | undefined, mode: number): PreparedFile =>
  text === undefined ? prepareRemoval(path) : prepareFile(path, text, mode);

/** Undefined where there is no file. Throws ERR_NET_WRITE for one whose bytes a text cannot give back. */
function textOf(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes)) throw new KvpError('ERR_NET_WRITE', { detail: `${path} is not UTF-8` });
    return text;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw asWriteError(error, path);
  }
}
