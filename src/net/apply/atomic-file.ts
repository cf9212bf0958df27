/**
 * One file replaced as a whole: whoever reads it, and whatever stops this process, finds the old text or the new one.
 * What can fail for want of space or of permission happens before the file itself is touched.
 */
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KvpError } from '../../errors.js';

/** A new text on its way to `path`, written and flushed, but not there yet. */
export interface PreparedFile {
  /** Puts it there. */
  commit(): void;
  /** Forgets it. */
  discard(): void;
}

/**
 * A file that exists keeps its owner and its permissions; a new one gets `mode`. A link at `path` stays one: the file
 * that it leads to is replaced. Folders that are missing are made. Throws ERR_NET_WRITE.
 */
export function prepareFile(path: string, text: string, mode: number): PreparedFile {
  let temporary: string | undefined;
  try {
    const target = whereItLeads(path);
    const old = fs.lstatSync(target, { throwIfNoEntry: false });
    if (old !== undefined && !old.isFile()) throw new KvpError('ERR_NET_WRITE', { detail: `${path} is no file` });
    const folder = dirname(target);
    fs.mkdirSync(folder, { recursive: true });
    temporary = temporaryOf(target);
    fs.rmSync(temporary, { force: true });
    writeNew(temporary, text, old ?? { mode });
    const written = temporary;
    return {
      commit() {
        fs.renameSync(written, target);
        syncFolder(folder);
      },
      discard: () => fs.rmSync(written, { force: true }),
    };
  } catch (error) {
    if (temporary !== undefined) removeIfPossible(temporary);
    throw asWriteError(error, path);
  }
}

/** The same for a file that is to go away. */
export function prepareRemoval(path: string): PreparedFile {
  try {
    const target = whereItLeads(path);
    fs.accessSync(dirname(target), fs.constants.W_OK);
    return {
      commit() {
        fs.rmSync(target, { force: true });
        syncFolder(dirname(target));
      },
      discard() {},
    };
  } catch (error) {
    throw asWriteError(error, path);
  }
}

/** What a process that died between preparing and committing left beside the file. */
export function removeLeftover(path: string): void {
  try {
    removeIfPossible(temporaryOf(whereItLeads(path)));
  } catch {
    // A link that leads nowhere: nothing was prepared there.
  }
}

/** Nobody reads one that stays; the next change of its file takes its place. */
function removeIfPossible(temporary: string): void {
  try {
    fs.rmSync(temporary, { force: true });
  } catch {
    // The file system is read-only, or somebody put something else there.
  }
}

/** One name for each file, so that a leftover is found again; no manager reads files with such a name. */
const temporaryOf = (target: string): string => join(dirname(target), `.${basename(target)}.hv-kvp-new`);

export function asWriteError(error: unknown, path: string): KvpError {
  if (error instanceof KvpError) return error;
  const actual = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const folder = dirname(path);
  const hint = actual === 'EROFS' ? `: ${folder} is read-only (a systemd unit needs ReadWritePaths=${folder} )` : '';
  return new KvpError('ERR_NET_WRITE', { detail: `${path}${hint}`, actual, cause: error });
}

/** Of links the file at their end; one that leads nowhere is an error, since nobody knows what it stands for. */
function whereItLeads(path: string): string {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? fs.realpathSync(path) : path;
}

function writeNew(path: string, text: string, like: { mode: number; uid?: number; gid?: number }): void {
  const fd = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeFileSync(fd, text);
    // Before the permissions, which a change of owner may narrow.
    if (like.uid !== undefined && like.gid !== undefined) fs.fchownSync(fd, like.uid, like.gid);
    fs.fchmodSync(fd, like.mode & 0o7777);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** So that a name that was given or taken survives a loss of power. */
export function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
