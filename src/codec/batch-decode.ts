/** Many payloads decoded in one engine call; strings are made late, from one slice of the arena. */
import { wrong } from '../arguments.js';
import type { Engine } from '../engine/engine.js';
import { recordFault } from '../engine/faults.js';
import type { EngineMemory } from '../engine/memory.js';
import { Scratch } from '../engine/scratch.js';
import type { KvpError } from '../errors.js';
import * as table from '../wire/engine.js';
import { KEY_BYTES, VALUE_BYTES, VALUE_TYPE_QWORD, VALUE_TYPE_U32, VALUE_TYPE_U64 } from '../wire/kvp.js';
import { batchCount, requirePayload, slotStride } from './batch-limits.js';
import type { DecodedBatch } from './decoded-batch.js';
import { decodeSingle } from './single-decode.js';

/** Units of one arena string: beyond 128 KiB a string becomes three times slower to make (perf.md 3). */
const SLICE_UNITS = 32 * 1024;
const MESSAGE_UNITS = (KEY_BYTES + VALUE_BYTES) / 2;
/** Messages per engine call, chosen so that their texts fill one slice at most. */
const CHUNK_MESSAGES = Math.floor(SLICE_UNITS / (MESSAGE_UNITS + 8));
const RECORD_WORDS = table.DECODED_RECORD_BYTES / 4;
const CHARACTERS_PER_CALL = 4096;

/** Up to this many words a loop is faster than a view and `set`. */
const LOOP_WORDS = 8 * RECORD_WORDS;

/** UTF-16 as it is, lone surrogates too. */
function makeString(units: Uint16Array): string {
  let text = '';
  for (let at = 0; at < units.length; at += CHARACTERS_PER_CALL) {
    text += String.fromCharCode.apply(null, units.subarray(at, at + CHARACTERS_PER_CALL) as unknown as number[]);
  }
  return text;
}

/**
 * The texts of a run of messages, copied out of engine memory: the batch stays good for ever. Node makes a string in no
 * more time than a copy of the units takes; elsewhere they are copied, and the string is made when a text is read.
 */
class Texts {
  #units: Uint16Array | undefined;
  #text: string | undefined;

  constructor({ u16 }: EngineMemory, bytes: Buffer | undefined, at: number, units: number) {
    if (bytes !== undefined) this.#text = bytes.toString('utf16le', at, at + 2 * units);
    else this.#units = u16.slice(at >> 1, (at >> 1) + units);
  }

  slice(at: number, length: number): string {
    this.#text ??= makeString(this.#units!);
    return this.#text.substring(at, at + length);
  }
}

/** Messages whose records and texts the engine made. */
class ArenaBatch implements DecodedBatch {
  readonly count: number;
  readonly #records: Int32Array;
  /** Those of every {@link CHUNK_MESSAGES} messages. */
  readonly #texts: readonly Texts[];

  constructor(records: Int32Array, texts: readonly Texts[]) {
    this.count = records.length / RECORD_WORDS;
    this.#records = records;
    this.#texts = texts;
  }

  fault(i: number): KvpError | undefined {
    const status = this.#word(i, table.DECODED_STATUS);
    return status === 0 ? undefined : recordFault(status, this.#word(i, table.DECODED_OFFSET));
  }
  operation(i: number): number {
    return this.#word(i, table.DECODED_OPERATION);
  }
  pool(i: number): number {
    return this.#word(i, table.DECODED_POOL);
  }
  index(i: number): number {
    return this.#word(i, table.DECODED_INDEX) >>> 0;
  }
  valueType(i: number): number {
    return this.#word(i, table.DECODED_TYPE) >>> 0;
  }
  status(i: number): number {
    return this.#word(i, table.DECODED_IC_STATUS) >>> 0;
  }
  transaction(i: number): number {
    return this.#word(i, table.DECODED_TRANSACTION);
  }
  key(i: number): string {
    return this.#text(i, this.#word(i, table.DECODED_KEY), this.#word(i, table.DECODED_KEY_UNITS));
  }
  value(i: number): string | number | bigint {
    const type = this.valueType(i);
    const first = this.#word(i, table.DECODED_VALUE);
    const second = this.#word(i, table.DECODED_VALUE_UNITS);
    if (type === VALUE_TYPE_U32) return first >>> 0;
    if (type === VALUE_TYPE_U64 || type === VALUE_TYPE_QWORD) {
      return (BigInt(second >>> 0) << 32n) | BigInt(first >>> 0);
    }
    return this.#text(i, first, second);
  }

  #text(i: number, at: number, length: number): string {
    return this.#texts[Math.floor(i / CHUNK_MESSAGES)]!.slice(at, length);
  }

