/** A ring full of packets, one of which wraps, and the tables that the ring's kernels work on. */
import { type Engine, type EngineMemory, table } from '#internal';
import type { Entrant, Params, Round } from '../harness/suite.js';
import type { NativeKernels } from '../native/library.js';
import { nativeRound } from './entrants.js';

export const RING_BYTES = 65_536;
const CONTROL_BYTES = 4096;
const OVERHEAD_BYTES = 24;
/** Where the packets begin: some stand before the end of the data area, the others behind its start. */
export const START = 49_152 + 8;

const PAYLOADS = [64, 256, 2604];

export const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Packets that fill the ring. */
export const packetsIn = (payload: number): number => Math.floor((RING_BYTES - 8) / (padded(payload) + OVERHEAD_BYTES));

/** All packets in one call, and one a call. */
export const ringGroups = (quick: boolean): Params[][] =>
  PAYLOADS.map((payload) =>
    (quick ? [packetsIn(payload)] : [1, packetsIn(payload)]).map((batch) => ({ payload, batch })),
  );

/** How an outcome tells a packet before its payload. */
export function head(typeFlags: number, transaction: number): Uint8Array {
  return new Uint8Array(Int32Array.of(typeFlags, transaction).buffer);
}

/** Payloads to be packed. */
export const payloadOf = (payload: number, i: number): Uint8Array =>
  Uint8Array.from({ length: payload }, (_, byte) => i + byte);

/** A packet as all write it: its parts at their places, in an image of the data area. */
export function filledRing(payload: number): Uint8Array {
  const data = new Uint8Array(RING_BYTES);
  let at = START;
  const put = (bytes: Uint8Array): void => {
    for (const byte of bytes) {
      data[at] = byte;
      at = at + 1 === RING_BYTES ? 0 : at + 1;
    }
  };
  for (let i = 0; i < packetsIn(payload); i++) {
    const start = at;
    put(new Uint8Array(Uint16Array.of(6, 2, (16 + padded(payload)) >> 3, 0).buffer));
    put(new Uint8Array(Uint32Array.of(i, 0).buffer));
    put(payloadOf(payload, i));
    put(new Uint8Array(padded(payload) - payload));
    put(new Uint8Array(Uint32Array.of(0, start).buffer));
  }
  return data;
}

export interface RingLayout {
  readonly count: number;
  readonly ring: number;
  readonly out: number;
  /** Records of what is to be packed, and of what was read. */
  readonly toPack: number;
  readonly described: number;
  /** What the last read of all described: descriptor, transaction id and payload of each packet. */
  packets(): Uint8Array;
  /** The data area, the bytes of all packets in their places. */
  data(): Uint8Array;
}

export function layOutRing(memory: EngineMemory, payload: number): RingLayout {
  const count = packetsIn(payload);
  const ring = memory.allocate(CONTROL_BYTES + RING_BYTES, CONTROL_BYTES);
  const sources = memory.allocate(count * padded(payload));
  const toPack = memory.allocate(count * table.PACKET_RECORD_BYTES);
  const described = memory.allocate(count * table.PACKET_RECORD_BYTES);
  const out = memory.allocate(RING_BYTES);
  for (let i = 0; i < count; i++) {
    const at = sources.address + i * padded(payload);
    memory.u8.set(payloadOf(payload, i), at);
    const record = (toPack.address + i * table.PACKET_RECORD_BYTES) >> 2;
    memory.i32[record + table.PACKET_TYPE_FLAGS / 4] = 6;
    memory.i32[record + table.PACKET_TRANSACTION_LOW / 4] = i;
    memory.i32[record + table.PACKET_PAYLOAD / 4] = at;
    memory.i32[record + table.PACKET_PAYLOAD_BYTES / 4] = payload;
  }
  // The read index, where the producer also stands: an empty ring, until the write index is moved.
  memory.i32[(ring.address + 4) >> 2] = START;
  return {
    count,
    ring: ring.address,
    out: out.address,
    toPack: toPack.address,
    described: described.address,
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

/** Packs all, so that there is something to read. */
export function fill(engine: Engine, { ring, toPack, count }: RingLayout): void {
  engine.ringPack(ring, RING_BYTES, START, toPack, count);
}

/** The whole window, `batch` packets a call; `step` works on some and returns how many. */
function inCalls(
  memory: EngineMemory,
  count: number,
  batch: number,
  step: (at: number, done: number) => number,
): Round {
  const next = (table.RESULT_BASE + table.RESULT_NEXT) >> 2;
  return {
    operations: count,
    run() {
      let at = START;
      for (let done = 0; done < count; at = memory.i32[next]!) {
        const packets = step(at, done);
        if (packets <= 0) throw new Error(`the ring gave ${packets} after ${done} of ${count}, ${batch} a call`);
        done += packets;
      }
    },
  };
}

export function readEntrant(engine: Engine, payload: number, read: 'ringDrain' | 'ringScan'): Entrant {
  const layout = layOutRing(engine.memory, payload);
  const { ring, out, described, count } = layout;
  fill(engine, layout);
  const round = (batch: number): Round =>
    inCalls(engine.memory, count, batch, (at) =>
      engine[read](ring, RING_BYTES, at, out, RING_BYTES, described, batch, RING_BYTES),
    );
  return {
    outcome() {
      round(count).run();
      return layout.packets();
    },
    round: ({ batch }) => round(Number(batch)),
  };
}

export function packEntrant(engine: Engine, payload: number): Entrant {
  const layout = layOutRing(engine.memory, payload);
  const { ring, toPack, count } = layout;
  const round = (batch: number): Round =>
    inCalls(engine.memory, count, batch, (at, done) =>
      engine.ringPack(ring, RING_BYTES, at, toPack + done * table.PACKET_RECORD_BYTES, Math.min(batch, count - done)),
    );
  return {
    outcome() {
      round(count).run();
      return layout.data();
    },
    round: ({ batch }) => round(Number(batch)),
  };
}

export function nativeReadEntrant(kernels: NativeKernels, payload: number, read: 'ringDrain' | 'ringScan'): Entrant {
  const layout = layOutRing(kernels.memory, payload);
  const { ring, out, described, count, toPack } = layout;
  kernels.ringPack(1, ring, RING_BYTES, START, toPack, count, count);
  const rounds = (times: number, batch: number) =>
    kernels[read](times, ring, RING_BYTES, START, out, described, count, batch);
  return {
    outcome() {
      rounds(1, count);
      return layout.packets();
    },
    round: ({ batch }) => nativeRound(count, (times) => void rounds(times, Number(batch))),
  };
}

export function nativePackEntrant(kernels: NativeKernels, payload: number): Entrant {
  const layout = layOutRing(kernels.memory, payload);
  const { ring, count, toPack } = layout;
  const rounds = (times: number, batch: number) =>
    kernels.ringPack(times, ring, RING_BYTES, START, toPack, count, batch);
  return {
    outcome() {
      rounds(1, count);
      return layout.data();
    },
    round: ({ batch }) => nativeRound(count, (times) => void rounds(times, Number(batch))),
  };
}
