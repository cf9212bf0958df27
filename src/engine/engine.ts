/**
 * The kernels behind codec and ring: pure functions over byte addresses in one {@link EngineMemory}. Two
 * implementations do the same byte for byte: WebAssembly (wasm.ts) and its twin in JavaScript (js.ts).
 *
 * Contract of every function: addresses lie in memory that the caller owns, texts in UTF-16 stand at even addresses,
 * payloads and tables at multiples of 8; up to {@link SLACK_BYTES} bytes behind a source may be read. Tables, causes
 * and the result block are laid out in src/wire/engine.ts. A negative return value is a negated cause and the result
 * block says where. Nothing is thrown and nothing allocated.
 */
import { requireObject, wrong } from '../arguments.js';
import { EngineMemory } from './memory.js';

export interface EngineFunctions {
  /** Version of this list. */
  version(): number;

  /** Converts units to at most `limitBytes` bytes; returns the bytes. RESULT_CONSUMED: units used. */
  utf16ToUtf8(source: number, units: number, target: number, limitBytes: number, policy: number): number;
  /** Converts bytes to at most `limitUnits` units; returns the units. RESULT_CONSUMED: bytes used. */
  utf8ToUtf16(source: number, bytes: number, target: number, limitUnits: number, policy: number): number;

  /** Copies packets out of the ring and describes them in a packet table; returns how many. RESULT_NEXT: read index. */
  ringDrain(
    ring: number,
    dataBytes: number,
    readIndex: number,
    out: number,
    outBytes: number,
    table: number,
    maxPackets: number,
    maxPacketBytes: number,
  ): number;
  /** The same, leaving payloads in the ring: only one that wraps is copied to `scratch`. For trusted writers only. */
  ringScan(
    ring: number,
    dataBytes: number,
    readIndex: number,
    scratch: number,
    scratchBytes: number,
    table: number,
    maxPackets: number,
    maxPacketBytes: number,
  ): number;
  /** Publishes the read index; returns 1 when the producer waits for the room this made. */
  ringConsume(ring: number, dataBytes: number, oldRead: number, newRead: number, variant: number): number;
  /** The comparison behind ringConsume alone. */
  crossesPending(pending: number, freeBefore: number, freeAfter: number, variant: number): number;
  /** Writes and publishes packets of a packet table until one does not fit; returns how many. */
  ringPack(ring: number, dataBytes: number, writeIndex: number, table: number, count: number): number;
  /** 1: a packet of this payload fits behind `writeIndex`; 0: not now (RESULT_NEEDED). */
  ringReserve(ring: number, dataBytes: number, writeIndex: number, payloadBytes: number): number;
  /** Writes descriptor, padding and trailer around a payload in place; returns the next write index. */
  ringSeal(
    ring: number,
    dataBytes: number,
    at: number,
    payloadBytes: number,
    typeFlags: number,
    transactionLow: number,
    transactionHigh: number,
  ): number;
  /** Publishes the write index; returns 1 when the consumer is to be signalled. */
  ringPublish(ring: number, oldWrite: number, newWrite: number): number;

  /** Host payloads → daemon messages, by a translation table; returns how many went well. */
  hostToDaemon(table: number, count: number, messageBytes: number): number;
  /** Requests and daemon answers → response payloads, by a translation table; returns how many went well. */
  daemonToHost(table: number, count: number): number;
  /** Payloads → decoded records and a text arena; returns how many the arena had room for. */
  decodeBatch(packets: number, count: number, records: number, arena: number, arenaUnits: number): number;
  /**
   * Records and a text arena → request payloads of 2,608 bytes. Slots may hold an earlier payload: the records' dirty
   * words say how far, and are kept true.
   */
  encodeBatch(table: number, count: number, arena: number): void;

  /** Hash of a key, as recordHashes computes it. */
  hashKey(key: number, bytes: number): number;
  recordHashes(records: number, count: number, hashes: number): void;
  recordFingerprints(records: number, count: number, fingerprints: number, changed: number): number;
  indexInsert(index: number, mask: number, hashes: number, count: number, firstRecord: number): void;
  indexFind(index: number, mask: number, hash: number, from: number): number;
  recordMatches(record: number, key: number, bytes: number): number;
}

export type EngineKind = 'wasm' | 'wasm-scalar' | 'js';

/** Throws MisuseError for anything that {@link createEngine} did not make. */
export function requireEngine(engine: Engine): void {
  requireObject('engine', engine);
  if (!(engine.memory instanceof EngineMemory)) throw wrong('engine', 'what createEngine made', engine);
}

export interface Engine extends EngineFunctions {
  readonly kind: EngineKind;
  readonly memory: EngineMemory;
}
