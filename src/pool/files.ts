/** The few file calls that the store makes, as a port: tests put a file system behind it that stops at any call. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';

export interface FileFacts {
  kind: 'file' | 'directory' | 'symlink' | 'other';
  device: bigint;
  inode: bigint;
  owner: bigint;
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
  /** Resolves when data and size are on the disk. */
  sync(fd: number): Promise<void>;
  /** Resolves when the names of new files in this directory are on the disk. */
  syncDirectory(path: string): Promise<void>;
  makeDirectory(path: string, mode: number): void;
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
  size: Number(stats.size),
  modifiedNs: stats.mtimeNs,
  changedNs: stats.ctimeNs,
});

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
};

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
