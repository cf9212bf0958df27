/** Time that passes only when a test says so. */
export class FalseClock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Milliseconds until the next timer; undefined when there is none. */
  get untilNext(): number | undefined {
    const first = this.#timers.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
    return first === Number.POSITIVE_INFINITY ? undefined : first - this.#now;
  }

  /** Lets time pass and calls what is due, in order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.#now = due.at;
      due.callback();
    }
    this.#now = end;
  }
}
