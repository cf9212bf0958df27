/** A signal that does nothing but end a call in which a thread waits. */
import { libc } from './libc.js';

export interface InterruptingSignal {
  number: number;
  /** To a thread of this process that is alive, by its pthread_t. */
  send(thread: bigint): void;
}

/**
 * SIGSTKFLT, which no kernel sends, then SIGURG and SIGIO, by their numbers on all architectures that Node runs on. No
 * real-time signal: the kernel refuses those, and the wait then has no end, once the user has as many pending as he may
 * (RLIMIT_SIGPENDING, which may be 0).
 */
const CANDIDATES = [16, 23, 29];

let chosen: InterruptingSignal | undefined;

/**
 * A signal that nobody in this process handles, with a handler that does nothing, so that it is not fatal and calls end
 * with EINTR. Undefined where there is none, as on other systems than Linux. Throws ERR_OS_UNAVAILABLE.
 */
export function interruptingSignal(): InterruptingSignal | undefined {
  if (chosen !== undefined || process.platform !== 'linux') return chosen;
  const { library } = libc();
  const setHandler = library.func('void *signal(int number, void *handler)');
  const interruptCalls = library.func('int siginterrupt(int number, int flag)');
  const send = library.func('int pthread_kill(uintptr_t thread, int number)');
  // Any function of the C library that takes a number and touches nothing.
  const doNothing = library.func('void *dlsym(void *handle, const char *name)')(null, 'abs');
  for (const number of CANDIDATES) {
    const before = setHandler(number, doNothing);
    if (before === null || before === doNothing) {
      interruptCalls(number, 1);
      chosen = { number, send: (thread) => void send(thread, number) };
      return chosen;
    }
    setHandler(number, before);
  }
  return undefined;
}
