import {
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
  OVERSHOOT_WIDE_BYTES,
  POLICY_LINUX,
  RESPONSE_SPLIT,
  RESPONSE_UNKNOWN_HIGH,
  RESPONSE_UNKNOWN_LOW,
  RESULT_BASE,
  RESULT_OFFSET,
  TRANSLATE_ANSWER,
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
  ENUMERATE_BODY_END,
  ENUMERATE_KEY,
  ENUMERATE_KEY_SIZE,
  ENUMERATE_TYPE,
  ENUMERATE_VALUE,
  ENUMERATE_VALUE_SIZE,
  GUEST_KEY_UNITS,
  GUEST_VALUE_UNITS,
  KEY_BYTES,
  OPERATION_ENUMERATE,
  OPERATION_GET,
  OPERATION_GET_IP_INFO,
  VALUE_BODY_END,
  VALUE_BYTES,
  VALUE_TYPE,
  VALUE_TYPE_STRING,
  VALUE_VALUE,
  VALUE_VALUE_SIZE,
} from '../src/wire/kvp';
import { HEADERS_BYTES, IC_FLAGS, IC_FLAGS_RESPONSE, IC_MESSAGE_MAJOR, IC_STATUS, PIPE_HEADER_BYTES } from '../src/wire/payload';
import { clear, clearBehind, copyWords } from './copy';
import { fail } from './result';
import { shortToUtf16 } from './short-ascii';
import { utf8ToUtf16 } from './utf8';

const STATUS_FAIL: u32 = 0x80004005;
const BINARY_IP_MAJOR: u32 = 5;

/** How far the response being made uses its two halves. */
let usedLow: i32 = 0;
let usedHigh: i32 = 0;

/** Converts a daemon text into a field of the host message, zero behind it. Returns its units, or a negated cause. */
function field(source: usize, sourceBytes: i32, target: usize, fieldBytes: i32, unitLimit: i32): i32 {
  const units = utf8ToUtf16(source, sourceBytes, target, unitLimit, POLICY_LINUX);
  if (units >= 0) clear(target + ((<usize>units) << 1), target + <usize>fieldBytes);
  return units;
}

/** Converts a daemon text that becomes a key or a value. Returns its units, or a negated cause. */
function text(source: usize, sourceBytes: i32, target: usize, unitLimit: i32): i32 {
  if (ASC_FEATURE_SIMD) {
    const short = shortToUtf16(source, target);
    if (short >= 0) return short;
  }
  return utf8ToUtf16(source, sourceBytes, target, unitLimit, POLICY_LINUX);
}

function enumerateAnswer(answer: usize, message: usize, record: usize): bool {
  const key = text(answer + ENUMERATE_KEY, KEY_BYTES, message + ENUMERATE_KEY, GUEST_KEY_UNITS);
  if (key < 0) return false;
  const value = text(answer + ENUMERATE_VALUE, VALUE_BYTES, message + ENUMERATE_VALUE, GUEST_VALUE_UNITS);
  if (value < 0) return false;
  usedLow = ENUMERATE_KEY + (key << 1);
  usedHigh = ENUMERATE_VALUE + (value << 1);
  clearBehind(message, usedLow, load<i32>(record, TRANSLATE_DIRTY_LOW), RESPONSE_SPLIT, OVERSHOOT_WIDE_BYTES);
  clearBehind(message, usedHigh, load<i32>(record, TRANSLATE_DIRTY_HIGH), ENUMERATE_BODY_END, OVERSHOOT_WIDE_BYTES);
  store<i32>(message, VALUE_TYPE_STRING, ENUMERATE_TYPE);
  store<i32>(message, (key + 1) << 1, ENUMERATE_KEY_SIZE);
  store<i32>(message, (value + 1) << 1, ENUMERATE_VALUE_SIZE);
  return true;
}

function getAnswer(answer: usize, message: usize, record: usize, rest: i32): bool {
  const value = text(answer + VALUE_VALUE, VALUE_BYTES, message + VALUE_VALUE, GUEST_VALUE_UNITS);
  if (value < 0) return false;
  const used = VALUE_VALUE + (value << 1);
  const dirty = max(load<i32>(record, TRANSLATE_DIRTY_HIGH), RESPONSE_SPLIT);
  clearBehind(message, used, dirty, VALUE_BODY_END, OVERSHOOT_WIDE_BYTES);
  // The request's own bytes behind the value lie within ENUMERATE's.
  if (rest == 0 || (rest >= RESPONSE_UNKNOWN_HIGH - VALUE_BODY_END && load<u32>(message, VALUE_BODY_END) == 0)) {
    usedHigh = max(used, RESPONSE_SPLIT);
  }
  store<i32>(message, VALUE_TYPE_STRING, VALUE_TYPE);
  store<i32>(message, (value + 1) << 1, VALUE_VALUE_SIZE);
  return true;
}

function list(source: usize, sourceBytes: i32, target: usize, units: i32): bool {
  return field(source, sourceBytes, target, units << 1, units) >= 0;
}

