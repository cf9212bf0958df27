/**
 * The one linear memory that both engines work on, and the regions in it.
 *
 * The memory never grows, so views on it stay good for its life; pages that nobody touches cost nothing. The first
 * 20 KiB are the fixed map of src/wire/engine.ts; the rest is handed out in regions. Freed neighbours become one
 * again, so that regions of any sizes in any order use the memory up only when they fill it. What lasts comes from the
 * start and what calls use from the end: a ring that is made between two batches does not stand in the way of the next.
 */
import { requireBoolean, requireInteger, requireList, requireObject, wrong } from '../arguments.js';
import { KvpError, MisuseError } from '../errors.js';
import { HEAP_BASE, SLACK_BYTES } from '../wire/engine.js';
import { FreeBlocks } from './free-blocks.js';

const PAGE_BYTES = 65536;
/** Blocks are multiples of this: no rest is too small to be used. */
const BLOCK_BYTES = 64;
const ALIGNMENT = 16;
const MAX_MEMORY_BYTES = 2 ** 31 - PAGE_BYTES;
/** What a freed region is filled with when `poison` is asked for. */
export const POISON = 0xa5;

/**
 * Room for batches of a thousand messages both ways. From 32 MiB on V8 collects garbage when the memory is made and
 * again at the next allocation, because it counts all of it as used: that took three times as long as loading the module.
 */
export const DEFAULT_MEMORY_BYTES = 28 * 1024 * 1024;

/** A piece of engine memory, zeroed when handed out. It belongs to whoever asked for it until `free()`. */
export interface Region {
  /** Throws MisuseError after `free()`, as `view` does: the memory may be another's by then. */
  readonly address: number;
  readonly bytes: number;
  /** A view of the region; what was taken of it must not be used after `free()`. */
  readonly view: Uint8Array;
  /** Twice is harmless. */
  free(): void;
}

export interface EngineMemoryOptions {
  /** Size of the memory, rounded up to 64 KiB; default 28 MiB, at most 2 GiB. */
  bytes?: number;
  /** Fill regions with 0xA5 when they are freed, to show use after free. For tests. */
  poison?: boolean;
  /** A plain ArrayBuffer even where WebAssembly exists. */
  plain?: boolean;
}

/** Kernels read past the end of texts: the slack is part of every region. */
const blockBytes = (bytes: number): number => Math.ceil((bytes + SLACK_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;

export class EngineMemory {
  /** The WebAssembly.Memory; absent where WebAssembly is missing or a plain memory was asked for. */
  readonly wasm: { readonly buffer: ArrayBuffer } | undefined;
  readonly buffer: ArrayBuffer;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly #poison: boolean;
  readonly #free: FreeBlocks;

  constructor(options: EngineMemoryOptions = {}) {
    requireObject('options', options);
    const { bytes = DEFAULT_MEMORY_BYTES, poison = false, plain = false } = options;
    requireBoolean('poison', poison);
    requireBoolean('plain', plain);
    requireInteger('bytes', bytes, HEAP_BASE + 1, MAX_MEMORY_BYTES);
    const pages = Math.ceil(bytes / PAGE_BYTES);
    try {
      if (typeof WebAssembly === 'object' && !plain) {
        this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
      }
      this.buffer = this.wasm?.buffer ?? new ArrayBuffer(pages * PAGE_BYTES);
    } catch (cause) {
      // A RangeError of the runtime: it has no such piece of address space or memory left.
      throw new KvpError('ERR_ENGINE_MEMORY', { detail: `a memory of ${pages * PAGE_BYTES} bytes`, cause });
    }
    this.u8 = new Uint8Array(this.buffer);
    this.u16 = new Uint16Array(this.buffer);
    this.i32 = new Int32Array(this.buffer);
    this.#poison = poison;
    this.#free = new FreeBlocks(HEAP_BASE, this.buffer.byteLength - HEAP_BASE);
  }

  /**
   * Hands out a zeroed region of at least `bytes` bytes, aligned to 16; `align` (a power of two) asks for more.
   * @throws KvpError ERR_ENGINE_MEMORY when no free place is that large; MisuseError for an impossible number
   */
  allocate(bytes: number, align = ALIGNMENT): Region {
    requireInteger('bytes', bytes, 0, Number.MAX_SAFE_INTEGER);
    requireInteger('align', align, 1, PAGE_BYTES);
    if ((align & (align - 1)) !== 0) throw wrong('align', 'a power of two', align);
    const size = blockBytes(bytes + (align > ALIGNMENT ? align : 0));
    return this.#region(bytes, size, align, this.#free.take(size));
  }

  /**
   * A region of the same kind that its owner gives back and takes anew as calls need more: from the end of the memory, so
   * that regions which last do not part the room it is taken from.
   * @throws KvpError ERR_ENGINE_MEMORY; MisuseError for an impossible number
   */
  allocateForCalls(bytes: number): Region {
    requireInteger('bytes', bytes, 0, Number.MAX_SAFE_INTEGER);
    const size = blockBytes(bytes);
    return this.#region(bytes, size, ALIGNMENT, this.#free.takeLast(size));
  }

  #region(bytes: number, size: number, align: number, block: number | undefined): Region {
    if (block === undefined)
      throw new KvpError('ERR_ENGINE_MEMORY', {
        detail: `${size} bytes asked for`,
        expected: `at most ${this.#free.largest}`,
        actual: size,
      });
    const address = Math.ceil(block / align) * align;
    this.u8.fill(0, block, block + size);
    const view = this.u8.subarray(address, address + bytes);
    return new LiveRegion(address, view, () => {
      if (this.#poison) this.u8.fill(POISON, block, block + size);
      this.#free.give(block, size);
    });
  }

  /**
   * A region for each size, or none at all: when one of them does not fit, those before it are given back.
   * @throws KvpError ERR_ENGINE_MEMORY
   */
  allocateAll<const Sizes extends readonly number[]>(sizes: Sizes): { [Index in keyof Sizes]: Region } {
    requireList('sizes', sizes);
    const regions: Region[] = [];
    try {
      for (const bytes of sizes) regions.push(this.allocate(bytes));
    } catch (error) {
      for (const region of regions) region.free();
      throw error;
    }
    return regions as { [Index in keyof Sizes]: Region };
  }
}

class LiveRegion implements Region {
  readonly #address: number;
  readonly #view: Uint8Array;
  #giveBack: (() => void) | undefined;

  constructor(address: number, view: Uint8Array, giveBack: () => void) {
    this.#address = address;
    this.#view = view;
    this.#giveBack = giveBack;
  }

  get address(): number {
    this.#requireLive();
    return this.#address;
  }

  get bytes(): number {
    return this.#view.length;
  }

  get view(): Uint8Array {
    this.#requireLive();
    return this.#view;
  }

  free(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }

  #requireLive(): void {
    if (this.#giveBack === undefined)
      throw new MisuseError('this piece of engine memory was given back by free() and must not be used any more');
  }
}
