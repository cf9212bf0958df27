/** Rings with DataView and Buffer, as most people would write it. */
import type { Entrant } from '../harness/suite.js';
import { head, packetsIn, padded, payloadOf, RING_BYTES, START } from './ring-fixture.js';

interface Packet {
  type: number;
  flags: number;
  transaction: bigint;
  payload: Buffer;
}

/** Reads `count` packets from `start` on, and says where the next one stands; `copy` takes payloads out of the ring. */
function readPackets(data: Buffer, start: number, count: number, copy: boolean): { packets: Packet[]; next: number } {
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
  return { packets, next: at };
}

export function nodeReadEntrant(image: Uint8Array, payload: number, copy: boolean): Entrant {
  const data = Buffer.from(image);
  const count = packetsIn(payload);
  return {
    outcome: () =>
      Buffer.concat(
        readPackets(data, START, count, copy).packets.flatMap(({ type, flags, transaction, payload }) => [
          head(type | (flags << 16), Number(transaction)),
          payload,
        ]),
      ),
    round: ({ batch }) => ({
      operations: count,
      run() {
        let at = START;
        for (let done = 0; done < count; done += Number(batch)) at = readPackets(data, at, Number(batch), copy).next;
      },
    }),
  };
}

/** Packs payloads from number `first` on, and returns where the next packet goes. */
function packPackets(payloads: readonly Buffer[], first: number, count: number, ring: Buffer, start: number): number {
  let at = start;
  const wrap = (offset: number): number => (offset >= ring.length ? offset - ring.length : offset);
  for (let i = first; i < first + count; i++) {
    const payload = payloads[i]!;
    const size = padded(payload.length);
    ring.writeUInt16LE(6, at);
    ring.writeUInt16LE(2, at + 2);
    ring.writeUInt16LE((16 + size) >> 3, at + 4);
    ring.writeUInt16LE(0, at + 6);
    const second = wrap(at + 8);
    ring.writeUInt32LE(i, second);
    ring.writeUInt32LE(0, second + 4);
    const to = wrap(at + 16);
    const copied = payload.copy(ring, to);
    if (copied < payload.length) payload.copy(ring, 0, copied);
    const trailer = wrap(to + size);
    if (size > payload.length) {
      const end = trailer === 0 ? ring.length : trailer;
      ring.fill(0, end - (size - payload.length), end);
    }
    ring.writeUInt32LE(0, trailer);
    ring.writeUInt32LE(at, trailer + 4);
    at = wrap(trailer + 8);
  }
  return at;
}

export function nodePackEntrant(payload: number): Entrant {
  const ring = Buffer.alloc(RING_BYTES);
  const count = packetsIn(payload);
  const payloads = Array.from({ length: count }, (_, i) => Buffer.from(payloadOf(payload, i)));
  const pack = (batch: number) => {
    let at = START;
    for (let done = 0; done < count; done += batch) at = packPackets(payloads, done, batch, ring, at);
  };
  return {
    outcome() {
      pack(count);
      return ring;
    },
    round: ({ batch }) => ({ operations: count, run: () => pack(Number(batch)) }),
  };
}
