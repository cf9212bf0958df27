import {
  ENCODE_DIRTY_HIGH,
  ENCODE_DIRTY_LOW,
  ENCODE_FRAMEWORK,
  ENCODE_INDEX,
  ENCODE_KEY,
  ENCODE_KEY_UNITS,
  ENCODE_OPERATION,
  ENCODE_POOL,
  ENCODE_RECORD_BYTES,
  ENCODE_TARGET,
  ENCODE_TRANSACTION,
  ENCODE_TYPE,
  ENCODE_VALUE,
  ENCODE_VALUE_UNITS,
  ENCODE_VERSION,
  OVERSHOOT_BYTES,
} from '../src/wire/engine';
import {
  DELETE_KEY,
  DELETE_KEY_SIZE,
  ENUMERATE_INDEX,
  ENUMERATE_KEY,
  ENUMERATE_VALUE,
  HOST_KEY_UNITS,
  HOST_VALUE_UNITS,
  KVP_MESSAGE_BYTES,
  OPERATION_DELETE,
  OPERATION_ENUMERATE,
  VALUE_KEY,
  VALUE_KEY_SIZE,
  VALUE_TYPE,
  VALUE_TYPE_QWORD,
  VALUE_TYPE_U32,
  VALUE_TYPE_U64,
  VALUE_VALUE,
  VALUE_VALUE_SIZE,
} from '../src/wire/kvp';
import {
  HEADERS_BYTES,
  IC_FLAGS,
  IC_FLAGS_REQUEST,
  IC_MESSAGE_MAJOR,
  IC_SIZE,
  IC_TYPE,
  IC_TYPE_KVP,
  PIPE_HEADER_BYTES,
  PIPE_LENGTH,
  PIPE_TYPE_DATA,
} from '../src/wire/payload';
import { clear, copyOver } from './copy';

/** Puts a text from the arena at `target`, and up to 14 bytes more; returns its size in bytes without a NUL. */
// @ts-ignore: decorator
@inline
function putText(arena: usize, at: i32, units: i32, limit: i32, target: usize): i32 {
  const bytes = min(units, limit) << 1;
  copyOver(target, arena + ((<usize>at) << 1), bytes);
  return bytes;
}

/**
 * Encodes one request payload of operation 0 to 3, 2,608 bytes: all behind the texts is zero, provided that the record's
 * dirty words tell the truth.
 */
function encode(record: usize, arena: usize): void {
  const target = <usize>load<i32>(record, ENCODE_TARGET);
  const operation = load<i32>(record, ENCODE_OPERATION);
  store<u64>(target, PIPE_TYPE_DATA | ((<u64>(HEADERS_BYTES - PIPE_HEADER_BYTES + KVP_MESSAGE_BYTES)) << (8 * PIPE_LENGTH)));
  const ic = target + PIPE_HEADER_BYTES;
  store<u32>(ic, load<u32>(record, ENCODE_FRAMEWORK));
  store<u16>(ic, IC_TYPE_KVP, IC_TYPE);
  store<u32>(ic, load<u32>(record, ENCODE_VERSION), IC_MESSAGE_MAJOR);
  store<u16>(ic, KVP_MESSAGE_BYTES, IC_SIZE);
  store<u64>(ic, (<u64>(load<u32>(record, ENCODE_TRANSACTION) & 0xff)) << 32, IC_SIZE + 2);
  store<u8>(ic, <u8>IC_FLAGS_REQUEST, IC_FLAGS);
  const message = target + HEADERS_BYTES;
  store<u32>(message, operation | (load<i32>(record, ENCODE_POOL) << 8));
  const keyAt = load<i32>(record, ENCODE_KEY);
  const keyUnits = load<i32>(record, ENCODE_KEY_UNITS);
  if (operation == OPERATION_DELETE) {
    const key = putText(arena, keyAt, keyUnits, HOST_KEY_UNITS, message + DELETE_KEY);
    store<i32>(message, key + 2, DELETE_KEY_SIZE);
    finish(record, message, DELETE_KEY + key, VALUE_VALUE);
    return;
  }
  let shift: i32 = 0;
  if (operation == OPERATION_ENUMERATE) {
    shift = ENUMERATE_KEY - VALUE_KEY;
    store<u32>(message, load<u32>(record, ENCODE_INDEX), ENUMERATE_INDEX);
  }
  const body = message + <usize>shift;
  const type = load<i32>(record, ENCODE_TYPE);
  store<i32>(body, type, VALUE_TYPE);
  // A size of 0 says that there is no text at all, as in an ENUMERATE request; -1 units ask for it.
  let key: i32 = 0;
  if (keyUnits >= 0) key = putText(arena, keyAt, keyUnits, HOST_KEY_UNITS, body + VALUE_KEY);
  store<i32>(body, keyUnits >= 0 ? key + 2 : 0, VALUE_KEY_SIZE);
  if (shift != 0) {
    // The end of this key's field is where other operations' values begin.
    clear(message + <usize>max(ENUMERATE_KEY + key, VALUE_VALUE), message + ENUMERATE_VALUE);
  }
  let value: i32 = 0;
  let size: i32 = 0;
  if (type == VALUE_TYPE_U32) {
    store<u32>(body, load<u32>(record, ENCODE_VALUE), VALUE_VALUE);
    value = 4;
    size = 4;
  } else if (type == VALUE_TYPE_U64 || type == VALUE_TYPE_QWORD) {
    store<u64>(body, load<u64>(record, ENCODE_VALUE), VALUE_VALUE);
    value = 8;
    size = 8;
  } else {
    const units = load<i32>(record, ENCODE_VALUE_UNITS);
    if (units >= 0) {
      value = putText(arena, load<i32>(record, ENCODE_VALUE), units, HOST_VALUE_UNITS, body + VALUE_VALUE);
      size = value + 2;
    }
  }
  store<i32>(body, size, VALUE_VALUE_SIZE);
  finish(record, message, shift + VALUE_KEY + key, shift + VALUE_VALUE + value);
}

/** Clears what the slot held, and the copies left, behind key and value; keeps how far the message is used. */
// @ts-ignore: decorator
@inline
function finish(record: usize, message: usize, usedLow: i32, usedHigh: i32): void {
  const dirtyLow = max(load<i32>(record, ENCODE_DIRTY_LOW), usedLow + OVERSHOOT_BYTES);
  const dirtyHigh = max(load<i32>(record, ENCODE_DIRTY_HIGH), usedHigh + OVERSHOOT_BYTES);
  clear(message + <usize>usedLow, message + <usize>min(dirtyLow, VALUE_VALUE));
  clear(message + <usize>usedHigh, message + <usize>min(dirtyHigh, KVP_MESSAGE_BYTES));
  store<i32>(record, usedLow, ENCODE_DIRTY_LOW);
  store<i32>(record, usedHigh, ENCODE_DIRTY_HIGH);
}

/** Encodes the messages of the table, each at its own target. */
export function encodeBatch(table: usize, count: i32, arena: usize): void {
  for (; count > 0; count--, table += ENCODE_RECORD_BYTES) encode(table, arena);
}