  #word(i: number, field: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.count) throw wrong('i', `a message from 0 to ${this.count - 1}`, i);
    return this.#records[i * RECORD_WORDS + field / 4]!;
  }
}

/** Decodes batches on one engine, in memory that it keeps. */
export class BatchDecoder {
  readonly #engine: Engine;
  readonly #sources: Scratch;
  readonly #tables: Scratch;
  readonly #arena: Scratch;
  /** All of engine memory, where there is Node's Buffer. */
  readonly #bytes: Buffer | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    if (typeof Buffer === 'function') this.#bytes = Buffer.from(engine.memory.buffer);
    this.#sources = new Scratch(engine.memory);
    this.#tables = new Scratch(engine.memory);
    this.#arena = new Scratch(engine.memory);
  }

  /** Gives all memory back; the next batch gets other. */
  free(): void {
    for (const scratch of [this.#sources, this.#tables, this.#arena]) scratch.free();
  }

  /** Decodes 1 to 4,096 payloads. */
  decode(payloads: readonly Uint8Array[]): DecodedBatch {
    const count = batchCount(payloads);
    if (count === 1) {
      requirePayload(payloads[0]!);
      const single = decodeSingle(payloads[0]!);
      if (single !== undefined) return single;
    }
    const { memory } = this.#engine;
    const { u8, i32 } = memory;
    const stride = slotStride(payloads);
    const sources = this.#sources.take(Math.min(count, CHUNK_MESSAGES) * stride);
    const packets = this.#tables.take(CHUNK_MESSAGES * (table.PACKET_RECORD_BYTES + table.DECODED_RECORD_BYTES));
    const records = packets + CHUNK_MESSAGES * table.PACKET_RECORD_BYTES;
    const arenaUnits = SLICE_UNITS + MESSAGE_UNITS;
    const arena = this.#arena.take(2 * arenaUnits);
    const decoded = new Int32Array(count * RECORD_WORDS);
    const texts: Texts[] = [];
    for (let first = 0; first < count; first += CHUNK_MESSAGES) {
      const part = Math.min(CHUNK_MESSAGES, count - first);
      for (let i = 0; i < part; i++) {
        const payload = payloads[first + i]!;
        u8.set(payload, sources + i * stride);
        const packet = (packets + i * table.PACKET_RECORD_BYTES) >> 2;
        i32[packet + table.PACKET_PAYLOAD / 4] = sources + i * stride;
        i32[packet + table.PACKET_PAYLOAD_BYTES / 4] = payload.length;
      }
      this.#engine.decodeBatch(packets, part, records, arena, arenaUnits);
      const words = part * RECORD_WORDS;
      const from = records >> 2;
      const to = first * RECORD_WORDS;
      if (words > LOOP_WORDS) decoded.set(i32.subarray(from, from + words), to);
      else for (let word = 0; word < words; word++) decoded[to + word] = i32[from + word]!;
      texts.push(new Texts(memory, this.#bytes, arena, usedUnits(decoded, to, to + words)));
    }
    return new ArenaBatch(decoded, texts);
  }
}

/** Where the last text of a run ends: they stand in the order of the messages. */
function usedUnits(words: Int32Array, first: number, end: number): number {
  for (let record = end - RECORD_WORDS; record >= first; record -= RECORD_WORDS) {
    const word = (field: number): number => words[record + field / 4]!;
    const key = word(table.DECODED_KEY) + word(table.DECODED_KEY_UNITS);
    const type = word(table.DECODED_TYPE);
    const isNumber = type === VALUE_TYPE_U32 || type === VALUE_TYPE_U64 || type === VALUE_TYPE_QWORD;
    const used = isNumber ? key : Math.max(key, word(table.DECODED_VALUE) + word(table.DECODED_VALUE_UNITS));
    // A message without texts, or that could not be decoded, says nothing of those before.
    if (used > 0) return used;
  }
  return 0;
}
