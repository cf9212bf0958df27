/** Time as a port: rooms are given it, so that a test can hold it, move it or set it to any date. */

/** Elapsed time: for deadlines, pauses and ages. Setting the system's clock does not move it. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  now(): number;
  /** Calls `action` once, `ms` milliseconds from now; the function that it returns cancels that. */
  after(ms: number, action: () => void): () => void;
}

/**
 * Wall-clock time: milliseconds since 1970-01-01T00:00:00Z, for what is compared with a date in a file. It may jump.
 * `Date.now` is the real one.
 */
export type WallClock = () => number;
