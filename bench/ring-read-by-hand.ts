/** Reading a ring without the engine: as most people would write it, and with the fastest copy loop of JavaScript. */
import { head } from './ring-fixture.js';

export interface Packet {
  type: number;
  flags: number;
  transaction: bigint;
  payload: Buffer;
}

/** DataView and Buffer; `copy` takes payloads out of the ring. */
export function readPackets(data: Buffer, start: number, count: number, copy: boolean): Packet[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const packets: Packet[] = [];
  let at = start;
  const wrap = (offset: number): number => (offset >= data.length ? offset - data.length : offset);
  for (let i = 0; i < count; i++) {
    const length = view.getUint16(at + 4, true) * 8;
    const from = wrap(at + view.getUint16(at + 2, true) * 8);
    const bytes = length - view.getUint16(at + 2, true) * 8;
    const whole = from + bytes <= data.length;
    let payload: Buffer;
    if (whole) payload = copy ? Buffer.from(data.subarray(from, from + bytes)) : data.subarray(from, from + bytes);
    else payload = Buffer.concat([data.subarray(from), data.subarray(0, from + bytes - data.length)]);
    packets.push({
      type: view.getUint16(at, true),
      flags: view.getUint16(at + 6, true),
      transaction: view.getBigUint64(wrap(at + 8), true),
      payload,
    });
    at = wrap(at + length + 8);
  }
  return packets;
}

export function packetBytes(packets: readonly Packet[]): Uint8Array {
  return Buffer.concat(
    packets.flatMap(({ type, flags, transaction, payload }) => [
      head(type | (flags << 16), Number(transaction)),
      payload,
    ]),
  );
}

/**
 * The fastest copy loop of JavaScript, eight bytes a step as float64. It may change the bits of a NaN, so that the
 * twin cannot use it; it stands here as the best that a rival could show for small packets.
 */
export class DoubleLoopReader {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #ringBytes: number;
  readonly #table: Int32Array;

  constructor(data: Uint8Array, count: number) {
    this.#ringBytes = data.length;
    this.#bytes = new Uint8Array(2 * data.length);
    this.#bytes.set(data);
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#doubles = new Float64Array(this.#bytes.buffer);
    this.#table = new Int32Array(5 * count);
  }

  drain(start: number, count: number): number {
    const size = this.#ringBytes;
    const words = this.#words;
    const doubles = this.#doubles;
    const table = this.#table;
    let at = start;
    let to = size >> 3;
    for (let i = 0, record = 0; i < count; i++) {
      const typeOffset = words[at >> 2]!;
      const lengthFlags = words[(at >> 2) + 1]!;
      const second = at + 8 === size ? 0 : (at >> 2) + 2;
      const length = (lengthFlags & 0xffff) * 8;
      const header = (typeOffset >>> 16) * 8;
      let from = at + header;
      if (from >= size) from -= size;
      table[record++] = (typeOffset & 0xffff) | (lengthFlags & 0xffff0000);
      table[record++] = words[second]!;
      table[record++] = words[second + 1]!;
      table[record++] = to << 3;
      table[record++] = length - header;
      const end = from + length - header;
      for (let word = from >> 3, stop = Math.min(end, size) >> 3; word < stop; ) doubles[to++] = doubles[word++]!;
      if (end > size) for (let word = 0, stop = (end - size) >> 3; word < stop; ) doubles[to++] = doubles[word++]!;
      at += length + 8;
      if (at >= size) at -= size;
    }
    return to;
  }

  packets(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let record = 0; record < this.#table.length; record += 5) {
      const [typeFlags, low, , from, bytes] = this.#table.subarray(record, record + 5);
      parts.push(head(typeFlags!, low!), this.#bytes.subarray(from!, from! + bytes!));
    }
    return Buffer.concat(parts);
  }
}
