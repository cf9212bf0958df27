/** A command that waits says what for, so that nobody has to guess whether it hangs. */
import { say } from './output.js';

const SAID_AFTER_MS = 1_000;

/** Waits for `work`, and says once after a second what it waits for. `describe` may ask somebody else first. */
export async function sayingWhatFor<T>(work: Promise<T>, describe: () => string | Promise<string>): Promise<T> {
  let waits = true;
  const timer = setTimeout(async () => {
    const text = await describe();
    if (waits) say(`waiting for ${text}`);
  }, SAID_AFTER_MS);
  try {
    return await work;
  } finally {
    waits = false;
    clearTimeout(timer);
  }
}
