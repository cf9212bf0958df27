/** Places in engine memory where the messages of a batch are made, kept for the next batch: a slot remembers how far it is dirty. */
import type { EngineMemory, Region } from '../engine/memory.js';

const ALIGNMENT = 64;

export interface SlotsInUse {
  /** The table of records; each keeps the dirty words of its slot. */
  readonly records: number;
  /** The first slot; the others follow it, `stride` bytes apart. */
  readonly slots: number;
  readonly stride: number;
  readonly capacity: number;
  /** All bytes of the slots. */
  readonly view: Uint8Array;
}

export class BatchSlots {
  readonly #memory: EngineMemory;
  readonly #recordBytes: number;
  #region: Region | undefined;
  #inUse: SlotsInUse | undefined;

  constructor(memory: EngineMemory, recordBytes: number) {
    this.#memory = memory;
    this.#recordBytes = recordBytes;
  }

  /**
   * The slots of the call before when they are enough, else new ones, all zero.
   * @throws KvpError ERR_ENGINE_MEMORY; then there are no slots, and the next call makes new ones
   */
  take(capacity: number, stride: number): SlotsInUse {
    const before = this.#inUse;
    if (before !== undefined && before.capacity >= capacity && before.stride >= stride) return before;
    this.free();
    const tableBytes = Math.ceil((capacity * this.#recordBytes) / ALIGNMENT) * ALIGNMENT;
    // One region: there is nothing to take back when the second of two does not fit.
    const region = this.#memory.allocateForCalls(tableBytes + capacity * stride);
    this.#region = region;
    this.#inUse = {
      records: region.address,
      slots: region.address + tableBytes,
      stride,
      capacity,
      view: region.view.subarray(tableBytes),
    };
    return this.#inUse;
  }

  free(): void {
    this.#region?.free();
    this.#region = undefined;
    this.#inUse = undefined;
  }
}
