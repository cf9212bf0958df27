import type { EngineMemory, Region } from './memory.js';

/** A region for the duration of a call, kept for the next one: it grows when more is asked for and is not cleared. */
export class Scratch {
  readonly #allocate: (bytes: number) => Region;
  #region: Region | undefined;

  /** `lasting`: its owner never gives it back, so it stands among what lasts. */
  constructor(memory: EngineMemory, { lasting = false } = {}) {
    this.#allocate = (bytes) => (lasting ? memory.allocate(bytes) : memory.allocateForCalls(bytes));
  }

  /** Address of at least `bytes` bytes of unknown content, good until the next `take`. */
  take(bytes: number): number {
    if (this.#region === undefined || this.#region.bytes < bytes) {
      this.free();
      this.#region = this.#allocate(bytes);
    }
    return this.#region.address;
  }

  /** Gives the memory back; the next `take` gets other. */
  free(): void {
    this.#region?.free();
    this.#region = undefined;
  }
}
