/** Batches of messages between payloads, records and a text arena; see assembly/decode.ts and assembly/encode.ts. */
import * as table from '../../wire/engine.js';
import * as kvp from '../../wire/kvp.js';
import {
  HEADERS_BYTES,
  IC_FLAGS_REQUEST,
  IC_STATUS,
  IC_TRANSACTION,
  IC_TYPE,
  IC_TYPE_KVP,
  PIPE_HEADER_BYTES,
  PIPE_TYPE_DATA,
} from '../../wire/payload.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';
import { clear } from './clear.js';

const MESSAGE_UNITS = (kvp.KEY_BYTES + kvp.VALUE_BYTES) >> 1;
const VECTOR_UNITS = 8;
const COPY_LOOP_UNITS = 32;
/** From here on it is faster to look for the NUL first and to copy natively then. */
const NATIVE_COPY_UNITS = 128;

const isU64 = (type: number): boolean => type === kvp.VALUE_TYPE_U64 || type === kvp.VALUE_TYPE_QWORD;

export function batchKernels(memory: EngineMemory): Pick<EngineFunctions, 'decodeBatch' | 'encodeBatch'> {
  const { u8, u16, i32 } = memory;

  /** Copies a text up to its first NUL or the end of its stated size; returns its units. */
  function copyText(source: number, stated: number, fieldBytes: number, target: number): number {
    const units = Math.min(stated >>> 0, fieldBytes) >> 1;
    const from = source >> 1;
    const to = target >> 1;
    const native = units > NATIVE_COPY_UNITS;
    let i = 0;
    if ((source & 3) === 0) {
      for (let word = source >> 2; i + 1 < units; i += 2) {
        const pair = i32[word++]!;
        if (((pair - 0x10001) & ~pair & 0x80008000) !== 0) break;
        if (native) continue;
        u16[to + i] = pair;
        u16[to + i + 1] = pair >>> 16;
      }
    }
    if (native) u16.copyWithin(to, from, from + i);
    for (; i < units; i++) {
      const unit = u16[from + i]!;
      if (unit === 0) break;
      u16[to + i] = unit;
    }
    return i;
  }

  function decode(payload: number, bytes: number, record: number, arena: number, start: number): number {
    let used = start;
    const set = (field: number, value: number): void => {
      i32[(record + field) >> 2] = value;
    };
    const refuse = (cause: number, offset: number): number => {
      set(table.DECODED_STATUS, -cause);
      set(table.DECODED_OFFSET, offset);
      return used;
    };
    i32.fill(0, record >> 2, (record + table.DECODED_RECORD_BYTES) >> 2);
    if (bytes < HEADERS_BYTES + 2) return refuse(table.CAUSE_SHORT, bytes);
    set(table.DECODED_IC_STATUS, i32[(payload + PIPE_HEADER_BYTES + IC_STATUS) >> 2]!);
    set(table.DECODED_TRANSACTION, u8[payload + PIPE_HEADER_BYTES + IC_TRANSACTION]!);
    if (u16[(payload + PIPE_HEADER_BYTES + IC_TYPE) >> 1] !== IC_TYPE_KVP) {
      return refuse(table.CAUSE_NOT_KVP, PIPE_HEADER_BYTES + IC_TYPE);
    }
    const message = payload + HEADERS_BYTES;
    const operation = u8[message]!;
    set(table.DECODED_OPERATION, operation);
    set(table.DECODED_POOL, u8[message + kvp.KVP_POOL]!);
    if (operation > kvp.OPERATION_ENUMERATE) return used;
    const shift = operation === kvp.OPERATION_ENUMERATE ? kvp.ENUMERATE_KEY - kvp.VALUE_KEY : 0;
    const isDelete = operation === kvp.OPERATION_DELETE;
    if (bytes < HEADERS_BYTES + (isDelete ? kvp.DELETE_BODY_END : kvp.VALUE_BODY_END + shift)) {
      return refuse(table.CAUSE_SHORT, bytes);
    }
    set(table.DECODED_KEY, used);
    if (isDelete) {
      const stated = i32[(message + kvp.DELETE_KEY_SIZE) >> 2]!;
      const key = copyText(message + kvp.DELETE_KEY, stated, kvp.KEY_BYTES, arena + 2 * used);
      set(table.DECODED_KEY_UNITS, key);
      return used + key;
    }
    if (shift !== 0) set(table.DECODED_INDEX, i32[(message + kvp.ENUMERATE_INDEX) >> 2]!);
    const body = message + shift;
    const type = i32[(body + kvp.VALUE_TYPE) >> 2]!;
    set(table.DECODED_TYPE, type);
    const stated = i32[(body + kvp.VALUE_KEY_SIZE) >> 2]!;
    const key = copyText(body + kvp.VALUE_KEY, stated, kvp.KEY_BYTES, arena + 2 * used);
    set(table.DECODED_KEY_UNITS, key);
    used += key;
    const word = (body + kvp.VALUE_VALUE) >> 2;
    if (type === kvp.VALUE_TYPE_U32) set(table.DECODED_VALUE, i32[word]!);
    else if (isU64(type)) {
      set(table.DECODED_VALUE, i32[word]!);
      set(table.DECODED_VALUE_UNITS, i32[word + 1]!);
    } else {
      set(table.DECODED_VALUE, used);
      const size = i32[(body + kvp.VALUE_VALUE_SIZE) >> 2]!;
      const value = copyText(body + kvp.VALUE_VALUE, size, kvp.VALUE_BYTES, arena + 2 * used);
      set(table.DECODED_VALUE_UNITS, value);
      used += value;
    }
    return used;
  }

  /** Copies a text from the arena, at most `limit` units; returns its bytes. */
  function putText(arena: number, at: number, units: number, limit: number, target: number): number {
    const count = Math.min(units, limit);
    const from = (arena >> 1) + at;
    const to = target >> 1;
    if (count > COPY_LOOP_UNITS) u16.copyWithin(to, from, from + count);
    else for (let i = 0; i < count; i++) u16[to + i] = u16[from + i]!;
    return 2 * count;
  }

  function putValue(record: number, arena: number, type: number, body: number): number {
    const word = record >> 2;
    const value = (body + kvp.VALUE_VALUE) >> 2;
    const first = i32[word + (table.ENCODE_VALUE >> 2)]!;
    const second = i32[word + (table.ENCODE_VALUE_UNITS >> 2)]!;
    const setSize = (size: number): void => {
      i32[(body + kvp.VALUE_VALUE_SIZE) >> 2] = size;
    };
    if (type === kvp.VALUE_TYPE_U32 || isU64(type)) {
      i32[value] = first;
      if (type !== kvp.VALUE_TYPE_U32) i32[value + 1] = second;
      const bytes = type === kvp.VALUE_TYPE_U32 ? 4 : 8;
      setSize(bytes);
      return bytes;
    }
    if (second < 0) {
      setSize(0);
      return 0;
    }
    const bytes = putText(arena, first, second, kvp.HOST_VALUE_UNITS, body + kvp.VALUE_VALUE);
    setSize(bytes + 2);
    return bytes;
  }

  function encode(record: number, arena: number): void {
    const get = (field: number): number => i32[(record + field) >> 2]!;
    const target = get(table.ENCODE_TARGET);
    const operation = get(table.ENCODE_OPERATION);
    const head = target >> 2;
    const framework = get(table.ENCODE_FRAMEWORK);
    const version = get(table.ENCODE_VERSION);
    i32[head] = PIPE_TYPE_DATA;
    i32[head + 1] = HEADERS_BYTES - PIPE_HEADER_BYTES + kvp.KVP_MESSAGE_BYTES;
    i32[head + 2] = framework;
    i32[head + 3] = IC_TYPE_KVP | (version << 16);
    i32[head + 4] = (version >>> 16) | (kvp.KVP_MESSAGE_BYTES << 16);
    i32[head + 5] = 0;
    i32[head + 6] = (get(table.ENCODE_TRANSACTION) & 0xff) | (IC_FLAGS_REQUEST << 8);
    const message = target + HEADERS_BYTES;
    i32[message >> 2] = operation | (get(table.ENCODE_POOL) << 8);
    const keyUnits = get(table.ENCODE_KEY_UNITS);
    if (operation === kvp.OPERATION_DELETE) {
      const key = putText(arena, get(table.ENCODE_KEY), keyUnits, kvp.HOST_KEY_UNITS, message + kvp.DELETE_KEY);
      i32[(message + kvp.DELETE_KEY_SIZE) >> 2] = key + 2;
      finish(record, message, kvp.DELETE_KEY + key, kvp.VALUE_VALUE);
      return;
    }
    const shift = operation === kvp.OPERATION_ENUMERATE ? kvp.ENUMERATE_KEY - kvp.VALUE_KEY : 0;
    if (shift !== 0) {
      i32[(message + kvp.ENUMERATE_INDEX) >> 2] = get(table.ENCODE_INDEX);
      // The end of this key's field is where other operations' values begin.
      i32[(message + kvp.VALUE_VALUE) >> 2] = 0;
    }
    const body = message + shift;
    const type = get(table.ENCODE_TYPE);
    i32[(body + kvp.VALUE_TYPE) >> 2] = type;
    let key = 0;
    if (keyUnits >= 0) key = putText(arena, get(table.ENCODE_KEY), keyUnits, kvp.HOST_KEY_UNITS, body + kvp.VALUE_KEY);
    i32[(body + kvp.VALUE_KEY_SIZE) >> 2] = keyUnits >= 0 ? key + 2 : 0;
    const value = putValue(record, arena, type, body);
    finish(record, message, shift + kvp.VALUE_KEY + key, shift + kvp.VALUE_VALUE + value);
  }

  /** Clears what the slot held behind key and value; keeps how far the message is used. */
  function finish(record: number, message: number, usedLow: number, usedHigh: number): void {
    const low = (record + table.ENCODE_DIRTY_LOW) >> 2;
    const high = (record + table.ENCODE_DIRTY_HIGH) >> 2;
    clear(u8, message + usedLow, message + Math.min(i32[low]!, kvp.VALUE_VALUE));
    clear(u8, message + usedHigh, message + Math.min(i32[high]!, kvp.KVP_MESSAGE_BYTES));
    i32[low] = usedLow;
    i32[high] = usedHigh;
  }

  return {
    decodeBatch(packets, count, records, arena, arenaUnits) {
      let used = 0;
      let done = 0;
      for (; done < count && arenaUnits - used >= MESSAGE_UNITS + VECTOR_UNITS; done++) {
        const packet = (packets + done * table.PACKET_RECORD_BYTES) >> 2;
        const payload = i32[packet + (table.PACKET_PAYLOAD >> 2)]!;
        const bytes = i32[packet + (table.PACKET_PAYLOAD_BYTES >> 2)]!;
        used = decode(payload, bytes, records + done * table.DECODED_RECORD_BYTES, arena, used);
      }
      return done;
    },
    encodeBatch(records, count, arena) {
      for (let i = 0; i < count; i++) encode(records + i * table.ENCODE_RECORD_BYTES, arena);
    },
  };
}
