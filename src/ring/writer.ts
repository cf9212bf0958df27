/** The producer of a ring (protocol.md 1.3, 1.4, 1.6). */
import {
  requireBoolean,
  requireBytes,
  requireInteger,
  requireList,
  requireObject,
  requireUnsigned,
} from '../arguments.js';
import { type EngineMemory, faultOf, Scratch } from '../engine/index.js';
import { KvpError, MisuseError } from '../errors.js';
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
import {
  CONTROL_BYTES,
  DESCRIPTOR_BYTES,
  FEATURE_PENDING_SEND,
  PACKET_ALIGNMENT,
  PACKET_INBAND,
} from '../wire/ring.js';
import { soundIndex, startIndex, storeControl } from './control.js';
import { type Ring, requireRing } from './ring.js';

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

  /** @throws KvpError ERR_RING_INDEX when the ring's own write index is impossible */
  constructor(ring: Ring, options: RingWriterOptions = {}) {
    requireRing(ring);
    requireObject('options', options);
    const { pendingSend = true } = options;
    requireBoolean('pendingSend', pendingSend);
    const writeIndex = startIndex(ring, 'writeIndex', options.writeIndex);
    this.ring = ring;
    this.#memory = ring.engine.memory;
    this.#writeIndex = writeIndex;
    this.#reserved = writeIndex;
    this.#payloads = new Scratch(this.#memory, { lasting: true });
    this.#table = new Scratch(this.#memory, { lasting: true });
    storeControl(ring, 'pendingSend', 0);
    storeControl(ring, 'features', pendingSend ? FEATURE_PENDING_SEND : 0);
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
    requireList('payloads', payloads);
    requireWriteOptions(options);
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
    requireInteger('payloadBytes', payloadBytes, 0, Number.MAX_SAFE_INTEGER);
    requireWriteOptions(options);
    requireFits(payloadBytes, dataBytes);
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
   *
   * @throws KvpError ERR_RING_PAYLOAD_TOO_LARGE for more than can ever be free; ERR_RING_INDEX when the consumer's read
   *   index is impossible: no signal would ever come
   */
  waitForRoom(needed: number): boolean {
    const { dataBytes } = this.ring;
    requireInteger('needed', needed, 1, Number.MAX_SAFE_INTEGER);
    // The ring is never filled to the last 8 bytes, or it would look empty.
    requireFits(needed, dataBytes - PACKET_ALIGNMENT);
    storeControl(this.ring, 'pendingSend', needed);
    let readIndex: number;
    try {
      readIndex = soundIndex(this.ring, 'readIndex');
    } catch (error) {
      this.stopWaiting();
      throw error;
    }
    const used = (this.#writeIndex - readIndex + dataBytes) % dataBytes;
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
    for (const payload of payloads) {
      requireBytes('payload', payload);
      const { length } = payload;
      if (length > this.ring.dataBytes) {
        // Those before it are sent; it is refused when it is the first.
        if (count > 0) break;
        requireFits(length, this.ring.dataBytes);
      }
      const padded = (length + 7) & ~7;
      if (count > 0 && (count === MAX_BATCH_PACKETS || bytes + padded > this.ring.dataBytes)) break;
      bytes += padded;
      count++;
    }
    const { i32, u8 } = this.#memory;
    const table = this.#table.take(count * PACKET_RECORD_BYTES);
    let at = this.#payloads.take(bytes);
    const { transactionLow = 0, transactionHigh = 0 } = options;
    for (let i = 0; i < count; i++) {
      const payload = payloads[i]!;
      u8.set(payload, at);
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

/** Throws when so many bytes can never be in the ring: a wait for them would have no end. */
function requireFits(bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new KvpError('ERR_RING_PAYLOAD_TOO_LARGE', { detail: 'bytes in the ring', expected: most, actual: bytes });
}

function requireWriteOptions(options: RingWriteOptions): void {
  requireObject('options', options);
  const { type = PACKET_INBAND, flags = 0, transactionLow = 0, transactionHigh = 0 } = options;
  requireUnsigned('type', type, 16);
  requireUnsigned('flags', flags, 16);
  requireUnsigned('transactionLow', transactionLow, 32);
  requireUnsigned('transactionHigh', transactionHigh, 32);
}

function typeFlags({ type = PACKET_INBAND, flags = 0 }: RingWriteOptions): number {
  return type | (flags << 16);
}
