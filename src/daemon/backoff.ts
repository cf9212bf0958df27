/** How long to wait before the device is opened again. */

const FIRST_MS = 50;
const MAX_MS = 5_000;

/**
 * The first attempt after a healthy session is made at once: after a suspend or a late answer the kernel's device works
 * again immediately, and the host is waiting. From then on the wait doubles. The stock daemon has no back-off and was
 * seen to reopen 2,944 times a second.
 */
export class Backoff {
  #failures = 0;

  /** Milliseconds to wait now. */
  next(): number {
    const failures = this.#failures++;
    return failures === 0 ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1));
  }

  /** A request has been served: the device works. */
  reset(): void {
    this.#failures = 0;
  }
}