function ipAnswer(answer: usize, message: usize): bool {
  const ok =
    list(answer + DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER_BYTES, message + IP_STRING_ADAPTER, ADAPTER_ID_UNITS) &&
    list(answer + DAEMON_IP_ADDRESSES, DAEMON_IP_LIST_BYTES, message + IP_STRING_ADDRESSES, IP_LIST_UNITS) &&
    list(answer + DAEMON_IP_SUBNETS, DAEMON_IP_LIST_BYTES, message + IP_STRING_SUBNETS, IP_LIST_UNITS) &&
    list(answer + DAEMON_IP_GATEWAYS, DAEMON_IP_GATEWAY_BYTES, message + IP_STRING_GATEWAYS, GATEWAY_LIST_UNITS) &&
    list(answer + DAEMON_IP_DNS, DAEMON_IP_LIST_BYTES, message + IP_STRING_DNS, IP_LIST_UNITS);
  store<u8>(message, load<u8>(answer, DAEMON_IP_FAMILY), IP_STRING_FAMILY);
  store<u8>(message, load<u8>(answer, DAEMON_IP_DHCP), IP_STRING_DHCP);
  return ok;
}

/** What stands before the fields of an ENUMERATE request: 48 bytes. */
// @ts-ignore: decorator
@inline
function copyHead(target: usize, request: usize): void {
  v128.store(target, v128.load(request));
  v128.store(target, v128.load(request, 16), 16);
  v128.store(target, v128.load(request, 32), 32);
}

/** Copies the request, answers it, and stamps status and flags. Returns 0 or a negated cause. */
function respond(record: usize): i32 {
  const request = <usize>load<i32>(record, TRANSLATE_SOURCE);
  const requestBytes = load<i32>(record, TRANSLATE_SOURCE_BYTES);
  const answer = <usize>load<i32>(record, TRANSLATE_ANSWER);
  const target = <usize>load<i32>(record, TRANSLATE_TARGET);
  if (requestBytes < HEADERS_BYTES + 2) return fail(CAUSE_SHORT, requestBytes, HEADERS_BYTES + 2, requestBytes);
  let status = load<u32>(answer);
  const message = target + HEADERS_BYTES;
  const operation: u32 = load<u8>(request, HEADERS_BYTES);
  let bodyEnd: i32 = 0;
  // What of the message stands before the answer's fields and is kept, and where the answer ends.
  let kept: i32 = 0;
  if (status == 0) {
    if (operation == OPERATION_ENUMERATE) {
      kept = ENUMERATE_KEY;
      bodyEnd = ENUMERATE_BODY_END;
    } else if (operation == OPERATION_GET) {
      kept = VALUE_VALUE;
      bodyEnd = VALUE_BODY_END;
    } else if (operation == OPERATION_GET_IP_INFO) {
      if (<u32>load<u16>(request, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR) >= BINARY_IP_MAJOR) {
        return fail(CAUSE_BINARY_IP, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR, 0, 0);
      }
      kept = IP_STRING_ADAPTER;
      bodyEnd = IP_MESSAGE_BYTES;
    }
  }
  // An answer that does not fit the request the host sent is no answer.
  if (requestBytes < HEADERS_BYTES + bodyEnd) {
    status = STATUS_FAIL;
    bodyEnd = 0;
  }
  usedLow = RESPONSE_UNKNOWN_LOW;
  usedHigh = RESPONSE_UNKNOWN_HIGH;
  if (bodyEnd == 0) memory.copy(target, request, requestBytes);
  else {
    if (ASC_FEATURE_SIMD && operation == OPERATION_ENUMERATE) copyHead(target, request);
    else {
      copyWords(target, request, (HEADERS_BYTES + kept) & ~7);
      // The last word overlaps the one before where the fields do not begin at a multiple of 8.
      store<u64>(target + <usize>(HEADERS_BYTES + kept) - 8, load<u64>(request + <usize>(HEADERS_BYTES + kept) - 8));
    }
    const rest = requestBytes - HEADERS_BYTES - bodyEnd;
    if (rest > 0) memory.copy(message + <usize>bodyEnd, request + HEADERS_BYTES + <usize>bodyEnd, rest);
    const ok =
      operation == OPERATION_ENUMERATE
        ? enumerateAnswer(answer, message, record)
        : operation == OPERATION_GET
          ? getAnswer(answer, message, record, rest)
          : ipAnswer(answer, message);
    if (!ok) {
      usedLow = RESPONSE_UNKNOWN_LOW;
      usedHigh = RESPONSE_UNKNOWN_HIGH;
      memory.copy(target, request, requestBytes);
      status = STATUS_FAIL;
    }
  }
  store<u32>(target, status, PIPE_HEADER_BYTES + IC_STATUS);
  store<u8>(target, <u8>IC_FLAGS_RESPONSE, PIPE_HEADER_BYTES + IC_FLAGS);
  store<i32>(record, usedLow, TRANSLATE_DIRTY_LOW);
  store<i32>(record, usedHigh, TRANSLATE_DIRTY_HIGH);
  return 0;
}

/**
 * Turns daemon answers into response payloads, each as long as its request, and returns how many went well. Source,
 * answer and target are three disjoint areas; the record's dirty words must tell the truth about the target. Text that
 * cannot be converted is answered with E_FAIL and the request.
 */
export function daemonToHost(table: usize, count: i32): i32 {
  let good: i32 = 0;
  for (let record = table; count > 0; count--, record += TRANSLATE_RECORD_BYTES) {
    const status = respond(record);
    store<i32>(record, status, TRANSLATE_STATUS);
    if (status < 0) store<i32>(record, load<i32>(RESULT_BASE, RESULT_OFFSET), TRANSLATE_OFFSET);
    else good++;
  }
  return good;
}
