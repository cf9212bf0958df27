/**
 * The directory of a mount point, opened once. What is checked is what is used: everything later goes through the
 * descriptor, so that nobody who owns a directory above can put a link in the way.
 */
import * as fs from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { KvpError } from '../../errors.js';

const open = promisify(fs.open);
const mkdir = promisify(fs.mkdir);

/** Linux's O_PATH, which Node does not name: a descriptor that stands for a place and opens nothing there. */
export const O_PATH = 0o10000000;
const A_DIRECTORY = O_PATH | fs.constants.O_DIRECTORY;

export class Directory {
  /** Where it was when it was opened, free of symbolic links. */
  readonly path: string;
  readonly descriptor: number;
  /** How many directories had to be made, this one and those above it. */
  readonly made: number;

  private constructor(descriptor: number, made: number) {
    this.descriptor = descriptor;
    this.made = made;
    this.path = fs.readlinkSync(`/proc/self/fd/${descriptor}`);
  }

  /** Makes what is missing, mode 0755. @throws KvpError ERR_DEVICE_FUSE */
  static async open(path: string): Promise<Directory> {
    try {
      const { descriptor, made } = await openOrMake(path);
      return new Directory(descriptor, made);
    } catch (cause) {
      if (cause instanceof KvpError) throw cause;
      throw new KvpError('ERR_DEVICE_FUSE', {
        detail: `the directory ${path} cannot be made - make it first or choose another path`,
        cause,
      });
    }
  }

  /** A path of a name in this directory, for this process. */
  at(name: string): string {
    return `/proc/self/fd/${this.descriptor}/${name}`;
  }

  /** The directory as another process of this user sees it, as long as it is open here. */
  get forChild(): string {
    return `/proc/${process.pid}/fd/${this.descriptor}`;
  }

  /** Relative paths of the lowest `count` directories, this one first. */
  lowest(count: number): string[] {
    const names = this.path.split('/').filter((name) => name !== '');
    return names
      .reverse()
      .slice(0, count)
      .map((name, depth) => `${'../'.repeat(depth + 1)}${name}`);
  }

  /** Whether names in it stand for what this process put there: nobody else may change them. */
  isPrivate(): boolean {
    const { uid, mode } = fs.fstatSync(this.descriptor);
    return (uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0;
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}

async function openOrMake(path: string): Promise<{ descriptor: number; made: number }> {
  try {
    return { descriptor: await open(path, A_DIRECTORY), made: 0 };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || path === '/') throw cause;
  }
  const parent = await openOrMake(dirname(path));
  const name = `/proc/self/fd/${parent.descriptor}/${basename(path)}`;
  try {
    await mkdir(name, 0o755);
    return { descriptor: await openOwn(name), made: parent.made + 1 };
  } catch (cause) {
    // Another host was faster, and will remove it.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    return { descriptor: await open(name, A_DIRECTORY | fs.constants.O_NOFOLLOW), made: 0 };
  } finally {
    fs.closeSync(parent.descriptor);
  }
}

/** Somebody who may write to the directory above could have put another one in its place. */
async function openOwn(name: string): Promise<number> {
  const descriptor = await open(name, A_DIRECTORY | fs.constants.O_NOFOLLOW);
  if (fs.fstatSync(descriptor).uid === process.getuid?.()) return descriptor;
  fs.closeSync(descriptor);
  throw new KvpError('ERR_DEVICE_FUSE', { detail: `the directory ${name} was replaced while it was made - try again` });
}
