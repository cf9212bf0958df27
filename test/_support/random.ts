import { randomInt } from 'node:crypto';

/** A small seeded generator (mulberry32): the same seed gives the same run on every machine. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** 0 ≤ result < below, an integer. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }
  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

/** From HV_KVP_SEED, which the runner sets and prints when a test fails; else random. */
export function seedOfRun(): number {
  const given = process.env['HV_KVP_SEED'];
  return given === undefined ? randomInt(2 ** 31) : Number(given) >>> 0;
}
