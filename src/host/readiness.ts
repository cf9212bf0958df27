import type { KvpError } from '../errors.js';

/** Whether the guest is up to date, and who waits for it. */
export class Readiness {
  #ready = false;
  #waiting: { resolve: () => void; reject: (error: KvpError) => void }[] = [];

  /** Resolves once ready; rejects when {@link giveUp} says that it will not be. */
  wait(): Promise<void> {
    if (this.#ready) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  reach(): void {
    this.#ready = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** No longer, or not yet; who waits goes on waiting. */
  lose(): void {
    this.#ready = false;
  }

  giveUp(error: KvpError): void {
    this.#ready = false;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
