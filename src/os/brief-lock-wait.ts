/** Waits in the kernel for a few milliseconds, in the calling thread, which does nothing else meanwhile. */
import { KvpError } from '../errors.js';
import type { LockMode } from './file-locks.js';
import { lockInKernel } from './file-locks.js';
import { interruptingSignal } from './interrupting-signal.js';
import { libc } from './libc.js';

// <time.h> and <signal.h> of Linux, the same on every architecture.
const CLOCK_MONOTONIC = 1;
const SIGEV_THREAD_ID = 4;
/** A signal that comes just before the call begins is lost, so it comes again. */
const AGAIN_NS = 1_000_000;

/**
 * Starts a timer that interrupts this thread after `ms` and from then on; the function that it returns ends it. Undefined
 * where the kernel gives none, as to a user with as many pending signals as he may have (RLIMIT_SIGPENDING).
 */
type StartTimer = (ms: number) => (() => void) | undefined;

let startTimer: StartTimer | undefined;

/** Takes every kind of lock or none, like `tryLockFile`; false after `ms`, and at once where there is no timer. */
export function waitBriefly(fd: number, mode: LockMode, ms: number): boolean {
  const signal = interruptingSignal();
  if (signal === undefined || ms <= 0) return false;
  try {
    startTimer ??= threadTimer(signal.number);
  } catch (error) {
    if (error instanceof KvpError) throw error;
    // A C library without one of these functions.
    return false;
  }
  const deadline = performance.now() + ms;
  const stop = startTimer(ms);
  if (stop === undefined) return false;
  try {
    return lockInKernel(fd, mode, () => performance.now() >= deadline);
  } finally {
    stop();
  }
}

function threadTimer(signal: number): StartTimer {
  const { koffi, library } = libc();
  const eventLayout = koffi.struct({
    value: 'uintptr_t',
    signal: 'int',
    notify: 'int',
    thread: 'int',
    rest: koffi.array('int', 11),
  });
  const span = koffi.struct({ seconds: 'long', nanoseconds: 'long' });
  const times = koffi.struct({ again: span, first: span });
  const thread = library.func('int gettid()');
  const create = library.func('timer_create', 'int', [
    'int',
    koffi.pointer(eventLayout),
    koffi.out(koffi.pointer('uintptr_t')),
  ]);
  const set = library.func('timer_settime', 'int', ['uintptr_t', 'int', koffi.pointer(times), 'void *']);
  const remove = library.func('int timer_delete(uintptr_t timer)');
  return (ms) => {
    const timer: unknown[] = [null];
    const rest = new Array<number>(11).fill(0);
    const event = { value: 0, signal, notify: SIGEV_THREAD_ID, thread: thread(), rest };
    if (create(CLOCK_MONOTONIC, event, timer) !== 0) return undefined;
    const first = { seconds: 0, nanoseconds: Math.round(ms * 1e6) };
    const stop = () => void remove(timer[0]);
    if (set(timer[0], 0, { again: { seconds: 0, nanoseconds: AGAIN_NS }, first }, null) === 0) return stop;
    stop();
    return undefined;
  };
}
