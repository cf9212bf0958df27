/** Many requests encoded in one engine call: the strings go into one arena, the framing is the engine's. */
import type { Engine } from '../engine/engine.js';
import type { Region } from '../engine/memory.js';
import { KvpError, MisuseError } from '../errors.js';
import * as table from '../wire/engine.js';
import * as kvp from '../wire/kvp.js';
import { HEADERS_BYTES } from '../wire/payload.js';
import { MAX_BATCH_MESSAGES } from './batch-translate.js';

const PAYLOAD_BYTES = HEADERS_BYTES + kvp.KVP_MESSAGE_BYTES;
/** A multiple of 64 that holds a payload. */
const STRIDE = 2624;

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

/** What the last call produced, by engine; given back at the next call. */
const outputs = new WeakMap<Engine, Region>();

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

/**
 * Encodes 1 to 4,096 requests. The payloads are views of engine memory, good until the next call on this engine.
 * @throws KvpError ERR_LIMIT_KEY (255 units), ERR_LIMIT_VALUE (1,023 units)
 */
export function encodeMessages(
  engine: Engine,
  items: readonly EncodeItem[],
  { framework = { major: 3, minor: 0 }, version = { major: 4, minor: 0 }, transaction = 0 }: EncodeBatchOptions,
): Uint8Array[] {
  if (items.length === 0 || items.length > MAX_BATCH_MESSAGES) {
    throw new MisuseError(`a batch has 1 to ${MAX_BATCH_MESSAGES} messages, not ${items.length}`);
  }
  let text = '';
  for (const [i, item] of items.entries()) {
    checkLimits(item, i);
    text += (item.key ?? '') + (typeof item.value === 'string' ? item.value : '');
  }
  outputs.get(engine)?.free();
  const { memory } = engine;
  const output = memory.allocate(items.length * STRIDE);
  outputs.set(engine, output);
  const arena = memory.allocate(2 * text.length);
  const records = memory.allocate(items.length * table.ENCODE_RECORD_BYTES);
  const start = arena.address >> 1;
  for (let i = 0; i < text.length; i++) memory.u16[start + i] = text.charCodeAt(i);
  let at = 0;
  for (const [i, item] of items.entries()) {
    const set = (field: number, value: number): void => {
      memory.i32[(records.address + i * table.ENCODE_RECORD_BYTES + field) >> 2] = value;
    };
    set(table.ENCODE_OPERATION, item.operation);
    set(table.ENCODE_POOL, item.pool);
    set(table.ENCODE_INDEX, item.index ?? 0);
    set(table.ENCODE_TYPE, typeOf(item));
    set(table.ENCODE_KEY, at);
    set(table.ENCODE_KEY_UNITS, item.key?.length ?? -1);
    at += item.key?.length ?? 0;
    const { value } = item;
    if (typeof value === 'number' || typeof value === 'bigint') {
      const wide = BigInt.asUintN(64, BigInt(value));
      set(table.ENCODE_VALUE, Number(wide & 0xffffffffn));
      set(table.ENCODE_VALUE_UNITS, Number(wide >> 32n));
    } else {
      set(table.ENCODE_VALUE, at);
      set(table.ENCODE_VALUE_UNITS, value?.length ?? -1);
      at += value?.length ?? 0;
    }
    set(table.ENCODE_FRAMEWORK, framework.major | (framework.minor << 16));
    set(table.ENCODE_VERSION, version.major | (version.minor << 16));
    set(table.ENCODE_TRANSACTION, transaction);
    set(table.ENCODE_TARGET, output.address + i * STRIDE);
  }
  engine.encodeBatch(records.address, items.length, arena.address);
  arena.free();
  records.free();
  return items.map((_, i) =>
    memory.u8.subarray(output.address + i * STRIDE, output.address + i * STRIDE + PAYLOAD_BYTES),
  );
}
