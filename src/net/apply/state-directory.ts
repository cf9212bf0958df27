/**
 * The directory of the journal, the lock and the program's note. What stands there says which files root overwrites and
 * which processes it ends, so it is believed only where nobody else could have written it.
 */
import * as fs from 'node:fs';
import { KvpError } from '../../errors.js';
import { distrustOf, distrustText, Folder, systemCode } from '../../os/folder.js';
import { asWriteError, prepareIn } from './atomic-file.js';

/** As the pool directory, which is the same unless somebody says otherwise. Its files have mode 0600. */
const MODE = process.platform === 'freebsd' ? 0o700 : 0o755;
const FILE_MODE = 0o600;

/** What is at a name: a text that can be believed, nothing, or what is wrong with it, to be said behind its path. */
export type StateText = { text: string } | { problem: string } | undefined;

/** Open while it is used. */
export class StateDirectory {
  readonly #folder: Folder;

  private constructor(folder: Folder) {
    this.#folder = folder;
  }

  /** Undefined where there is none. Throws ERR_OS_FOLDER unless root and the user who runs are the only ones who may change it. */
  static open(path: string): StateDirectory | undefined {
    return StateDirectory.#trusted(path, () => Folder.open(path));
  }

  /** Made where it is missing. Throws ERR_OS_FOLDER as `open` does, and ERR_NET_WRITE where it cannot be made. */
  static ensure(path: string): StateDirectory {
    const made = StateDirectory.#trusted(path, () => Folder.ensure(path, MODE));
    if (made === undefined) throw new KvpError('ERR_OS_FOLDER', { detail: `${path} went away` });
    return made;
  }

  static #trusted(path: string, open: () => Folder): StateDirectory | undefined {
    let folder: Folder;
    try {
      folder = open();
    } catch (error) {
      if (error instanceof KvpError) throw error;
      if (systemCode(error) === 'ENOENT' && fs.lstatSync(path, { throwIfNoEntry: false }) === undefined)
        return undefined;
      const problem = whyNoDirectory(path, error);
      if (problem === undefined) throw asWriteError(error, path);
      throw new KvpError('ERR_OS_FOLDER', { detail: `${path} ${problem}`, cause: error });
    }
    const distrust = distrustOf(folder.stats);
    if (distrust === undefined) return new StateDirectory(folder);
    folder.close();
    throw new KvpError('ERR_OS_FOLDER', { detail: distrustText(path, distrust) });
  }

  /** At most `maxBytes` are read. What is no file of its owner's alone is a problem, and so is what cannot be read. */
  read(name: string, maxBytes: number): StateText {
    let fd: number;
    try {
      fd = this.#folder.open(name, fs.constants.O_RDONLY);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return undefined;
      return { problem: code === 'ELOOP' || code === 'EMLINK' ? 'is a link' : `cannot be opened (${code})` };
    }
    try {
      const stats = fs.fstatSync(fd);
      const problem = problemOf(stats) ?? (stats.size > maxBytes ? `has ${stats.size} bytes` : undefined);
      return problem === undefined ? { text: fs.readFileSync(fd, 'utf8') } : { problem };
    } catch (error) {
      return { problem: `cannot be read (${systemCode(error)})` };
    } finally {
      fs.closeSync(fd);
    }
  }

  /** The whole text or the old one, durable when it returns. A link in its place goes. Throws system errors. */
  write(name: string, text: string): void {
    const prepared = prepareIn(this.#folder, name, text, { mode: FILE_MODE });
    try {
      prepared.commit();
    } catch (error) {
      prepared.discard();
      throw error;
    }
  }

  rename(from: string, to: string): void {
    this.#folder.rename(from, to);
    this.#folder.sync();
  }

  remove(name: string): void {
    this.#folder.remove(name);
    this.#folder.sync();
  }

  /** For reading and writing, made where it is missing. Throws ERR_OS_FOLDER for what is no file of its owner's alone, ERR_NET_WRITE. */
  openFile(name: string): number {
    const { O_RDWR, O_CREAT } = fs.constants;
    const path = `${this.#folder.path}/${name}`;
    let fd: number;
    try {
      fd = this.#folder.open(name, O_RDWR | O_CREAT, FILE_MODE);
    } catch (error) {
      const problem = { ELOOP: 'is a link', EMLINK: 'is a link', EISDIR: 'is no file', ENXIO: 'is no file' }[
        systemCode(error)
      ];
      if (problem === undefined) throw asWriteError(error, path);
      throw new KvpError('ERR_OS_FOLDER', { detail: `${path} ${problem}: remove it`, cause: error });
    }
    const problem = problemOf(fs.fstatSync(fd));
    if (problem === undefined) return fd;
    fs.closeSync(fd);
    throw new KvpError('ERR_OS_FOLDER', { detail: `${path} ${problem}: remove it` });
  }

  close(): void {
    this.#folder.close();
  }
}

function whyNoDirectory(path: string, error: unknown): string | undefined {
  if (systemCode(error) !== 'ENOTDIR' && systemCode(error) !== 'ELOOP') return undefined;
  const isLink = fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? 'is a link: name the directory itself, or remove the link' : 'is no directory: remove it';
}

/** Of a file that is open. A second name could be another user's way to it, or another file of root's. */
function problemOf(stats: fs.Stats): string | undefined {
  if (!stats.isFile()) return 'is no file';
  const distrust = distrustOf(stats);
  if (distrust !== undefined) return distrust.found;
  if ((stats.mode & 0o077) !== 0) return 'is open to others';
  return stats.nlink > 1 ? 'has more than one name' : undefined;
}
