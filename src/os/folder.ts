/**
 * A folder that is held by its descriptor, so that what was checked is what is used. Names are looked up in this very
 * folder, whatever somebody renames or links on the way to it in the meantime.
 *
 * Linux: by `/proc/self/fd/N/NAME`. Node has no call that takes a folder's descriptor (openat). Where there is no such
 * path, as on FreeBSD, the folder's name is used. Then only a folder is opened that nobody else can exchange: it and
 * every folder above it belong to root or to the user who runs, and nobody else may write to them.
 */
import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { KvpError, MisuseError } from '../errors.js';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

/** What is wrong with an owner or a mode, and the command that mends it. */
export interface Distrust {
  /** "belongs to user 1000", "may be written by others (mode 0777)". */
  found: string;
  /** Without the path at its end. */
  mend: readonly [program: string, argument: string];
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Undefined for root and for the user who runs. */
export function distrustOfOwner({ uid }: fs.Stats): Distrust | undefined {
  const me = process.geteuid?.();
  if (uid === 0 || uid === me) return undefined;
  return { found: `belongs to user ${uid}`, mend: ['chown', String(me ?? 0)] };
}

/** Undefined where root and the user who runs are the only ones who may change it. */
export function distrustOf(stats: fs.Stats): Distrust | undefined {
  const owner = distrustOfOwner(stats);
  if (owner !== undefined || (stats.mode & WRITABLE_BY_OTHERS) === 0) return owner;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  return { found: `may be written by others (mode ${mode})`, mend: ['chmod', 'go-w'] };
}

/** The same for a folder on the way: in one with the sticky bit nobody can exchange what belongs to another. */
export const distrustOnTheWay = (stats: fs.Stats): Distrust | undefined =>
  (stats.mode & STICKY) === 0 ? distrustOf(stats) : distrustOfOwner(stats);

let byDescriptor: boolean | undefined;

/** Whether a name can be looked up in an open folder. */
function isByDescriptor(fd: number): boolean {
  byDescriptor ??= process.platform === 'linux' && fs.existsSync(`/proc/self/fd/${fd}/.`);
  return byDescriptor;
}

/** Throws Node's system errors, as `node:fs` does, with the codes of openat(2) and its siblings. */
export class Folder {
  /** For messages: as it was asked for. */
  readonly path: string;
  readonly fd: number;
  /** Of the moment of opening. */
  readonly stats: fs.Stats;
  /** Without links on the way; for systems on which names are looked up by it. */
  readonly #place: string;

  private constructor(path: string, place: string, fd: number) {
    this.path = path;
    this.#place = place;
    this.fd = fd;
    this.stats = fs.fstatSync(fd);
  }

  /** Links on the way are followed; one in the last place is only with `follow`. To be closed. */
  static open(path: string, { follow = false } = {}): Folder {
    const whole = resolve(path);
    const folder = Folder.#opened(
      whole,
      follow ? fs.realpathSync(whole) : join(fs.realpathSync(dirname(whole)), basename(whole)),
    );
    if (!isByDescriptor(folder.fd)) folder.#refuseWhereExchangeable(dirname(folder.#place));
    return folder;
  }

  /** Makes what is missing, with this mode whatever the umask is. To be closed. */
  static ensure(path: string, mode: number): Folder {
    const whole = resolve(path);
    try {
      return Folder.open(whole);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
    const parent = Folder.#ensureParent(dirname(whole));
    try {
      return parent.ensureFolder(basename(whole), mode);
    } finally {
      parent.close();
    }
  }

  /** Those above may be links, and are for everybody to look through. */
  static #ensureParent(path: string): Folder {
    try {
      return Folder.open(path, { follow: true });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw error;
    }
    return Folder.ensure(path, 0o755);
  }

  static #opened(path: string, place: string): Folder {
    const fd = fs.openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const folder = new Folder(path, place, fd);
      if (!isByDescriptor(fd)) refuse(place, folder.stats);
      return folder;
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  }

  /** What is known of `name`, a link itself being looked at; undefined where there is nothing. */
  look(name: string): fs.Stats | undefined {
    return fs.lstatSync(this.at(name), { throwIfNoEntry: false });
  }

  linkText(name: string): string {
    return fs.readlinkSync(this.at(name));
  }

  /** A link is not followed (ELOOP), and a FIFO not waited for. To be closed. */
  open(name: string, flags: number, mode = 0o600): number {
    return fs.openSync(this.at(name), flags | O_NOFOLLOW | O_NONBLOCK, mode);
  }

  /** To be closed. */
  folder(name: string): Folder {
    return Folder.#opened(join(this.path, name), this.at(name));
  }

  /** Throws the system's error, as of a read-only file system, where no name can be given or taken. */
  assertWritable(): void {
    fs.accessSync(isByDescriptor(this.fd) ? `/proc/self/fd/${this.fd}/.` : this.#place, fs.constants.W_OK);
  }

  /** Made with this mode where it is missing, whatever the umask is. To be closed. */
  ensureFolder(name: string, mode: number): Folder {
    try {
      fs.mkdirSync(this.at(name), mode);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return this.folder(name);
      throw error;
    }
    const made = this.folder(name);
    fs.fchmodSync(made.fd, mode);
    this.sync();
    return made;
  }

  rename(from: string, to: string): void {
    fs.renameSync(this.at(from), this.at(to));
  }

  /** A second name, where nothing stands yet (EEXIST). */
  link(from: string, to: string): void {
    fs.linkSync(this.at(from), this.at(to));
  }

  /** No failure where there is nothing. */
  remove(name: string): void {
    try {
      fs.unlinkSync(this.at(name));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  /** So that names that were given or taken survive a loss of power. */
  sync(): void {
    fs.fsyncSync(this.fd);
  }

  close(): void {
    fs.closeSync(this.fd);
  }

  /** A path of a name for calls of this process that the folder does not offer, such as those of `node:net`. */
  at(name: string): string {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
      throw new MisuseError(`name: ${JSON.stringify(name)} is no name in a folder`);
    return isByDescriptor(this.fd) ? `/proc/self/fd/${this.fd}/${name}` : join(this.#place, name);
  }

  #refuseWhereExchangeable(above: string): void {
    try {
      for (let at = above; ; at = dirname(at)) {
        refuse(at, fs.lstatSync(at));
        if (at === '/') return;
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

function refuse(path: string, stats: fs.Stats): void {
  const distrust = distrustOnTheWay(stats);
  if (distrust !== undefined) throw new KvpError('ERR_OS_FOLDER', { detail: distrustText(path, distrust) });
}

/** "PATH belongs to user 1000: chown 0 PATH". */
export function distrustText(path: string, { found, mend }: Distrust): string {
  const word = /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  return `${path} ${found}: run "${mend.join(' ')} ${word}"`;
}

export const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
