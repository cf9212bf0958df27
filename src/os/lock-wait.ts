/**
 * Waits for a file's locks in the kernel, each wait on a thread of its own: who asks again and again starves beside
 * programs that wait there, and libuv's few threads are needed for other files. A wait is ended by a signal to its
 * thread, so none outlives its deadline or keeps the process from exiting. Most waits are over before a thread could start:
 * the first few milliseconds are waited in the caller's.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { KvpError } from '../errors.js';
import { waitBriefly } from './brief-lock-wait.js';
import { type LockMode, tryLockFile, waitingLock } from './file-locks.js';
import { type InterruptingSignal, interruptingSignal } from './interrupting-signal.js';
import { GIVEN_UP, IN_KERNEL, LOADING, type LockThreadReady, type LockWaitEnd, lockThread } from './lock-thread.js';

/** A signal that comes just before the call begins is lost, so it is sent until the thread has answered. */
const SIGNAL_AGAIN_MS = 1;
const MOST_THREADS = 16;
/** Loading takes some 40 ms; a process that exits waits for the rest of it. */
const LONGEST_LOAD_MS = 10_000;
/** A thread costs some megabytes and 40 ms to start: it stays for a while after its last wait. */
const IDLE_MS = 10_000;
/** Where there is no thread, or not yet. */
const LONGEST_PAUSE_MS = 20;
/** Most programs hold a pool for less than this, and it is free for a moment between one and the next. */
const EAGER_MS = 0.5;
/** Programs that wait in the kernel have their turns within this, and it takes a thread ten times as long to start. */
const BRIEF_MS = 5;

export interface LockWaitOptions {
  /** Milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Takes every kind of lock on the file behind `fd`, or none: false when the time is over or `signal` is aborted. The
 * descriptor must stay open until then. Throws ERR_OS_UNAVAILABLE, ERR_OS_LOCK.
 */
export async function waitForFileLock(fd: number, mode: LockMode, options: LockWaitOptions): Promise<boolean> {
  const { timeoutMs, signal } = options;
  const deadline = performance.now() + timeoutMs;
  // Only one of several waits is eager, or they would stop the event loop one after the other.
  const tryNow = LockThread.isWaiting ? tryLockFile : tryEagerly;
  if (tryNow(fd, mode)) return true;
  if (!LockThread.isWaiting && waitBriefly(fd, mode, Math.min(BRIEF_MS, timeoutMs))) return true;
  const thread = LockThread.take();
  // While the thread starts, and where there is none.
  for (let longest = 1; thread === undefined || !thread.isReady; longest = Math.min(LONGEST_PAUSE_MS, longest * 2)) {
    const isHeld = tryNow(fd, mode);
    if (isHeld || performance.now() >= deadline || signal?.aborted) {
      thread?.giveBack();
      return isHeld;
    }
    const pauses = thread?.isAlive ? [pause(1), thread.ready] : [pause(Math.ceil(Math.random() * longest))];
    await Promise.race(pauses);
  }
  try {
    return await thread.wait(fd, mode, { timeoutMs: deadline - performance.now(), signal });
  } finally {
    thread.giveBack();
  }
}

/** Asks again and again, for a moment that stops nothing else. */
function tryEagerly(fd: number, mode: LockMode): boolean {
  const end = performance.now() + EAGER_MS;
  do {
    if (tryLockFile(fd, mode)) return true;
  } while (performance.now() < end);
  return false;
}

class LockThread {
  static readonly #all = new Set<LockThread>();
  static readonly #idle: LockThread[] = [];
  static #endsAtExit = false;

  readonly ready: Promise<void>;
  isReady = false;
  isAlive = true;
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(12));
  readonly #signal: InterruptingSignal;
  #thread = 0n;
  #expiry: NodeJS.Timeout | undefined;

  /** One is in use. */
  static get isWaiting(): boolean {
    return LockThread.#all.size > LockThread.#idle.length;
  }

  /** A thread for one wait; undefined where there can be none. */
  static take(): LockThread | undefined {
    const idle = LockThread.#idle.pop();
    if (idle !== undefined) {
      clearTimeout(idle.#expiry);
      idle.#worker.ref();
      return idle;
    }
    const signal = interruptingSignal();
    if (signal === undefined || LockThread.#all.size >= MOST_THREADS) return undefined;
    try {
      return new LockThread(signal);
    } catch {
      // Node's permission model forbids threads, or there is no memory for one.
      return undefined;
    }
  }

  private constructor(signal: InterruptingSignal) {
    this.#signal = signal;
    this.#worker = new Worker(`(${lockThread})(require)`, {
      eval: true,
      execArgv: [],
      workerData: { koffi: createRequire(import.meta.url).resolve('koffi'), state: this.#state.buffer },
    });
    this.ready = new Promise((resolve) => {
      this.#worker.once('message', ({ thread }: LockThreadReady) => {
        this.#thread = thread;
        this.isReady = true;
        resolve();
      });
      const end = () => {
        this.isAlive = false;
        this.isReady = false;
        LockThread.#all.delete(this);
        this.#leaveIdle();
        resolve();
      };
      this.#worker.once('error', end);
      this.#worker.once('exit', end);
    });
    if (!LockThread.#endsAtExit) process.on('exit', () => LockThread.endAllWaits());
    LockThread.#endsAtExit = true;
    LockThread.#all.add(this);
  }

  /** One wait at a time. */
  async wait(fd: number, mode: LockMode, { timeoutMs, signal }: LockWaitOptions): Promise<boolean> {
    Atomics.store(this.#state, GIVEN_UP, signal?.aborted ? 1 : 0);
    let again: NodeJS.Timeout | undefined;
    const giveUp = () => {
      this.#interrupt();
      again ??= setInterval(() => this.#interrupt(), SIGNAL_AGAIN_MS);
    };
    const deadline = setTimeout(giveUp, Math.max(0, timeoutMs));
    signal?.addEventListener('abort', giveUp);
    try {
      this.#worker.postMessage({ fd, ...waitingLock(mode) });
      const [end] = (await once(this.#worker, 'message')) as [LockWaitEnd];
      if (end.failed !== undefined) throw new KvpError('ERR_OS_LOCK', { detail: end.failed });
      return end.held;
    } finally {
      clearTimeout(deadline);
      clearInterval(again);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  giveBack(): void {
    if (!this.isAlive) return;
    this.#worker.unref();
    this.#expiry = setTimeout(() => this.#end(), IDLE_MS).unref();
    LockThread.#idle.push(this);
  }

  /**
   * When the process exits, Node ends its threads: this one must have left the kernel, and must not be in the middle of
   * loading native code, whose failure to start in a thread that ends aborts the process.
   */
  private static endAllWaits(): void {
    for (const thread of LockThread.#all) {
      Atomics.store(thread.#state, GIVEN_UP, 1);
      Atomics.wait(thread.#state, LOADING, 1, LONGEST_LOAD_MS);
      while (thread.#interrupt()) Atomics.wait(thread.#state, IN_KERNEL, 1, SIGNAL_AGAIN_MS);
    }
  }

  /** False when the thread is in no call that could wait. */
  #interrupt(): boolean {
    Atomics.store(this.#state, GIVEN_UP, 1);
    if (Atomics.load(this.#state, IN_KERNEL) === 0) return false;
    this.#signal.send(this.#thread);
    return true;
  }

  #end(): void {
    this.#leaveIdle();
    void this.#worker.terminate();
  }

  #leaveIdle(): void {
    const place = LockThread.#idle.indexOf(this);
    if (place >= 0) LockThread.#idle.splice(place, 1);
  }
}
