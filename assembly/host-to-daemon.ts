import {
  DAEMON_BODY,
  DAEMON_IP_ADAPTER,
  DAEMON_IP_ADAPTER_BYTES,
  DAEMON_IP_ADDRESSES,
  DAEMON_IP_DHCP,
  DAEMON_IP_DNS,
  DAEMON_IP_FAMILY,
  DAEMON_IP_GATEWAYS,
  DAEMON_IP_GATEWAY_BYTES,
  DAEMON_IP_LIST_BYTES,
  DAEMON_IP_SUBNETS,
} from '../src/wire/daemon-message';
import {
  CAUSE_BINARY_IP,
  CAUSE_SHORT,
  DIRTY_SPLIT,
  OVERSHOOT_BYTES,
  POLICY_LINUX,
  RESULT_BASE,
  RESULT_OFFSET,
  TRANSLATE_DIRTY_HIGH,
  TRANSLATE_DIRTY_LOW,
  TRANSLATE_OFFSET,
  TRANSLATE_RECORD_BYTES,
  TRANSLATE_SOURCE,
  TRANSLATE_SOURCE_BYTES,
  TRANSLATE_STATUS,
  TRANSLATE_TARGET,
} from '../src/wire/engine';
import {
  ADAPTER_ID_UNITS,
  GATEWAY_LIST_UNITS,
  IP_LIST_UNITS,
  IP_MESSAGE_BYTES,
  IP_STRING_ADAPTER,
  IP_STRING_ADDRESSES,
  IP_STRING_DHCP,
  IP_STRING_DNS,
  IP_STRING_FAMILY,
  IP_STRING_GATEWAYS,
  IP_STRING_SUBNETS,
} from '../src/wire/ip';
import {
  DELETE_BODY_END,
  DELETE_KEY,
  DELETE_KEY_SIZE,
  ENUMERATE_INDEX,
  KEY_BYTES,
  KEY_TEXT_BYTES,
  OPERATION_DELETE,
  OPERATION_ENUMERATE,
  OPERATION_GET,
  OPERATION_GET_IP_INFO,
  OPERATION_SET,
  OPERATION_SET_IP_INFO,
  VALUE_BODY_END,
  VALUE_BYTES,
  VALUE_KEY,
  VALUE_KEY_SIZE,
  VALUE_TEXT_BYTES,
  VALUE_TYPE,
  VALUE_TYPE_EXPAND_STRING,
  VALUE_TYPE_QWORD,
  VALUE_TYPE_STRING,
  VALUE_TYPE_U32,
  VALUE_TYPE_U64,
  VALUE_VALUE,
  VALUE_VALUE_SIZE,
} from '../src/wire/kvp';
import { HEADERS_BYTES, IC_MESSAGE_MAJOR, PIPE_HEADER_BYTES } from '../src/wire/payload';
import { clear, clearBehind } from './copy';
import { writeDecimal } from './decimal';
import { fail } from './result';
import { textToUtf8 } from './field-text';
import { utf16ToUtf8 } from './utf16';

/** First message version with the binary IP block. */
const BINARY_IP_MAJOR: u32 = 5;

/** Ends of what a message uses in each half of its target, in one number: two results stay in registers so. */
// @ts-ignore: decorator
@inline
function used(low: i32, high: i32): i32 {
  return low | (high << 16);
}

/** Converts a text field and returns its UTF-8 bytes. The size the host states is in bytes and bounds the text. */
// @ts-ignore: decorator
@inline
function field(source: usize, statedBytes: u32, fieldBytes: i32, target: usize, limit: i32): i32 {
  return textToUtf8(source, <i32>min(statedBytes, <u32>fieldBytes) >> 1, target, limit);
}

