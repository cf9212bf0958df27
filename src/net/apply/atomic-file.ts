/**
 * One file replaced as a whole: whoever reads it, and whatever stops this process, finds the old text or the new one.
 * What can fail for want of space or of permission happens before the file itself is touched.
 */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { KvpError } from '../../errors.js';
import type { Folder } from '../../os/folder.js';
import { FilePlace } from './file-place.js';

/** A new text on its way to its place, written and flushed, but not there yet. It ends with a `commit` that succeeds, or with `discard`. */
export interface PreparedFile {
  /** Puts it there. */
  commit(): void;
  /** Forgets it. */
  discard(): void;
}

/** Owner and permissions of a new file; without an owner it is ours. */
interface Like {
  mode: number;
  uid?: number;
  gid?: number;
}

/** In a folder that the caller holds until the end. A link at `name` is replaced itself. Throws Node's system errors. */
export function prepareIn(folder: Folder, name: string, text: string, like: Like): PreparedFile {
  const temporary = temporaryOf(name);
  folder.remove(temporary);
  try {
    writeNew(folder, temporary, text, like);
  } catch (error) {
    removeIfPossible(folder, temporary);
    throw error;
  }
  return {
    commit() {
      folder.rename(temporary, name);
      folder.sync();
    },
    discard: () => folder.remove(temporary),
  };
}

/**
 * The same for a manager's file. `root` stands in front of `path`. A file that exists keeps its owner and its
 * permissions; a new one gets `mode`. A link at `path` stays one: the file that it leads to is replaced. Folders that are
 * missing are made. `text` undefined: the file is to go away. Throws ERR_NET_WRITE; `commit` also ERR_NET_CHANGED where
 * the path leads to another folder by then.
 */
export function prepareFile(root: string, path: string, text: string | undefined, mode: number): PreparedFile {
  try {
    const place = FilePlace.find(root, path, { make: text !== undefined });
    if (place === undefined) throw new KvpError('ERR_NET_WRITE', { detail: `there is no ${dirname(path)}` });
    try {
      return inPlace(place, path, text === undefined ? removal(place) : replacement(place, path, text, mode));
    } catch (error) {
      place.close();
      throw error;
    }
  } catch (error) {
    throw asWriteError(error, path);
  }
}

function inPlace(place: FilePlace, path: string, prepared: PreparedFile): PreparedFile {
  let isOver = false;
  const end = () => {
    isOver = true;
    place.close();
  };
  return {
    commit() {
      if (!place.isStill()) throw new KvpError('ERR_NET_CHANGED', { detail: path });
      prepared.commit();
      end();
    },
    discard() {
      if (isOver) return;
      try {
        prepared.discard();
      } finally {
        end();
      }
    },
  };
}

function replacement({ folder, name, stats }: FilePlace, path: string, text: string, mode: number): PreparedFile {
  if (stats !== undefined && !stats.isFile()) throw new KvpError('ERR_NET_WRITE', { detail: `${path} is no file` });
  return prepareIn(folder, name, text, stats ?? { mode });
}

function removal({ folder, name }: FilePlace): PreparedFile {
  folder.assertWritable();
  return {
    commit() {
      folder.remove(name);
      folder.sync();
    },
    discard() {},
  };
}

/** What a process that died between preparing and committing left beside the file. */
export function removeLeftover({ folder, name }: FilePlace): void {
  removeIfPossible(folder, temporaryOf(name));
}

/** Nobody reads one that stays; the next change of its file takes its place. */
function removeIfPossible(folder: Folder, temporary: string): void {
  try {
    folder.remove(temporary);
  } catch {
    // The file system is read-only, or somebody put something else there.
  }
}

/** One name for each file, so that a leftover is found again; no manager reads files with such a name. */
const temporaryOf = (name: string): string => `.${name}.hv-kvp-new`;

export function asWriteError(error: unknown, path: string): KvpError {
  if (error instanceof KvpError) return error;
  const actual = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const folder = dirname(path);
  const hint = actual === 'EROFS' ? `: ${folder} is read-only (a systemd unit needs ReadWritePaths=${folder} )` : '';
  return new KvpError('ERR_NET_WRITE', { detail: `${path}${hint}`, actual, cause: error });
}

function writeNew(folder: Folder, name: string, text: string, like: Like): void {
  const { O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
  const fd = folder.open(name, O_WRONLY | O_CREAT | O_EXCL);
  try {
    fs.writeFileSync(fd, text);
    // Before the permissions, which a change of owner may narrow.
    if (like.uid !== undefined && like.gid !== undefined) fs.fchownSync(fd, like.uid, like.gid);
    fs.fchmodSync(fd, like.mode & 0o777);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
