import { setTimeout as pass } from 'node:timers/promises';

/** Only something that never comes takes so long, on the slowest and busiest machine too. */
export const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** Looks again and again until it is so. Rejects with `what` when it never is. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await pass(LOOK_EVERY_MS);
  }
}
