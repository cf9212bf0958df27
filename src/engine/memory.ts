/**
 * The one linear memory that both engines work on, and the regions in it.
 *
 * The memory never grows, so views on it stay good for its life; pages that nobody touches cost nothing. The first
 * 20 KiB are the fixed map of src/wire/engine.ts; the rest is handed out in regions of size classes an eighth of a power of two apart.
 */
import { KvpError, MisuseError } from '../errors.js';
import { HEAP_BASE, SLACK_BYTES } from '../wire/engine.js';

const PAGE_BYTES = 65536;
const SMALLEST_CLASS_BYTES = 64;
/** Classes per doubling, as a power of two: at most an eighth of a region is waste. */
const CLASS_STEPS_LOG2 = 3;
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
  readonly address: number;
  readonly bytes: number;
  /** A view of the region; invalid after `free()`. */
  readonly view: Uint8Array;
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

export class EngineMemory {
  /** The WebAssembly.Memory; absent where WebAssembly is missing or a plain memory was asked for. */
  readonly wasm: { readonly buffer: ArrayBuffer } | undefined;
  readonly buffer: ArrayBuffer;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly #poison: boolean;
  /** Freed addresses by class size. */
  readonly #free = new Map<number, number[]>();
  #top = HEAP_BASE;

  constructor(options: EngineMemoryOptions = {}) {
    const bytes = options.bytes ?? DEFAULT_MEMORY_BYTES;
    if (!(bytes > HEAP_BASE && bytes <= MAX_MEMORY_BYTES)) throw new MisuseError(`memory of ${bytes} bytes`);
    const pages = Math.ceil(bytes / PAGE_BYTES);
    if (typeof WebAssembly === 'object' && options.plain !== true) {
      this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    }
    this.buffer = this.wasm?.buffer ?? new ArrayBuffer(pages * PAGE_BYTES);
    this.u8 = new Uint8Array(this.buffer);
    this.u16 = new Uint16Array(this.buffer);
    this.i32 = new Int32Array(this.buffer);
    this.#poison = options.poison ?? false;
  }

  /**
   * Hands out a zeroed region of at least `bytes` bytes, aligned to 16; `align` (a power of two) asks for more.
   * @throws KvpError ERR_ENGINE_MEMORY when the memory is used up.
   */
  allocate(bytes: number, align = ALIGNMENT): Region {
    if (!(bytes >= 0 && bytes <= this.buffer.byteLength)) {
      throw new KvpError('ERR_ENGINE_MEMORY', { expected: this.buffer.byteLength, actual: bytes });
    }
    // Kernels read past the end of texts: the slack is part of every region.
    const size = classSize(bytes + SLACK_BYTES + (align > ALIGNMENT ? align : 0));
    const block = this.#take(size);
    const address = Math.ceil(block / align) * align;
    this.u8.fill(0, block, block + size);
    let live = true;
    return {
      address,
      bytes,
      view: this.u8.subarray(address, address + bytes),
      free: () => {
        if (!live) return;
        live = false;
        if (this.#poison) this.u8.fill(POISON, block, block + size);
        const freed = this.#free.get(size);
        if (freed === undefined) this.#free.set(size, [block]);
        else freed.push(block);
      },
    };
  }

  #take(size: number): number {
    const freed = this.#free.get(size)?.pop();
    if (freed !== undefined) return freed;
    const block = this.#top;
    if (block + size > this.buffer.byteLength) {
      throw new KvpError('ERR_ENGINE_MEMORY', {
        detail: `${size} bytes asked for`,
        expected: this.buffer.byteLength - block,
        actual: size,
      });
    }
    this.#top = block + size;
    return block;
  }
}

function classSize(bytes: number): number {
  if (bytes <= SMALLEST_CLASS_BYTES) return SMALLEST_CLASS_BYTES;
  const step = Math.max(2 ** (Math.floor(Math.log2(bytes)) - CLASS_STEPS_LOG2), ALIGNMENT);
  return Math.ceil(bytes / step) * step;
}
