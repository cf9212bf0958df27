/** The producer of a ring (protocol.md 1.3, 1.4, 1.6). */
import { type EngineMemory, faultOf, Scratch } from '../engine/index.js';
import { MisuseError } from '../errors.js';
import {
  PACKET_PAYLOAD,
  PACKET_PAYLOAD_BYTES,
  PACKET_RECORD_BYTES,
  PACKET_TRANSACTION_HIGH,
  PACKET_TRANSACTION_LOW,
  PACKET_TYPE_FLAGS,
  RESULT_BASE,
  RESULT_NEEDED,
  RESULT_NEXT,
  RESULT_SIGNAL,
} from '../wire/engine.js';
import { CONTROL_BYTES, DESCRIPTOR_BYTES, FEATURE_PENDING_SEND, PACKET_INBAND } from '../wire/ring.js';
import { loadControl, storeControl } from './control.js';
import type { Ring } from './ring.js';

/** Most packets that one call of `writeBatch` sends. */
const MAX_BATCH_PACKETS = 256;

export interface RingWriteOptions {
  /** Descriptor type; default 6, in-band. */
  type?: number;
  /** Default 0; bit 0 asks for a completion packet. */
  flags?: number;
  transactionLow?: number;
  transactionHigh?: number;
}

/** `full` is not an error: `needed` bytes must become free first. `signal`: the consumer is to be woken. */
export type RingWriteResult = { kind: 'sent'; signal: boolean } | { kind: 'full'; needed: number };

export interface RingWriterOptions {
  /** Announce that this producer honours pending send sizes (feature bit 0); default true. */
  pendingSend?: boolean;
  /** Where to start; default the ring's own write index. */
  writeIndex?: number;
}

/** Room for one payload in the ring itself: fill `spans` in order, then commit the writer. */
export interface Reservation {
  kind: 'reserved';
  /** One view, or two when the payload wraps around the end of the data area. */
  spans: Uint8Array[];
}

export class RingWriter {
  readonly ring: Ring;
  readonly #memory: EngineMemory;
  readonly #table: Scratch;
  readonly #payloads: Scratch;
  #writeIndex: number;
  /** Write index behind what is reserved and not yet committed. */
  #reserved: number;

  constructor(ring: Ring, options: RingWriterOptions = {}) {
    const writeIndex = options.writeIndex ?? loadControl(ring, 'writeIndex');
    if (!(writeIndex < ring.dataBytes && writeIndex % 8 === 0)) throw new MisuseError(`writeIndex ${writeIndex}`);
    this.ring = ring;
    this.#memory = ring.engine.memory;
    this.#writeIndex = writeIndex;
    this.#reserved = writeIndex;
    this.#payloads = new Scratch(this.#memory);
    this.#table = new Scratch(this.#memory);
    storeControl(ring, 'pendingSend', 0);
    storeControl(ring, 'features', options.pendingSend === false ? 0 : FEATURE_PENDING_SEND);
  }

  get writeIndex(): number {
    return this.#writeIndex;
  }

  /**
   * Writes one packet and publishes it.
   * @throws KvpError ERR_RING_PAYLOAD_TOO_LARGE: it could never fit; ERR_RING_INDEX: the consumer's read index is
   *   impossible. Nothing is written then, and the writer may be used again.
   */
  write(payload: Uint8Array, options: RingWriteOptions = {}): RingWriteResult {
    const { sent, signal, needed } = this.writeBatch([payload], options);
    return sent === 1 ? { kind: 'sent', signal } : { kind: 'full', needed };
  }

