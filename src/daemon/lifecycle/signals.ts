/** What signals mean to a daemon. */

export interface SignalTarget {
  /** Whether a request is being served. */
  readonly busy: boolean;
  /** Resolves when the request in hand is answered, or its time is over. */
  stop(): Promise<void>;
  reload(): void;
}

const ENDINGS = ['SIGTERM', 'SIGINT'] as const;

/**
 * SIGTERM and SIGINT end the process: at once when idle, else after the answer in hand. SIGHUP reloads.
 *
 * A process with a thread that sleeps in a read of the device cannot exit: `process.exit` waits for the thread for ever.
 * So it dies by the signal itself, raised again without a handler, which is also how the stock daemon ends.
 */
export function followSignals(target: SignalTarget): void {
  let ending = false;
  for (const signal of ENDINGS) {
    process.on(signal, () => {
      // The second one does not wait.
      if (ending || !target.busy) raise(signal);
      ending = true;
      void target.stop().finally(() => raise(signal));
    });
  }
  process.on('SIGHUP', () => target.reload());
}

export function raise(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
