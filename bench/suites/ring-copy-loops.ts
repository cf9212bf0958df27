/**
 * Draining a ring with every way of copying that JavaScript has, without the engine's checks: the best that a rival
 * could show. float64 may change the bits of a NaN, so that the twin cannot use it.
 */
import type { Entrant } from '../harness/suite.js';
import { head } from './ring-fixture.js';

interface Views {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

/** Copies `bytes`, a multiple of 8, within one buffer. */
type Copy = (views: Views, to: number, from: number, bytes: number) => void;

const COPIES: Record<string, Copy> = {
  'js-f64': ({ f64 }, to, from, bytes) => {
    let target = to >> 3;
    for (let word = from >> 3, end = (from + bytes) >> 3; word < end; ) f64[target++] = f64[word++]!;
  },
  'js-i32': ({ i32 }, to, from, bytes) => {
    let target = to >> 2;
    for (let word = from >> 2, end = (from + bytes) >> 2; word < end; ) i32[target++] = i32[word++]!;
  },
  'js-copywithin': ({ u8 }, to, from, bytes) => {
    u8.copyWithin(to, from, from + bytes);
  },
  'js-set': ({ u8 }, to, from, bytes) => {
    u8.set(u8.subarray(from, from + bytes), to);
  },
};

export const COPY_LOOPS = Object.keys(COPIES);

const RECORD_WORDS = 5;

/** Reads a ring whose image is `data`; the packets go behind it in the same buffer. */
export function copyLoopEntrant(name: string, data: Uint8Array, start: number, count: number): Entrant {
  const copy = COPIES[name]!;
  const size = data.length;
  const u8 = new Uint8Array(2 * size);
  u8.set(data);
  const i32 = new Int32Array(u8.buffer);
  const views: Views = { u8, i32, f64: new Float64Array(u8.buffer) };
  const table = new Int32Array(RECORD_WORDS * count);

  function drain(first: number, packets: number): number {
    let at = first;
    let to = size;
    for (let i = 0, record = 0; i < packets; i++) {
      const typeOffset = i32[at >> 2]!;
      const lengthFlags = i32[(at >> 2) + 1]!;
      const second = at + 8 === size ? 0 : (at >> 2) + 2;
      const length = (lengthFlags & 0xffff) * 8;
      const header = (typeOffset >>> 16) * 8;
      let from = at + header;
      if (from >= size) from -= size;
      const bytes = length - header;
      table[record++] = (typeOffset & 0xffff) | (lengthFlags & 0xffff0000);
      table[record++] = i32[second]!;
      table[record++] = i32[second + 1]!;
      table[record++] = to;
      table[record++] = bytes;
      const whole = size - from;
      if (bytes <= whole) copy(views, to, from, bytes);
      else {
        copy(views, to, from, whole);
        copy(views, to + whole, 0, bytes - whole);
      }
      to += bytes;
      at += length + 8;
      if (at >= size) at -= size;
    }
    return at;
  }

  return {
    outcome() {
      drain(start, count);
      const parts: Uint8Array[] = [];
      for (let record = 0; record < table.length; record += RECORD_WORDS) {
        const [typeFlags, low, , from, bytes] = table.subarray(record, record + RECORD_WORDS);
        parts.push(head(typeFlags!, low!), u8.subarray(from!, from! + bytes!));
      }
      return Buffer.concat(parts);
    },
    round: ({ batch }) => ({
      operations: count,
      run() {
        let at = start;
        for (let done = 0; done < count; done += Number(batch)) at = drain(at, Number(batch));
      },
    }),
  };
}
