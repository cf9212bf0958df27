/**
 * Where the device appears: a file that is mounted under a hidden name, gets its own when it is served, and loses it first.
 * A watchdog removes it should this process die.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { KvpError } from '../../errors.js';
import { moveCovered } from './covered-name.js';
import { Directory, O_PATH } from './directory.js';
import { hiddenName } from './hidden-name.js';
import { mountProgram, unmountProgram } from './mount.js';
import { labelOf, labelText, type MountLabel, mountIdOf, mountOf, mounts } from './mount-table.js';
import { clearPlace } from './occupant.js';
import { type Program, run, runNow } from './programs.js';
import { Watchdog } from './watchdog.js';

const open = promisify(fs.open);

export class MountPoint {
  /** Absolute, its directory free of symbolic links. */
  readonly path: string;
  readonly #directory: Directory;
  readonly #name: string;
  readonly #hidden: string;
  readonly #label: MountLabel;
  #watchdog: Watchdog | undefined;
  /** A descriptor of the file to mount on, until it is mounted. */
  #file: number | undefined;
  /** Number of the file that was made. */
  #inode: bigint | undefined;

  private constructor(directory: Directory, name: string, directories: number, found: number | undefined) {
    this.#directory = directory;
    this.#name = name;
    this.path = join(directory.path, name);
    this.#file = found;
    this.#label = {
      pid: process.pid,
      token: randomBytes(6).toString('hex'),
      file: found === undefined ? 'made' : 'found',
      directories,
    };
    this.#hidden = hiddenName(this.#label);
  }

  /**
   * Makes missing directories, and clears what servers left that died.
   *
   * @throws KvpError ERR_DEVICE_FUSE when something else is there: a real device, a file with content, a live mount.
   */
  static async prepare(wanted: string): Promise<MountPoint> {
    const absolute = resolve(wanted);
    const directory = await Directory.open(dirname(absolute));
    const name = basename(absolute);
    // A server that died may have made it, and then nobody else removes it.
    const made = Math.max(directory.made, ...madeByOthers(directory));
    try {
      return new MountPoint(directory, name, made, await clearPlace(directory, name));
    } catch (error) {
      removeDirectories(directory, made);
      directory.close();
      throw error;
    }
  }

  /** Makes the file under its hidden name, unless one was found. False: somebody has just removed the directory. */
  async make(): Promise<boolean> {
    this.#watchdog = await Watchdog.start(this.#label, this.#directory);
    if (this.#file !== undefined) return true;
    try {
      this.#file = await open(this.#directory.at(this.#hidden), 'wx', 0o600);
      this.#inode = fs.fstatSync(this.#file, { bigint: true }).ino;
      return true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
      const detail = `no file can be made in ${this.#directory.path} - choose a path in a directory that this user can write`;
      throw new KvpError('ERR_DEVICE_FUSE', { detail, cause });
    }
  }

  /** Mounts a connection on the file. */
  async mount(connection: number): Promise<void> {
    if (this.#file === undefined) throw new Error('there is no file yet');
    await this.#run(mountProgram(connection, this.#file, labelText(this.#label)));
    this.#closeFile();
  }

  /** Gives the device its name; it must be served by now. */
  async reveal(): Promise<void> {
    if (this.#label.file === 'found') return;
    try {
      await this.#run(moveCovered(this.#directory, this.#hidden, this.#name));
    } catch (cause) {
      throw new KvpError('ERR_DEVICE_FUSE', {
        detail: `${this.path} cannot be given its name, maybe because somebody else has just made it - try again`,
        cause,
      });
    }
  }

  /** Takes the name away: whoever opened the device has it still. */
  async hide(): Promise<void> {
    // One that cannot be hidden is unmounted all the same.
    if (this.#mayHide()) await this.#run(moveCovered(this.#directory, this.#name, this.#hidden)).catch(() => {});
  }

  /** False when somebody else has detached the mount: it lives until its last user closes it. */
  async unmount(): Promise<boolean> {
    const mounted = this.#openMount();
    if (mounted === undefined) return false;
    try {
      await this.#run(unmountProgram(mounted));
      return true;
    } finally {
      fs.closeSync(mounted);
    }
  }

  /** `hide` and `unmount` in an exit handler. False also when it failed. */
  unmountNow(): boolean {
    if (this.#mayHide()) runNow(moveCovered(this.#directory, this.#name, this.#hidden));
    const mounted = this.#openMount();
    return mounted !== undefined && runNow(unmountProgram(mounted));
  }

  /** Removes what was made; whatever is in use or was replaced stays. Touches no mounted file. */
  remove(): void {
    for (const name of [this.#hidden, this.#name]) {
      if (this.#isOurFile(name)) ignoringErrors(() => fs.unlinkSync(this.#directory.at(name)));
    }
    removeDirectories(this.#directory, this.#label.directories);
  }

  /** After everything else. */
  async close(): Promise<void> {
    this.#closeFile();
    await this.#watchdog?.dismiss();
    this.#directory.close();
  }

  #run(program: Program): Promise<void> {
    return run(program, this.#watchdog?.pipe);
  }

  #closeFile(): void {
    if (this.#file !== undefined) fs.closeSync(this.#file);
    this.#file = undefined;
  }

  #mayHide(): boolean {
    const place = this.#label.file === 'made' ? openPlace(this.#directory.at(this.#name)) : undefined;
    if (place === undefined) return false;
    const ours = this.#isOurMount(place);
    fs.closeSync(place);
    return ours;
  }

  /** The mount of this device, wherever it is now: the owner of a directory above may have moved it. */
  #openMount(): number | undefined {
    const mount = mounts().find((each) => labelOf(each)?.token === this.#label.token);
    const place = mount && openPlace(mount.point);
    if (place === undefined || this.#isOurMount(place)) return place;
    fs.closeSync(place);
    return undefined;
  }

  #isOurMount(place: number): boolean {
    const mount = mountOf(place);
    return mount !== undefined && labelOf(mount)?.token === this.#label.token;
  }

  #isOurFile(name: string): boolean {
    if (this.#inode === undefined) return false;
    const descriptor = openPlace(this.#directory.at(name));
    if (descriptor === undefined) return false;
    try {
      const covered = mountIdOf(descriptor) !== mountIdOf(this.#directory.descriptor);
      return !covered && fs.fstatSync(descriptor, { bigint: true }).ino === this.#inode;
    } finally {
      fs.closeSync(descriptor);
    }
  }
}

/** Opens nothing: neither a file below nor the server above is asked. */
function openPlace(path: string): number | undefined {
  try {
    return fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}

/** How many directories the servers of other devices in this one had to make. */
function madeByOthers({ path }: Directory): number[] {
  return mounts()
    .filter(({ point }) => dirname(point) === path)
    .map((mount) => labelOf(mount)?.directories ?? 0);
}

function removeDirectories(directory: Directory, count: number): void {
  for (const path of directory.lowest(count)) ignoringErrors(() => fs.rmdirSync(directory.at(path)));
}

/** EBUSY, ENOTEMPTY, ENOENT: somebody else uses or has removed it. */
function ignoringErrors(removal: () => void): void {
  try {
    removal();
  } catch {}
}
