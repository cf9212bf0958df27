/** The few file calls that the store makes, as a port: tests put a file system behind it that stops at any call. */
import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';

export interface FileFacts {
  kind: 'file' | 'directory' | 'symlink' | 'other';
  device: bigint;
  inode: bigint;
  owner: bigint;
  group: bigint;
  /** Permission bits. */
  mode: number;
  /** How many names the file has. */
  links: number;
  size: number;
  modifiedNs: bigint;
  changedNs: bigint;
}

/** Paths are absolute or relative to the process; positions and sizes are bytes. Failures are Node's system errors. */
export interface PoolFiles {
  open(path: string, flags: number, mode: number): number;
  close(fd: number): void;
  facts(fd: number): FileFacts;
  /** Does not follow a symlink; undefined when there is nothing. */
  factsOf(path: string): FileFacts | undefined;
  /** Fewer bytes than asked for only at the end of the file. */
  read(fd: number, into: Uint8Array, position: number): number;
  /** Throws when not everything could be written; a part may have been. */
  write(fd: number, bytes: Uint8Array, position: number): void;
  truncate(fd: number, size: number): void;
  setModified(fd: number, seconds: number): void;
  setMode(fd: number, mode: number): void;
  setOwner(fd: number, user: bigint, group: bigint): void;
  /** Resolves when data and size are on the disk. */
  sync(fd: number): Promise<void>;
  /** Resolves when the names of new files in this directory are on the disk. */
  syncDirectory(path: string): Promise<void>;
  makeDirectory(path: string, mode: number): void;
  /** `base` leads to this very directory until `close`, whatever `path` leads to meanwhile. */
  openDirectory(path: string): { base: string; close(): void };
  /** 32 hex digits that differ from boot to boot of the machine; '' where the system has none. */
  bootId(): string;
}

function kindOf(stats: BigIntStats): FileFacts['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

const toFacts = (stats: BigIntStats): FileFacts => ({
  kind: kindOf(stats),
  device: stats.dev,
  inode: stats.ino,
  owner: stats.uid,
  group: stats.gid,
  mode: Number(stats.mode & 0o7777n),
  links: Number(stats.nlink),
  size: Number(stats.size),
  modifiedNs: stats.mtimeNs,
  changedNs: stats.ctimeNs,
});

/** <fcntl.h> of Linux; Node does not name it. It needs no permission to read the directory. */
const O_PATH = 0o10000000;
const hasDescriptorPaths = process.platform === 'linux' && existsSync('/proc/self/fd');

const flush = (fd: number): Promise<void> =>
  new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())));

export const nodeFiles: PoolFiles = {
  open: (path, flags, mode) => openSync(path, flags, mode),
  close: closeSync,
  facts: (fd) => toFacts(fstatSync(fd, { bigint: true })),
  factsOf(path) {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? undefined : toFacts(stats);
  },
  read(fd, into, position) {
    let done = 0;
    while (done < into.length) {
      const count = readSync(fd, into, done, into.length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  },
  write(fd, bytes, position) {
    // A short write is followed by the error that cut it, such as ENOSPC.
    let done = 0;
    while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  },
  truncate: ftruncateSync,
  setModified: (fd, seconds) => futimesSync(fd, seconds, seconds),
  setMode: fchmodSync,
  setOwner: (fd, user, group) => fchownSync(fd, Number(user), Number(group)),
  sync: flush,
  async syncDirectory(path) {
    const fd = openSync(path, constants.O_RDONLY);
    try {
      await flush(fd);
    } finally {
      closeSync(fd);
    }
  },
  makeDirectory: (path, mode) => void mkdirSync(path, { recursive: true, mode }),
  openDirectory(path) {
    if (!hasDescriptorPaths) return { base: path, close() {} };
    const fd = openSync(path, O_PATH | constants.O_DIRECTORY);
    return { base: `/proc/self/fd/${fd}`, close: () => closeSync(fd) };
  },
  bootId: () => (boot ??= readBootId()),
};

let boot: string | undefined;

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  } catch {
    return '';
  }
}

export const sameFile = (left: FileFacts, right: FileFacts) =>
  left.inode === right.inode && left.device === right.device;
/** Size, both times and identity: what a change by anybody moves, but for two changes within one tick of the clock. */
export const unchanged = (left: FileFacts, right: FileFacts) =>
  sameFile(left, right) &&
  left.size === right.size &&
  left.modifiedNs === right.modifiedNs &&
  left.changedNs === right.changedNs;

/** The system's code of an error ("ENOSPC"), or '' when it is not a system error; Node's own codes have underscores. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : '';
}
