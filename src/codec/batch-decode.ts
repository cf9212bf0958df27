/** Many payloads decoded in one engine call; strings are made late, from one slice of the arena. */
import type { Engine } from '../engine/engine.js';
import { recordFault } from '../engine/faults.js';
import { type KvpError, MisuseError } from '../errors.js';
import * as table from '../wire/engine.js';
import { KEY_BYTES, VALUE_BYTES, VALUE_TYPE_QWORD, VALUE_TYPE_U32, VALUE_TYPE_U64 } from '../wire/kvp.js';
import { MAX_BATCH_MESSAGES } from './batch-translate.js';

/** Units of one arena string: beyond 128 KiB a string becomes three times slower to make (perf.md 3). */
const SLICE_UNITS = 32 * 1024;
const MESSAGE_UNITS = (KEY_BYTES + VALUE_BYTES) / 2;
/** Messages per engine call, chosen so that their texts fill one slice at most. */
const CHUNK_MESSAGES = Math.floor(SLICE_UNITS / (MESSAGE_UNITS + 8));
const RECORD_WORDS = table.DECODED_RECORD_BYTES / 4;
const CHARACTERS_PER_CALL = 4096;

/** UTF-16 as it is, lone surrogates too; Node's own slice where there is one. */
function makeString(units: Uint16Array): string {
  if (typeof Buffer === 'function') {
    return Buffer.from(units.buffer, units.byteOffset, units.byteLength).toString('utf16le');
  }
  let text = '';
  for (let at = 0; at < units.length; at += CHARACTERS_PER_CALL) {
    text += String.fromCharCode.apply(null, units.subarray(at, at + CHARACTERS_PER_CALL) as unknown as number[]);
  }
  return text;
}

/** Records and texts of a run of messages, copied out of engine memory: the batch stays good for ever. */
class Chunk {
  readonly records: Int32Array;
  readonly #units: Uint16Array;
  #text: string | undefined;

  constructor(records: Int32Array, units: Uint16Array) {
    this.records = records;
    this.#units = units;
  }

  slice(at: number, length: number): string {
    this.#text ??= makeString(this.#units);
    return this.#text.substring(at, at + length);
  }
}

export class DecodedBatch {
  readonly count: number;
  readonly #chunks: Chunk[];
  readonly #chunkMessages: number;

  constructor(count: number, chunks: Chunk[], chunkMessages: number) {
    this.count = count;
    this.#chunks = chunks;
    this.#chunkMessages = chunkMessages;
  }

  /** Why message `i` could not be decoded: ERR_CODEC_SHORT or ERR_CODEC_IC with an offset; undefined when it was. */
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
  /** ENUMERATE only, else 0. */
  index(i: number): number {
    return this.#word(i, table.DECODED_INDEX) >>> 0;
  }
  valueType(i: number): number {
    return this.#word(i, table.DECODED_TYPE) >>> 0;
  }
  /** The IC header's status. */
  status(i: number): number {
    return this.#word(i, table.DECODED_IC_STATUS) >>> 0;
  }
  /** The IC header's transaction id. */
  transaction(i: number): number {
    return this.#word(i, table.DECODED_TRANSACTION);
  }
  /** The key up to its NUL; operations 4 and above have none here. Lone surrogates stay. */
  key(i: number): string {
    return this.#chunk(i).slice(this.#word(i, table.DECODED_KEY), this.#word(i, table.DECODED_KEY_UNITS));
  }
  /** The value: a string, a number for type 4, a bigint for types 8 and 11. */
  value(i: number): string | number | bigint {
    const type = this.valueType(i);
    const first = this.#word(i, table.DECODED_VALUE);
    const second = this.#word(i, table.DECODED_VALUE_UNITS);
    if (type === VALUE_TYPE_U32) return first >>> 0;
    if (type === VALUE_TYPE_U64 || type === VALUE_TYPE_QWORD) {
      return (BigInt(second >>> 0) << 32n) | BigInt(first >>> 0);
    }
    return this.#chunk(i).slice(first, second);
  }

  #chunk(i: number): Chunk {
    const chunk = this.#chunks[Math.floor(i / this.#chunkMessages)];
    if (!(i >= 0 && i < this.count) || chunk === undefined) throw new MisuseError(`message ${i} of ${this.count}`);
    return chunk;
  }

  #word(i: number, field: number): number {
    return this.#chunk(i).records[(i % this.#chunkMessages) * RECORD_WORDS + field / 4]!;
  }
}

/** Decodes 1 to 4,096 payloads. */
export function decodeMessages(engine: Engine, payloads: readonly Uint8Array[]): DecodedBatch {
  if (payloads.length === 0 || payloads.length > MAX_BATCH_MESSAGES) {
    throw new MisuseError(`a batch has 1 to ${MAX_BATCH_MESSAGES} messages, not ${payloads.length}`);
  }
  const { memory } = engine;
  const stride = payloads.reduce((longest, payload) => Math.max(longest, payload.length + 64), 64) & ~63;
  const sources = memory.allocate(CHUNK_MESSAGES * stride);
  const packets = memory.allocate(CHUNK_MESSAGES * table.PACKET_RECORD_BYTES);
  const records = memory.allocate(CHUNK_MESSAGES * table.DECODED_RECORD_BYTES);
  const arena = memory.allocate(2 * (SLICE_UNITS + MESSAGE_UNITS));
  const chunks: Chunk[] = [];
  try {
    for (let first = 0; first < payloads.length; first += CHUNK_MESSAGES) {
      const part = payloads.slice(first, first + CHUNK_MESSAGES);
      for (const [i, payload] of part.entries()) {
        memory.u8.set(payload, sources.address + i * stride);
        const packet = (packets.address + i * table.PACKET_RECORD_BYTES) >> 2;
        memory.i32[packet + table.PACKET_PAYLOAD / 4] = sources.address + i * stride;
        memory.i32[packet + table.PACKET_PAYLOAD_BYTES / 4] = payload.length;
      }
      engine.decodeBatch(packets.address, part.length, records.address, arena.address, arena.bytes / 2);
      const words = memory.i32.slice(records.address >> 2, (records.address >> 2) + part.length * RECORD_WORDS);
      chunks.push(new Chunk(words, memory.u16.slice(arena.address >> 1, (arena.address >> 1) + usedUnits(words))));
    }
  } finally {
    for (const region of [sources, packets, records, arena]) region.free();
  }
  return new DecodedBatch(payloads.length, chunks, CHUNK_MESSAGES);
}

/** Where the last text of a run ends. */
function usedUnits(words: Int32Array): number {
  let end = 0;
  for (let record = 0; record < words.length; record += RECORD_WORDS) {
    const word = (field: number): number => words[record + field / 4]!;
    const type = word(table.DECODED_TYPE);
    end = Math.max(end, word(table.DECODED_KEY) + word(table.DECODED_KEY_UNITS));
    if (type !== VALUE_TYPE_U32 && type !== VALUE_TYPE_U64 && type !== VALUE_TYPE_QWORD) {
      end = Math.max(end, word(table.DECODED_VALUE) + word(table.DECODED_VALUE_UNITS));
    }
  }
  return end;
}
