/** The thread that waits for file locks in the kernel, where a wait stops nothing but the thread. */
import type { MessagePort } from 'node:worker_threads';

/** What the thread is started with. */
export interface LockThreadData {
  /** Where koffi is, as `require` takes it. */
  koffi: string;
  /** Int32 each: {@link IN_KERNEL}, {@link GIVEN_UP}, {@link LOADING}. */
  state: SharedArrayBuffer;
}

/** 1 from before the first lock call of a wait until after the last. */
export const IN_KERNEL = 0;
/** 1 when nobody wants the lock any more: the thread takes none from then on. */
export const GIVEN_UP = 1;

/** 1 while the thread loads native code: a process that ends a thread in the middle of that is aborted. */
export const LOADING = 2;

/** Asks the thread for both kinds of lock on an open file. */
export interface LockWait {
  fd: number;
  /** Argument of flock(2), which waits. */
  flockOperation: number;
  /** Command of fcntl(2), which waits, and its `struct flock`; absent where `flock` alone does. */
  record: { command: number; request: Uint8Array } | undefined;
}

/** The thread is ready, and can be signalled by this pthread_t. */
export interface LockThreadReady {
  thread: bigint;
}

/** Both locks are held, or none is. `failed` names a call that failed for another reason than giving up. */
export interface LockWaitEnd {
  held: boolean;
  failed?: string;
}

/**
 * The thread's program. It is started from its source text, so that it is in every bundle: it uses nothing but its
 * argument. The waiting calls end with EINTR when the thread gets a signal that has a handler.
 */
export function lockThread(load: NodeJS.Require): void {
  const { parentPort, workerData } = load('node:worker_threads') as {
    parentPort: MessagePort;
    workerData: LockThreadData;
  };
  const state = new Int32Array(workerData.state);
  const [inKernel, givenUp, loading, unlock] = [0, 1, 2, 8];
  const loadNative = () => {
    const koffi = load(workerData.koffi) as typeof import('koffi');
    const library = koffi.load(null);
    const flock = library.func('int flock(int fd, int operation)');
    const fcntl = library.func('int fcntl(int fd, int command, ...)');
    const thread = library.func('uintptr_t pthread_self()')() as number | bigint;
    return { koffi, flock, fcntl, thread };
  };
  Atomics.store(state, loading, 1);
  let native: ReturnType<typeof loadNative>;
  try {
    // The process ends: it does not wait for what has not begun.
    if (Atomics.load(state, givenUp) !== 0) return;
    native = loadNative();
  } finally {
    Atomics.store(state, loading, 0);
    Atomics.notify(state, loading);
  }
  const { koffi, flock, fcntl, thread } = native;

  const waitFor = (call: () => number): { held: boolean; errno: number } => {
    for (;;) {
      if (Atomics.load(state, givenUp) !== 0) return { held: false, errno: 0 };
      if (call() === 0) return { held: true, errno: 0 };
      const errno = koffi.errno();
      if (errno !== koffi.os.errno['EINTR']) return { held: false, errno };
    }
  };
  const takeBoth = ({ fd, flockOperation, record }: LockWait): LockWaitEnd => {
    const first = waitFor(() => flock(fd, flockOperation) as number);
    if (!first.held)
      return first.errno === 0 ? { held: false } : { held: false, failed: `flock, errno ${first.errno}` };
    if (record === undefined) return { held: true };
    const second = waitFor(() => fcntl(fd, record.command, 'void *', record.request) as number);
    if (second.held) return { held: true };
    flock(fd, unlock);
    return second.errno === 0 ? { held: false } : { held: false, failed: `fcntl, errno ${second.errno}` };
  };
  parentPort.on('message', (wait: LockWait) => {
    Atomics.store(state, inKernel, 1);
    const end = takeBoth(wait);
    Atomics.store(state, inKernel, 0);
    Atomics.notify(state, inKernel);
    parentPort.postMessage(end);
  });
  parentPort.postMessage({ thread: BigInt(thread) } satisfies LockThreadReady);
}
