import {
  CAUSE_NOT_KVP,
  CAUSE_SHORT,
  DECODED_IC_STATUS,
  DECODED_INDEX,
  DECODED_KEY,
  DECODED_KEY_UNITS,
  DECODED_OFFSET,
  DECODED_OPERATION,
  DECODED_POOL,
  DECODED_RECORD_BYTES,
  DECODED_STATUS,
  DECODED_TRANSACTION,
  DECODED_TYPE,
  DECODED_VALUE,
  DECODED_VALUE_UNITS,
  PACKET_PAYLOAD,
  PACKET_PAYLOAD_BYTES,
  PACKET_RECORD_BYTES,
} from '../src/wire/engine';
import {
  DELETE_BODY_END,
  DELETE_KEY,
  DELETE_KEY_SIZE,
  ENUMERATE_INDEX,
  ENUMERATE_KEY,
  KEY_BYTES,
  KVP_POOL,
  OPERATION_DELETE,
  OPERATION_ENUMERATE,
  VALUE_BODY_END,
  VALUE_BYTES,
  VALUE_KEY,
  VALUE_KEY_SIZE,
  VALUE_TYPE,
  VALUE_TYPE_QWORD,
  VALUE_TYPE_U32,
  VALUE_TYPE_U64,
  VALUE_VALUE,
  VALUE_VALUE_SIZE,
} from '../src/wire/kvp';
import { HEADERS_BYTES, IC_STATUS, IC_TRANSACTION, IC_TYPE, IC_TYPE_KVP, PIPE_HEADER_BYTES } from '../src/wire/payload';

/** Most units that one message puts into the arena; a vector store may run one vector further. */
const MESSAGE_UNITS: i32 = (KEY_BYTES + VALUE_BYTES) >> 1;
const VECTOR_UNITS: i32 = 8;

/** Copies a text up to its first NUL or the end of its stated size; returns its units. */
// @ts-ignore: decorator
@inline
function copyText(source: usize, statedBytes: u32, fieldBytes: i32, target: usize): i32 {
  const units = <i32>min(statedBytes, <u32>fieldBytes) >> 1;
  let i: i32 = 0;
  if (ASC_FEATURE_SIMD) {
    while (i < units) {
      const v = v128.load(source + ((<usize>i) << 1));
      v128.store(target + ((<usize>i) << 1), v);
      const nul = i16x8.bitmask(i16x8.eq(v, i16x8.splat(0)));
      if (nul != 0) return min(units, i + ctz(nul));
      i += VECTOR_UNITS;
    }
    return units;
  }
  while (i < units) {
    const unit = load<u16>(source + ((<usize>i) << 1));
    if (unit == 0) break;
    store<u16>(target + ((<usize>i) << 1), unit);
    i++;
  }
  return i;
}

/** DECODED_RECORD_BYTES zeros: 48 are too few for a fill, which is a call. */
// @ts-ignore: decorator
@inline
function clearRecord(record: usize): void {
  if (ASC_FEATURE_SIMD) {
    const zero = i64x2.splat(0);
    v128.store(record, zero);
    v128.store(record, zero, 16);
    v128.store(record, zero, 32);
  } else for (let word: i32 = 0; word < DECODED_RECORD_BYTES; word += 8) store<u64>(record + <usize>word, 0);
}

// @ts-ignore: decorator
@inline
function refuse(record: usize, cause: i32, offset: i32): void {
  store<i32>(record, -cause, DECODED_STATUS);
  store<i32>(record, offset, DECODED_OFFSET);
}

/** Decodes one payload; returns the arena units used so far. */
function decode(payload: usize, bytes: i32, record: usize, arena: usize, used: i32): i32 {
  clearRecord(record);
  if (bytes < HEADERS_BYTES + 2) {
    refuse(record, CAUSE_SHORT, bytes);
    return used;
  }
  store<u32>(record, load<u32>(payload, PIPE_HEADER_BYTES + IC_STATUS), DECODED_IC_STATUS);
  store<u32>(record, load<u8>(payload, PIPE_HEADER_BYTES + IC_TRANSACTION), DECODED_TRANSACTION);
  if (load<u16>(payload, PIPE_HEADER_BYTES + IC_TYPE) != IC_TYPE_KVP) {
    refuse(record, CAUSE_NOT_KVP, PIPE_HEADER_BYTES + IC_TYPE);
    return used;
  }
  const message = payload + HEADERS_BYTES;
  const operation: i32 = load<u8>(message);
  store<i32>(record, operation, DECODED_OPERATION);
  store<u32>(record, load<u8>(message, KVP_POOL), DECODED_POOL);
  if (operation > OPERATION_ENUMERATE) return used;
  const shift = operation == OPERATION_ENUMERATE ? ENUMERATE_KEY - VALUE_KEY : 0;
  const needed = HEADERS_BYTES + (operation == OPERATION_DELETE ? DELETE_BODY_END : VALUE_BODY_END + shift);
  if (bytes < needed) {
    refuse(record, CAUSE_SHORT, bytes);
    return used;
  }
  store<i32>(record, used, DECODED_KEY);
  if (operation == OPERATION_DELETE) {
    const key = copyText(message + DELETE_KEY, load<u32>(message, DELETE_KEY_SIZE), KEY_BYTES, arena + ((<usize>used) << 1));
    store<i32>(record, key, DECODED_KEY_UNITS);
    return used + key;
  }
  if (shift) store<u32>(record, load<u32>(message, ENUMERATE_INDEX), DECODED_INDEX);
  const body = message + <usize>shift;
  const type = load<u32>(body, VALUE_TYPE);
  store<u32>(record, type, DECODED_TYPE);
  const key = copyText(body + VALUE_KEY, load<u32>(body, VALUE_KEY_SIZE), KEY_BYTES, arena + ((<usize>used) << 1));
  store<i32>(record, key, DECODED_KEY_UNITS);
  used += key;
  if (type == VALUE_TYPE_U32) {
    store<u32>(record, load<u32>(body, VALUE_VALUE), DECODED_VALUE);
  } else if (type == VALUE_TYPE_U64 || type == VALUE_TYPE_QWORD) {
    store<u64>(record, load<u64>(body, VALUE_VALUE), DECODED_VALUE);
  } else {
    store<i32>(record, used, DECODED_VALUE);
    const value = copyText(body + VALUE_VALUE, load<u32>(body, VALUE_VALUE_SIZE), VALUE_BYTES, arena + ((<usize>used) << 1));
    store<i32>(record, value, DECODED_VALUE_UNITS);
    used += value;
  }
  return used;
}

/**
 * Decodes the payloads of a packet table into a table of decoded records and their texts into one arena, in order.
 * Returns how many were decoded: fewer than `count` when the arena could not surely hold the next one.
 */
export function decodeBatch(packets: usize, count: i32, records: usize, arena: usize, arenaUnits: i32): i32 {
  let used: i32 = 0;
  let done: i32 = 0;
  while (done < count && arenaUnits - used >= MESSAGE_UNITS + VECTOR_UNITS) {
    used = decode(load<i32>(packets, PACKET_PAYLOAD), load<i32>(packets, PACKET_PAYLOAD_BYTES), records, arena, used);
    packets += PACKET_RECORD_BYTES;
    records += DECODED_RECORD_BYTES;
    done++;
  }
  return done;
}
