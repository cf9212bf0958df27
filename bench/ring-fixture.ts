/** A ring full of packets, one of which wraps, and the tables that the ring's kernels work on. */
import { type Engine, table } from '#internal';

export const RING_BYTES = 65_536;
const CONTROL_BYTES = 4096;
const OVERHEAD_BYTES = 24;
/** Where the packets begin: some stand before the end of the data area, the others behind its start. */
const START = 49_152 + 8;

export const PAYLOADS = [64, 256, 2604];

export const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Packets that fill the ring. */
export const packetsIn = (payload: number): number => Math.floor((RING_BYTES - 8) / (padded(payload) + OVERHEAD_BYTES));

export interface RingFixture {
  drain(): number;
  scan(): number;
  pack(): number;
  /** What the last drain or scan described: descriptor, transaction id and payload of each packet. */
  packets(): Uint8Array;
  /** The data area, the bytes of all packets in their places. */
  data(): Uint8Array;
  readonly start: number;
}

export function ringFixture(engine: Engine, payload: number): RingFixture {
  const { memory } = engine;
  const count = packetsIn(payload);
  const ring = memory.allocate(CONTROL_BYTES + RING_BYTES, CONTROL_BYTES);
  const sources = memory.allocate(count * padded(payload));
  const toPack = memory.allocate(count * table.PACKET_RECORD_BYTES);
  const described = memory.allocate(count * table.PACKET_RECORD_BYTES);
  const out = memory.allocate(RING_BYTES);
  for (let i = 0; i < count; i++) {
    const at = sources.address + i * padded(payload);
    for (let byte = 0; byte < payload; byte++) memory.u8[at + byte] = i + byte;
    const record = (toPack.address + i * table.PACKET_RECORD_BYTES) >> 2;
    memory.i32[record + table.PACKET_TYPE_FLAGS / 4] = 6;
    memory.i32[record + table.PACKET_TRANSACTION_LOW / 4] = i;
    memory.i32[record + table.PACKET_PAYLOAD / 4] = at;
    memory.i32[record + table.PACKET_PAYLOAD_BYTES / 4] = payload;
  }
  // The read index, where the producer also stands: an empty ring each time.
  memory.i32[(ring.address + 4) >> 2] = START;
  const pack = (): number => engine.ringPack(ring.address, RING_BYTES, START, toPack.address, count);
  const { address } = ring;
  pack();
  return {
    start: START,
    pack,
    drain: () =>
      engine.ringDrain(address, RING_BYTES, START, out.address, RING_BYTES, described.address, count, RING_BYTES),
    scan: () =>
      engine.ringScan(address, RING_BYTES, START, out.address, RING_BYTES, described.address, count, RING_BYTES),
    packets() {
      const parts: Uint8Array[] = [];
      for (let i = 0; i < count; i++) {
        const word = (field: number): number =>
          memory.i32[(described.address + i * table.PACKET_RECORD_BYTES + field) >> 2]!;
        const at = word(table.PACKET_PAYLOAD);
        const bytes = memory.u8.slice(at, at + word(table.PACKET_PAYLOAD_BYTES));
        parts.push(head(word(table.PACKET_TYPE_FLAGS), word(table.PACKET_TRANSACTION_LOW)), bytes);
      }
      return Buffer.concat(parts);
    },
    data: () => ring.view.slice(CONTROL_BYTES),
  };
}

/** How an outcome tells a packet before its payload. */
export function head(typeFlags: number, transaction: number): Uint8Array {
  return new Uint8Array(Int32Array.of(typeFlags, transaction).buffer);
}
