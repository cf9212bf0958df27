/** The only time a virtual machine knows. `systemClock` of run.ts is the real one; tests bring their own. */
export interface HostClock {
  /** Milliseconds from an arbitrary start; never goes back. */
  now(): number;
  /** Calls `action` once, `ms` milliseconds from now; returns what cancels it. */
  after(ms: number, action: () => void): () => void;
}
