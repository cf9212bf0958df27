/** What becomes of a program whose standard output or standard error cannot be written. */
import { EXIT } from './exit-codes.js';
import { say } from './output.js';

const lost = new AbortController();

/** Aborted when standard output cannot be written any more: a command that runs on has nobody to tell. */
export const outputLost: AbortSignal = lost.signal;

/**
 * Follows both streams. A reader that went away is no failure: programs in a pipe end without a word. Anything else,
 * such as a full disk, is said once, and the program ends with 3 whatever its command makes of itself.
 */
export function followStandardStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (lost.signal.aborted) return;
    lost.abort(error);
    if (error.code === 'EPIPE') return;
    say(`standard output cannot be written: ${error.message}`);
    process.exitCode = EXIT.io;
  });
  // Who could be told?
  process.stderr.on('error', () => {});
}

/** Whether the program's output is incomplete for another reason than that nobody wants it. */
export const outputFailed = (): boolean =>
  lost.signal.aborted && (lost.signal.reason as NodeJS.ErrnoException).code !== 'EPIPE';

/** Resolves when standard output is lost; rejects never. For commands that run until they are stopped. */
export const whenOutputIsLost = (): Promise<void> =>
  new Promise((resolve) => {
    if (outputLost.aborted) resolve();
    else outputLost.addEventListener('abort', () => resolve(), { once: true });
  });