/** Fills the value of a SET and returns where it ends. */
// @ts-ignore: decorator
@inline
function translateValue(message: usize, target: usize): i32 {
  const type = load<u32>(message, VALUE_TYPE);
  const value = target + VALUE_VALUE;
  let bytes: i32 = 0;
  if (type == VALUE_TYPE_STRING || type == VALUE_TYPE_EXPAND_STRING) {
    bytes = field(message + VALUE_VALUE, load<u32>(message, VALUE_VALUE_SIZE), VALUE_BYTES, value, VALUE_TEXT_BYTES);
  } else if (type == VALUE_TYPE_U32) bytes = writeDecimal(value, load<u32>(message, VALUE_VALUE));
  else if (type == VALUE_TYPE_U64 || type == VALUE_TYPE_QWORD) bytes = writeDecimal(value, load<u64>(message, VALUE_VALUE));
  else return DIRTY_SPLIT;
  store<i32>(target, bytes + 1, VALUE_VALUE_SIZE);
  return VALUE_VALUE + bytes;
}

function translateIp(message: usize, operation: u32, target: usize): i32 {
  const adapter = utf16ToUtf8(
    message + IP_STRING_ADAPTER,
    ADAPTER_ID_UNITS,
    target + DAEMON_IP_ADAPTER,
    DAEMON_IP_ADAPTER_BYTES - 1,
    POLICY_LINUX,
  );
  clear(target + DAEMON_IP_ADAPTER + <usize>adapter, target + DAEMON_IP_FAMILY);
  store<u8>(target, load<u8>(message, IP_STRING_FAMILY), DAEMON_IP_FAMILY);
  if (operation == OPERATION_GET_IP_INFO) return used(DAEMON_IP_FAMILY + 1, DIRTY_SPLIT);
  store<u8>(target, load<u8>(message, IP_STRING_DHCP), DAEMON_IP_DHCP);
  list(message + IP_STRING_ADDRESSES, IP_LIST_UNITS, target + DAEMON_IP_ADDRESSES, DAEMON_IP_LIST_BYTES);
  list(message + IP_STRING_SUBNETS, IP_LIST_UNITS, target + DAEMON_IP_SUBNETS, DAEMON_IP_LIST_BYTES);
  list(message + IP_STRING_GATEWAYS, GATEWAY_LIST_UNITS, target + DAEMON_IP_GATEWAYS, DAEMON_IP_GATEWAY_BYTES);
  list(message + IP_STRING_DNS, IP_LIST_UNITS, target + DAEMON_IP_DNS, DAEMON_IP_LIST_BYTES);
  return used(DIRTY_SPLIT, DAEMON_IP_DNS + DAEMON_IP_LIST_BYTES);
}

/** One list of addresses: text and zeros up to the end of its field. */
function list(source: usize, units: i32, target: usize, fieldBytes: i32): void {
  const bytes = utf16ToUtf8(source, units, target, fieldBytes - 1, POLICY_LINUX);
  clear(target + <usize>bytes, target + <usize>fieldBytes);
}

/** Says that a payload ends before what its operation needs of the message. */
function short(sourceBytes: i32, needed: i32): i32 {
  return fail(CAUSE_SHORT, sourceBytes, HEADERS_BYTES + needed, sourceBytes);
}

/** Operation and pool; the two bytes behind them are padding, or what the host left there. */
// @ts-ignore: decorator
@inline
function begin(message: usize, target: usize): void {
  store<u32>(target, load<u16>(message));
}

/**
 * Checks the length that the operation needs and fills the target's used part. Returns `used`, or a negated cause when
 * the target is as it was.
 */
// @ts-ignore: decorator
@inline
function translate(source: usize, sourceBytes: i32, target: usize): i32 {
  if (sourceBytes < HEADERS_BYTES + 2) return short(sourceBytes, 2);
  const message = source + HEADERS_BYTES;
  const operation: u32 = load<u8>(message);
  if (operation == OPERATION_SET || operation == OPERATION_GET) {
    const isSet = operation == OPERATION_SET;
    const needed = isSet ? VALUE_BODY_END : VALUE_VALUE;
    if (sourceBytes < HEADERS_BYTES + needed) return short(sourceBytes, needed);
    begin(message, target);
    // The value type is not forwarded: the daemon's values are all text.
    store<u64>(target, 0, VALUE_TYPE);
    store<i32>(target, isSet ? 0 : VALUE_BYTES, VALUE_VALUE_SIZE);
    const key = field(message + VALUE_KEY, load<u32>(message, VALUE_KEY_SIZE), KEY_BYTES, target + VALUE_KEY, KEY_TEXT_BYTES);
    store<i32>(target, key + 1, VALUE_KEY_SIZE);
    return used(VALUE_KEY + key, isSet ? translateValue(message, target) : DIRTY_SPLIT);
  }
  return translateOther(source, sourceBytes, operation, target);
}

