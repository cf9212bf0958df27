/** Many requests encoded in one engine call: the strings go into one arena, the framing is the engine's. */
import { requireObject, requireUnsigned, requireUnsigned64, wrong } from '../arguments.js';
import type { Engine } from '../engine/engine.js';
import { Scratch } from '../engine/scratch.js';
import * as table from '../wire/engine.js';
import * as kvp from '../wire/kvp.js';
import { HEADERS_BYTES } from '../wire/payload.js';
import { batchCount } from './batch-limits.js';
import { BatchSlots, type SlotsInUse } from './batch-slots.js';
import { placed } from './error-place.js';
import { HOST_KEY_LIMIT, HOST_VALUE_LIMIT, requireWithin, type TextLimit } from './limits.js';
import { encodable, isWellFormed } from './text.js';
import { requireVersion, type Version } from './version.js';

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
  framework?: Version;
  /** Message version; default 4.0. */
  version?: Version;
  transaction?: number;
}

/** Throws what {@link encodeKvp} throws for the same message: a number that would be cut, a text that would be. */
function checkItem(item: EncodeItem, i: number): void {
  if (typeof item !== 'object' || item === null) throw wrong(`items[${i}]`, 'an object', item);
  const { operation, pool, index = 0, key, value } = item;
  const type = typeOf(item);
  if (!Number.isInteger(operation) || operation < 0 || operation > kvp.OPERATION_ENUMERATE)
    throw wrong(`items[${i}].operation`, `a whole number from 0 to ${kvp.OPERATION_ENUMERATE}`, operation);
  // Templates make names, which cost more than the checks: only what fails pays for one.
  if (!isUnsigned(pool, 0xff)) requireUnsigned(`items[${i}].pool`, pool, 8);
  if (!isUnsigned(index, 0xffffffff)) requireUnsigned(`items[${i}].index`, index, 32);
  if (key !== undefined) checkText(key, HOST_KEY_LIMIT, i);
  else if (operation !== kvp.OPERATION_ENUMERATE) throw wrong(`items[${i}].key`, 'a text', key);
  if (value === undefined) {
    if (operation === kvp.OPERATION_SET || type !== 0)
      throw wrong(`items[${i}].value`, 'a text, a number or a bigint', value);
  } else if (typeof value === 'string') {
    checkText(value, HOST_VALUE_LIMIT, i);
    if (!isText(type)) throw wrong(`items[${i}].type`, 'a type of texts: 1 or 2', type);
  } else if (typeof value === 'number') {
    if (!isUnsigned(value, 0xffffffff)) requireUnsigned(`items[${i}].value`, value, 32);
    if (type !== kvp.VALUE_TYPE_U32) throw wrong(`items[${i}].type`, 'the type of numbers: 4', type);
  } else {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) requireUnsigned64(`items[${i}].value`, value);
    if (type !== kvp.VALUE_TYPE_U64 && type !== kvp.VALUE_TYPE_QWORD)
      throw wrong(`items[${i}].type`, 'a type of bigints: 8 or 11', type);
  }
}

const isUnsigned = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
const isText = (type: number): boolean => type === kvp.VALUE_TYPE_STRING || type === kvp.VALUE_TYPE_EXPAND_STRING;

/** Both limits; a text can only pass the bytes when it has a third as many units. */
function checkText(text: string, limit: TextLimit, i: number): void {
  if (typeof text !== 'string') throw wrong(`items[${i}].${limit.what}`, 'a text', text);
  if (text.length > limit.units || 3 * text.length > limit.bytes) requireWithin(text, limit, `message ${i}`);
}

function typeOf({ type, value }: EncodeItem): number {
  if (type !== undefined) return type;
  if (typeof value === 'number') return kvp.VALUE_TYPE_U32;
  if (typeof value === 'bigint') return kvp.VALUE_TYPE_QWORD;
  return value === undefined ? 0 : kvp.VALUE_TYPE_STRING;
}

/** A high surrogate at a text's end would look like half a pair when the next text begins with the other half. */
function endsInHighSurrogate({ key = '', value }: EncodeItem): boolean {
  return (
    isHighSurrogate(key.charCodeAt(key.length - 1)) ||
    (typeof value === 'string' && isHighSurrogate(value.charCodeAt(value.length - 1)))
  );
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;

/** Throws for the first text that holds a NUL or a lone surrogate. */
function refuseTexts(items: readonly EncodeItem[]): void {
  for (const [i, { key, value }] of items.entries()) {
    if (key !== undefined) placed(0, `message ${i}, key`, () => encodable(key, 'strict'));
    if (typeof value === 'string') placed(0, `message ${i}, value`, () => encodable(value, 'strict'));
  }
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
   * @throws KvpError ERR_LIMIT_KEY, ERR_LIMIT_VALUE, ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16; MisuseError for a number that
   *   its field cannot hold, a type that is not its value's, or fields that its operation needs
   */
  encode(items: readonly EncodeItem[], options: EncodeBatchOptions): Uint8Array[] {
    const count = batchCount(items);
    requireObject('options', options);
    const { framework = FRAMEWORK, version = VERSION, transaction = 0 } = options;
    requireVersion('framework', framework);
    requireVersion('version', version);
    requireUnsigned('transaction', transaction, 8);
    const arena = this.#putTexts(items);
    const records = this.#recordsFor(count);
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
      checkItem(item, i);
      text += (item.key ?? '') + (typeof item.value === 'string' ? item.value : '');
    }
    if (text.includes('\0') || !isWellFormed(text) || items.some(endsInHighSurrogate)) refuseTexts(items);
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
