/**
 * Whole-file locks on an open descriptor, of every kind that other programs look at, without waiting. `lock-wait.ts`
 * waits for them.
 *
 * Linux: an open-file-description record lock (`F_OFD_SETLK`), which excludes the stock daemon's process-owned record
 * locks, and `flock`, which excludes cloud-init's. Process-owned record locks are never used: closing any other
 * descriptor of the file drops them. On FreeBSD and macOS there are no OFD locks, but `flock` excludes record locks of
 * other processes too, so `flock` alone does both.
 */
import { KvpError } from '../errors.js';
import { libc } from './libc.js';
import type { LockWait } from './lock-thread.js';

export type LockMode = 'shared' | 'exclusive';

// <sys/file.h>, the same on every Unix.
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
// <fcntl.h> of Linux, the same on every architecture that Node runs on.
const F_OFD_SETLK = 37;
const F_OFD_SETLKW = 38;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

interface Calls {
  flock(fd: number, operation: number): number;
  /** Absent where `flock` and record locks exclude one another. */
  record?: (fd: number, request: Uint8Array) => number;
  waitForRecord?: (fd: number, request: Uint8Array) => number;
  requests: { shared: Uint8Array; exclusive: Uint8Array; unlock: Uint8Array };
  errno(): number;
  wouldBlock: ReadonlySet<number>;
  interrupted: number;
}

let calls: Calls | undefined;

/** `struct flock` for the whole file; koffi knows where this platform puts each member. */
function lockRequests(koffi: ReturnType<typeof libc>['koffi']) {
  const layout = koffi.struct({ type: 'int16', whence: 'int16', start: 'int64', length: 'int64', pid: 'int32' });
  const request = (type: number) => {
    const bytes = new Uint8Array(koffi.sizeof(layout));
    new Int16Array(bytes.buffer, koffi.offsetof(layout, 'type'), 1)[0] = type;
    return bytes;
  };
  return { shared: request(F_RDLCK), exclusive: request(F_WRLCK), unlock: request(F_UNLCK) };
}

function load(): Calls {
  if (process.platform === 'win32') {
    throw new KvpError('ERR_OS_UNAVAILABLE', { detail: 'Windows has neither flock nor record locks' });
  }
  const { koffi, library } = libc();
  const { EAGAIN, EACCES, EINTR, EWOULDBLOCK } = koffi.os.errno;
  const fcntl = library.func('int fcntl(int fd, int command, ...)');
  return {
    flock: library.func('int flock(int fd, int operation)') as (fd: number, operation: number) => number,
    ...(process.platform === 'linux' && {
      record: (fd: number, request: Uint8Array) => fcntl(fd, F_OFD_SETLK, 'void *', request) as number,
      waitForRecord: (fd: number, request: Uint8Array) => fcntl(fd, F_OFD_SETLKW, 'void *', request) as number,
    }),
    requests: lockRequests(koffi),
    errno: () => koffi.errno(),
    wouldBlock: new Set([EAGAIN!, EACCES!, EWOULDBLOCK ?? EAGAIN!]),
    interrupted: EINTR!,
  };
}

/** Runs one lock call: true when it succeeded, false when somebody else holds the lock. */
function attempt(name: string, { errno, wouldBlock, interrupted }: Calls, call: () => number): boolean {
  while (call() !== 0) {
    const code = errno();
    if (wouldBlock.has(code)) return false;
    if (code !== interrupted) throw new KvpError('ERR_OS_LOCK', { detail: `${name} failed with errno ${code}` });
  }
  return true;
}

/**
 * Takes every kind of lock on the file behind `fd`, or none. Returns false at once when somebody else holds one.
 * An exclusive lock needs a descriptor that is open for writing. Throws ERR_OS_UNAVAILABLE, ERR_OS_LOCK.
 */
export function tryLockFile(fd: number, mode: LockMode): boolean {
  calls ??= load();
  const { flock, record, requests } = calls;
  if (!attempt('flock', calls, () => flock(fd, (mode === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB))) return false;
  if (record === undefined) return true;
  let held = false;
  try {
    held = attempt('fcntl', calls, () => record(fd, requests[mode]));
  } finally {
    if (!held) flock(fd, LOCK_UN);
  }
  return held;
}

/**
 * The same, waiting in the kernel and with it the whole calling thread: false when a signal interrupts and `isOver` says so.
 */
export function lockInKernel(fd: number, mode: LockMode, isOver: () => boolean): boolean {
  calls ??= load();
  const { flock, waitForRecord, requests } = calls;
  if (!interruptible('flock', calls, isOver, () => flock(fd, mode === 'shared' ? LOCK_SH : LOCK_EX))) return false;
  if (waitForRecord === undefined) return true;
  let held = false;
  try {
    held = interruptible('fcntl', calls, isOver, () => waitForRecord(fd, requests[mode]));
  } finally {
    if (!held) flock(fd, LOCK_UN);
  }
  return held;
}

function interruptible(
  name: string,
  { errno, interrupted }: Calls,
  isOver: () => boolean,
  call: () => number,
): boolean {
  while (call() !== 0) {
    const code = errno();
    if (code !== interrupted) throw new KvpError('ERR_OS_LOCK', { detail: `${name} failed with errno ${code}` });
    if (isOver()) return false;
  }
  return true;
}

/** The calls that take the same locks and wait for them. Throws ERR_OS_UNAVAILABLE. */
export function waitingLock(mode: LockMode): Omit<LockWait, 'fd'> {
  calls ??= load();
  const { record, requests } = calls;
  return {
    flockOperation: mode === 'shared' ? LOCK_SH : LOCK_EX,
    record: record && { command: F_OFD_SETLKW, request: requests[mode] },
  };
}

/** Gives back what {@link tryLockFile} took. Closing the descriptor does the same. */
export function unlockFile(fd: number): void {
  if (calls === undefined) return;
  calls.record?.(fd, calls.requests.unlock);
  calls.flock(fd, LOCK_UN);
}
