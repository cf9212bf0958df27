/** Keeps long work on a pool from stopping everything else in the process. */
import { setImmediate } from 'node:timers/promises';

/** How long work may go on before timers and input get their turn. */
const LONGEST_RUN_MS = 10;
let lastTurn = 0;

/**
 * To be called between parts of long work, and between uses: no use waits for anything unless somebody else holds the
 * pool, so a loop of them would keep all else from running. Throws the signal's reason once it is aborted.
 */
export async function letOthersRun(signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (performance.now() - lastTurn < LONGEST_RUN_MS) return;
  await setImmediate();
  lastTurn = performance.now();
  signal?.throwIfAborted();
}