  /**
   * Writes as many packets as fit, in order and at most 256, and publishes them together: one signal at most. `needed` is what the
   * first packet that found no room waits for, else 0. Errors as for `write`, when the first packet causes them.
   */
  writeBatch(
    payloads: readonly Uint8Array[],
    options: RingWriteOptions = {},
  ): { sent: number; signal: boolean; needed: number } {
    if (this.#reserved !== this.#writeIndex) throw new MisuseError('commit the reservation before writing');
    const { table, count } = this.#stage(payloads, options);
    const { engine, address, dataBytes } = this.ring;
    const sent = engine.ringPack(address, dataBytes, this.#writeIndex, table, count);
    if (sent < 0) throw faultOf(this.#memory, sent);
    if (sent > 0) this.#writeIndex = this.#reserved = this.#result(RESULT_NEXT);
    return { sent, signal: this.#result(RESULT_SIGNAL) === 1, needed: this.#result(RESULT_NEEDED) };
  }

  /**
   * Frames room for one packet in the ring; the caller fills the payload in place and commits. Several may be
   * reserved before one commit. Errors as for `write`.
   */
  reserve(payloadBytes: number, options: RingWriteOptions = {}): Reservation | { kind: 'full'; needed: number } {
    const { engine, address, dataBytes } = this.ring;
    const verdict = engine.ringReserve(address, dataBytes, this.#reserved, payloadBytes);
    if (verdict < 0) throw faultOf(this.#memory, verdict);
    if (verdict === 0) return { kind: 'full', needed: this.#result(RESULT_NEEDED) };
    const start = (this.#reserved + DESCRIPTOR_BYTES) % dataBytes;
    const { transactionLow = 0, transactionHigh = 0 } = options;
    const at = this.#reserved;
    this.#reserved = engine.ringSeal(
      address,
      dataBytes,
      at,
      payloadBytes,
      typeFlags(options),
      transactionLow,
      transactionHigh,
    );
    const data = address + CONTROL_BYTES;
    const first = Math.min(payloadBytes, dataBytes - start);
    const spans = [this.#memory.u8.subarray(data + start, data + start + first)];
    if (first < payloadBytes) spans.push(this.#memory.u8.subarray(data, data + payloadBytes - first));
    return { kind: 'reserved', spans };
  }

  /** Publishes everything reserved. True when the consumer is to be woken. */
  commit(): boolean {
    if (this.#reserved === this.#writeIndex) return false;
    const signal = this.ring.engine.ringPublish(this.ring.address, this.#writeIndex, this.#reserved);
    this.#writeIndex = this.#reserved;
    return signal === 1;
  }

  /**
   * After `full`: asks the consumer to signal when `needed` bytes are free. True when the room appeared meanwhile, so
   * that no signal will come and the write is to be tried again at once.
   */
  waitForRoom(needed: number): boolean {
    storeControl(this.ring, 'pendingSend', needed);
    const { dataBytes } = this.ring;
    const used = (this.#writeIndex - loadControl(this.ring, 'readIndex') + dataBytes) % dataBytes;
    const ready = dataBytes - used > needed;
    if (ready) this.stopWaiting();
    return ready;
  }

  /** Withdraws the wish of `waitForRoom`. */
  stopWaiting(): void {
    storeControl(this.ring, 'pendingSend', 0);
  }

  /** Gives the writer's memory back; the ring stays. */
  free(): void {
    this.#table.free();
    this.#payloads.free();
  }

  /** Copies into engine memory and describes what may fit at all: the first payload, and those that fill the ring. */
  #stage(payloads: readonly Uint8Array[], options: RingWriteOptions): { table: number; count: number } {
    let count = 0;
    let bytes = 0;
    for (const { length } of payloads) {
      const padded = (length + 7) & ~7;
      if (count > 0 && (count === MAX_BATCH_PACKETS || bytes + padded > this.ring.dataBytes)) break;
      bytes += padded;
      count++;
    }
    const { i32, u8 } = this.#memory;
    const table = this.#table.take(count * PACKET_RECORD_BYTES);
    // One that can never fit is not copied; the kernel refuses it by its length.
    const fits = bytes <= this.ring.dataBytes;
    let at = fits ? this.#payloads.take(bytes) : 0;
    const { transactionLow = 0, transactionHigh = 0 } = options;
    for (let i = 0; i < count; i++) {
      const payload = payloads[i]!;
      if (fits) u8.set(payload, at);
      const record = table + i * PACKET_RECORD_BYTES;
      i32[(record + PACKET_TYPE_FLAGS) >> 2] = typeFlags(options);
      i32[(record + PACKET_TRANSACTION_LOW) >> 2] = transactionLow;
      i32[(record + PACKET_TRANSACTION_HIGH) >> 2] = transactionHigh;
      i32[(record + PACKET_PAYLOAD) >> 2] = at;
      i32[(record + PACKET_PAYLOAD_BYTES) >> 2] = payload.length;
      at += (payload.length + 7) & ~7;
    }
    return { table, count };
  }

  #result(field: number): number {
    return this.#memory.i32[(RESULT_BASE + field) >> 2]!;
  }
}

function typeFlags({ type = PACKET_INBAND, flags = 0 }: RingWriteOptions): number {
  return (type & 0xffff) | (flags << 16);
}
