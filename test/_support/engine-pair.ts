/**
 * The kernels of several engines run on the same input in memories of the same layout, and everything they leave
 * behind is compared: return values, the result block and every byte of the outputs, with canaries around them.
 */
import { createEngine, type Engine, type Region, table } from '#internal';

const CANARY = 0xc5;
const CANARY_BYTES = 256;
/** Kernels may leave anything in the digits and shuffle tables; the result block is compared where it is defined. */
const KINDS = ['wasm', 'wasm-scalar', 'js'] as const;

export interface Area {
  address: number;
  bytes: number;
}

export class EnginePair {
  readonly engines: Engine[];
  readonly #areas: { area: Area; output: boolean }[] = [];

  constructor(bytes = 2 * 1024 * 1024) {
    this.engines = KINDS.map((engine) => createEngine({ engine, bytes }));
  }

  /** An area at the same address in all memories, between two canaries. Outputs are compared after every call. */
  area(bytes: number, { output = false } = {}): Area {
    const regions: Region[] = this.engines.map(({ memory }) => memory.allocate(bytes + 2 * CANARY_BYTES, 64));
    const [first] = regions;
    if (regions.some(({ address }) => address !== first!.address)) throw new Error('memories differ');
    for (const { view } of regions) {
      view.fill(CANARY, 0, CANARY_BYTES);
      view.fill(CANARY, CANARY_BYTES + bytes);
    }
    const area = { address: first!.address + CANARY_BYTES, bytes };
    this.#areas.push({ area, output });
    return area;
  }

  /** Puts the same bytes into all memories. */
  put(area: Area, bytes: Uint8Array, offset = 0): void {
    for (const { memory } of this.engines) memory.u8.set(bytes, area.address + offset);
  }

  fill(area: Area, byte: number): void {
    for (const { memory } of this.engines) memory.u8.fill(byte, area.address, area.address + area.bytes);
  }

  word(address: number, value: number): void {
    for (const { memory } of this.engines) memory.i32[address >> 2] = value;
  }

  /** Runs `work` on each engine; returns the common result. Throws with what differs. */
  run(work: (engine: Engine) => number): number {
    const results = this.engines.map(work);
    const [reference] = this.engines;
    for (const [i, engine] of this.engines.entries()) {
      if (results[i] !== results[0])
        throw new Error(`${engine.kind} returned ${results[i]}, ${KINDS[0]} ${results[0]}`);
      for (const { area, output } of this.#areas) {
        this.#checkCanaries(engine, area);
        if (!output || i === 0) continue;
        const mine = this.#bytes(engine, area);
        const theirs = this.#bytes(reference!, area);
        if (Buffer.compare(mine, theirs) === 0) continue;
        const at = mine.findIndex((byte, k) => byte !== theirs[k]);
        throw new Error(`${engine.kind} left ${mine[at]} at ${at} of ${area.bytes}, ${KINDS[0]} ${theirs[at]}`);
      }
    }
    return results[0]!;
  }

  /** The same word of every result block; throws when they differ. */
  result(field: number): number {
    const words = this.engines.map(({ memory }) => memory.i32[(table.RESULT_BASE + field) >> 2]!);
    if (words.some((word) => word !== words[0])) throw new Error(`result word ${field}: ${words.join(', ')}`);
    return words[0]!;
  }

  bytes(area: Area): Uint8Array {
    return this.#bytes(this.engines[0]!, area);
  }

  #bytes({ memory }: Engine, { address, bytes }: Area): Uint8Array {
    return memory.u8.subarray(address, address + bytes);
  }

  #checkCanaries({ kind, memory }: Engine, { address, bytes }: Area): void {
    const check = (from: number): void => {
      for (let at = from; at < from + CANARY_BYTES; at++) {
        if (memory.u8[at] !== CANARY) throw new Error(`${kind} wrote at ${at - address} of an area of ${bytes}`);
      }
    };
    check(address - CANARY_BYTES);
    check(address + bytes);
  }
}