/** Every operation but SET and GET, which are most of what a host sends. */
function translateOther(source: usize, sourceBytes: i32, operation: u32, target: usize): i32 {
  const message = source + HEADERS_BYTES;
  if (operation == OPERATION_ENUMERATE) {
    if (sourceBytes < HEADERS_BYTES + ENUMERATE_INDEX + 4) return short(sourceBytes, ENUMERATE_INDEX + 4);
    begin(message, target);
    store<u32>(target, load<u32>(message, ENUMERATE_INDEX), ENUMERATE_INDEX);
    return used(ENUMERATE_INDEX + 4, DIRTY_SPLIT);
  }
  if (operation == OPERATION_DELETE) {
    if (sourceBytes < HEADERS_BYTES + DELETE_BODY_END) return short(sourceBytes, DELETE_BODY_END);
    begin(message, target);
    const units = <i32>min(load<u32>(message, DELETE_KEY_SIZE), <u32>KEY_BYTES) >> 1;
    const key = utf16ToUtf8(message + DELETE_KEY, units, target + DELETE_KEY, KEY_TEXT_BYTES, POLICY_LINUX);
    store<i32>(target, key + 1, DELETE_KEY_SIZE);
    return used(DELETE_KEY + key, DIRTY_SPLIT);
  }
  if (operation == OPERATION_GET_IP_INFO || operation == OPERATION_SET_IP_INFO) {
    // The binary block has lengths of its own.
    if (<u32>load<u16>(source, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR) >= BINARY_IP_MAJOR) {
      return fail(CAUSE_BINARY_IP, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR, 0, 0);
    }
    const needed = operation == OPERATION_SET_IP_INFO ? IP_MESSAGE_BYTES : IP_STRING_DHCP;
    if (sourceBytes < HEADERS_BYTES + needed) return short(sourceBytes, needed);
    begin(message, target);
    return translateIp(message, operation, target);
  }
  begin(message, target);
  return used(DAEMON_BODY, DIRTY_SPLIT);
}

/**
 * Turns the host payloads of the table into daemon messages of `messageBytes` (7,432 or 7,430) and returns how many
 * went well; each record gets its own status. A target is zero but for this message, whatever was in it before,
 * provided that its dirty words tell the truth; a record that fails leaves its target as it was.
 */
export function hostToDaemon(table: usize, count: i32, messageBytes: i32): i32 {
  let good: i32 = 0;
  for (let record = table; count > 0; count--, record += TRANSLATE_RECORD_BYTES) {
    const target = <usize>load<i32>(record, TRANSLATE_TARGET);
    const made = translate(load<i32>(record, TRANSLATE_SOURCE), load<i32>(record, TRANSLATE_SOURCE_BYTES), target);
    store<i32>(record, min(made, 0), TRANSLATE_STATUS);
    if (made < 0) {
      store<i32>(record, load<i32>(RESULT_BASE, RESULT_OFFSET), TRANSLATE_OFFSET);
      continue;
    }
    const usedLow = made & 0xffff;
    const usedHigh = made >> 16;
    clearBehind(target, usedLow, load<i32>(record, TRANSLATE_DIRTY_LOW), DIRTY_SPLIT, OVERSHOOT_BYTES);
    clearBehind(target, usedHigh, load<i32>(record, TRANSLATE_DIRTY_HIGH), messageBytes, OVERSHOOT_BYTES);
    store<i32>(record, usedLow, TRANSLATE_DIRTY_LOW);
    store<i32>(record, usedHigh, TRANSLATE_DIRTY_HIGH);
    good++;
  }
  return good;
}
