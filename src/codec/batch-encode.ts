/** Many requests encoded in one engine call: the strings go into one arena, the framing is the engine's. */
import type { Engine } from '../engine/engine.js';
import { Scratch } from '../engine/scratch.js';
import { KvpError } from '../errors.js';
import * as table from '../wire/engine.js';
import * as kvp from '../wire/kvp.js';
import { HEADERS_BYTES } from '../wire/payload.js';
import { batchCount } from './batch-limits.js';
import { BatchSlots, type SlotsInUse } from './batch-slots.js';

const PAYLOAD_BYTES = HEADERS_BYTES + kvp.KVP_MESSAGE_BYTES;
/** A multiple of 64 that holds a payload. */
const STRIDE = 2624;
const FRAMEWORK = { major: 3, minor: 0 };
const VERSION = { major: 4, minor: 0 };
/** Up to this a loop is faster than Node's native write. */
const LOOP_UNITS = 12;

/** A request of operation 0 to 3. Number values are u32, bigint values u64 (type 11 unless `type` says 8). */
export interface EncodeItem {
  operation: number;
  pool: number;
  /** ENUMERATE only. */
  index?: number;
  key?: string;
  value?: string | number | bigint;
  /** Default by the kind of value: 1, 4 or 11. */
  type?: number;
}

export interface EncodeBatchOptions {
  /** Default 3.0. */
  framework?: { major: number; minor: number };
  /** Message version; default 4.0. */
  version?: { major: number; minor: number };
  transaction?: number;
}

function checkLimits({ key = '', value }: EncodeItem, i: number): void {
  if (key.length > kvp.HOST_KEY_UNITS) {
    throw new KvpError('ERR_LIMIT_KEY', { detail: `message ${i}`, expected: kvp.HOST_KEY_UNITS, actual: key.length });
  }
  if (typeof value === 'string' && value.length > kvp.HOST_VALUE_UNITS) {
    throw new KvpError('ERR_LIMIT_VALUE', {
      detail: `message ${i}`,
      expected: kvp.HOST_VALUE_UNITS,
      actual: value.length,
    });
  }
}

function typeOf({ type, value }: EncodeItem): number {
  if (type !== undefined) return type;
  if (typeof value === 'number') return kvp.VALUE_TYPE_U32;
  if (typeof value === 'bigint') return kvp.VALUE_TYPE_QWORD;
  return value === undefined ? 0 : kvp.VALUE_TYPE_STRING;
}

/** Encodes batches on one engine, in memory that it keeps. */
export class BatchEncoder {
  readonly #engine: Engine;
  readonly #arena: Scratch;
  readonly #slots: BatchSlots;
  /** The slots of the call before and a view for each: making one takes as long as encoding. */
  #used: SlotsInUse | undefined;
  #payloads: readonly Uint8Array[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#arena = new Scratch(engine.memory);
    this.#slots = new BatchSlots(engine.memory, table.ENCODE_RECORD_BYTES);
  }

  /**
   * Encodes 1 to 4,096 requests. The payloads are views of engine memory, to read from until the next call.
   * @throws KvpError ERR_LIMIT_KEY (255 units), ERR_LIMIT_VALUE (1,023 units)
   */
  encode(items: readonly EncodeItem[], options: EncodeBatchOptions): Uint8Array[] {
    const count = batchCount(items);
    const arena = this.#putTexts(items);
    const records = this.#recordsFor(count);
    const { framework = FRAMEWORK, version = VERSION, transaction = 0 } = options;
    const { i32 } = this.#engine.memory;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const record = records + i * table.ENCODE_RECORD_BYTES;
      at = this.#putRecord(record, items[i]!, at);
      const word = record >> 2;
      i32[word + table.ENCODE_FRAMEWORK / 4] = framework.major | (framework.minor << 16);
      i32[word + table.ENCODE_VERSION / 4] = version.major | (version.minor << 16);
      i32[word + table.ENCODE_TRANSACTION / 4] = transaction;
    }
    this.#engine.encodeBatch(records, count, arena);
    return this.#payloads.slice(0, count);
  }

  /** Gives all memory back; the next batch gets other. */
  free(): void {
    this.#arena.free();
    this.#slots.free();
  }

  /** Address of the records of at least `count` slots, each with its target. */
  #recordsFor(count: number): number {
    const slots = this.#slots.take(count, STRIDE);
    if (slots === this.#used) return slots.records;
    const payloads: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      this.#set(slots.records + i * table.ENCODE_RECORD_BYTES, table.ENCODE_TARGET, slots.slots + i * STRIDE);
      payloads.push(slots.view.subarray(i * STRIDE, i * STRIDE + PAYLOAD_BYTES));
    }
    this.#used = slots;
    this.#payloads = payloads;
    return slots.records;
  }

  /** All keys and string values one after another in engine memory. */
  #putTexts(items: readonly EncodeItem[]): number {
    let text = '';
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      checkLimits(item, i);
      text += (item.key ?? '') + (typeof item.value === 'string' ? item.value : '');
    }
    const arena = this.#arena.take(2 * text.length);
    const { u16, buffer } = this.#engine.memory;
    if (typeof Buffer === 'function' && text.length > LOOP_UNITS) {
      Buffer.from(buffer, arena, 2 * text.length).write(text, 'utf16le');
    } else for (let i = 0; i < text.length; i++) u16[(arena >> 1) + i] = text.charCodeAt(i);
    return arena;
  }

  /** Puts what is the item's own; returns where the next item's texts begin. */
  #putRecord(record: number, item: EncodeItem, start: number): number {
    const { key, value } = item;
    let at = start;
    this.#set(record, table.ENCODE_OPERATION, item.operation);
    this.#set(record, table.ENCODE_POOL, item.pool);
    this.#set(record, table.ENCODE_INDEX, item.index ?? 0);
    this.#set(record, table.ENCODE_TYPE, typeOf(item));
    this.#set(record, table.ENCODE_KEY, at);
    this.#set(record, table.ENCODE_KEY_UNITS, key?.length ?? -1);
    at += key?.length ?? 0;
    if (typeof value === 'number' || typeof value === 'bigint') {
      const wide = BigInt.asUintN(64, BigInt(value));
      this.#set(record, table.ENCODE_VALUE, Number(wide & 0xffffffffn));
      this.#set(record, table.ENCODE_VALUE_UNITS, Number(wide >> 32n));
      return at;
    }
    this.#set(record, table.ENCODE_VALUE, at);
    this.#set(record, table.ENCODE_VALUE_UNITS, value?.length ?? -1);
    return at + (value?.length ?? 0);
  }

  #set(record: number, field: number, value: number): void {
    this.#engine.memory.i32[(record + field) >> 2] = value;
  }
}
