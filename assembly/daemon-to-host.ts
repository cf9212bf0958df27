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
import { textToUtf16 } from './field-text';
import { utf8ToUtf16 } from './utf8';

const STATUS_FAIL: u32 = 0x80004005;
const BINARY_IP_MAJOR: u32 = 5;

/** Converts a daemon text into a field of the host message, zero behind it. Returns its units, or a negated cause. */
function field(source: usize, sourceBytes: i32, target: usize, fieldBytes: i32, unitLimit: i32): i32 {
  const units = utf8ToUtf16(source, sourceBytes, target, unitLimit, POLICY_LINUX);
  if (units >= 0) clear(target + ((<usize>units) << 1), target + <usize>fieldBytes);
  return units;
}

function list(source: usize, sourceBytes: i32, target: usize, units: i32): bool {
  return field(source, sourceBytes, target, units << 1, units) >= 0;
}

/** Keeps how far the response uses the target's two halves. */
// @ts-ignore: decorator
@inline
function keepUsed(record: usize, low: i32, high: i32): void {
  store<i32>(record, low, TRANSLATE_DIRTY_LOW);
  store<i32>(record, high, TRANSLATE_DIRTY_HIGH);
}

// @ts-ignore: decorator
@inline
function stamp(target: usize, status: u32): i32 {
  store<u32>(target, status, PIPE_HEADER_BYTES + IC_STATUS);
  store<u8>(target, <u8>IC_FLAGS_RESPONSE, PIPE_HEADER_BYTES + IC_FLAGS);
  return 0;
}

/** What stands before the fields of an ENUMERATE request: 48 bytes. */
// @ts-ignore: decorator
@inline
function copyEnumerateHead(target: usize, request: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(target, v128.load(request));
    v128.store(target, v128.load(request, 16), 16);
    v128.store(target, v128.load(request, 32), 32);
  } else copyHead(target, request, HEADERS_BYTES + ENUMERATE_KEY);
}

// @ts-ignore: decorator
@inline
function copyHead(target: usize, request: usize, bytes: i32): void {
  copyWords(target, request, bytes & ~7);
  // The last word overlaps the one before where the fields do not begin at a multiple of 8.
  store<u64>(target + <usize>bytes - 8, load<u64>(request + <usize>bytes - 8));
}

/** What the request has behind the answer's fields. */
// @ts-ignore: decorator
@inline
function copyRest(target: usize, request: usize, requestBytes: i32, end: i32): void {
  if (requestBytes > end) memory.copy(target + <usize>end, request + <usize>end, requestBytes - end);
}

/** Answers an ENUMERATE; false when the answer does not fit the request that the host sent, or is no UTF-8. */
// @ts-ignore: decorator
@inline
function enumerateAnswer(record: usize, request: usize, requestBytes: i32, answer: usize, target: usize): bool {
  const end = HEADERS_BYTES + ENUMERATE_BODY_END;
  if (requestBytes < end) return false;
  const message = target + HEADERS_BYTES;
  copyEnumerateHead(target, request);
  copyRest(target, request, requestBytes, end);
  const key = textToUtf16(answer + ENUMERATE_KEY, KEY_BYTES, message + ENUMERATE_KEY, GUEST_KEY_UNITS);
  if (key < 0) return false;
  const value = textToUtf16(answer + ENUMERATE_VALUE, VALUE_BYTES, message + ENUMERATE_VALUE, GUEST_VALUE_UNITS);
  if (value < 0) return false;
  const low = ENUMERATE_KEY + (key << 1);
  const high = ENUMERATE_VALUE + (value << 1);
  clearBehind(message, low, load<i32>(record, TRANSLATE_DIRTY_LOW), RESPONSE_SPLIT, OVERSHOOT_WIDE_BYTES);
  clearBehind(message, high, load<i32>(record, TRANSLATE_DIRTY_HIGH), ENUMERATE_BODY_END, OVERSHOOT_WIDE_BYTES);
  store<i32>(message, VALUE_TYPE_STRING, ENUMERATE_TYPE);
  store<i32>(message, (key + 1) << 1, ENUMERATE_KEY_SIZE);
  store<i32>(message, (value + 1) << 1, ENUMERATE_VALUE_SIZE);
  keepUsed(record, low, high);
  return true;
}

/** Answers a GET, likewise. */
function getAnswer(record: usize, request: usize, requestBytes: i32, answer: usize, target: usize): bool {
  const end = HEADERS_BYTES + VALUE_BODY_END;
  if (requestBytes < end) return false;
  const message = target + HEADERS_BYTES;
  copyHead(target, request, HEADERS_BYTES + VALUE_VALUE);
  copyRest(target, request, requestBytes, end);
  const value = textToUtf16(answer + VALUE_VALUE, VALUE_BYTES, message + VALUE_VALUE, GUEST_VALUE_UNITS);
  if (value < 0) return false;
  const used = VALUE_VALUE + (value << 1);
  const dirty = max(load<i32>(record, TRANSLATE_DIRTY_HIGH), RESPONSE_SPLIT);
  clearBehind(message, used, dirty, VALUE_BODY_END, OVERSHOOT_WIDE_BYTES);
  store<i32>(message, VALUE_TYPE_STRING, VALUE_TYPE);
  store<i32>(message, (value + 1) << 1, VALUE_VALUE_SIZE);
  // The last bytes of ENUMERATE's field lie behind this value: they are the request's own, or what the slot held before.
  const rest = requestBytes - end;
  const isClean =
    rest == 0
      ? dirty <= VALUE_BODY_END
      : rest >= RESPONSE_UNKNOWN_HIGH - VALUE_BODY_END && load<u32>(message, VALUE_BODY_END) == 0;
  keepUsed(record, RESPONSE_UNKNOWN_LOW, isClean ? max(used, RESPONSE_SPLIT) : RESPONSE_UNKNOWN_HIGH);
  return true;
}

/** Answers a GET_IP_INFO with lists of strings, likewise. */
function ipAnswer(record: usize, request: usize, requestBytes: i32, answer: usize, target: usize): bool {
  const end = HEADERS_BYTES + IP_MESSAGE_BYTES;
  if (requestBytes < end) return false;
  const message = target + HEADERS_BYTES;
  memory.copy(target, request, HEADERS_BYTES + IP_STRING_ADAPTER);
  copyRest(target, request, requestBytes, end);
  keepUsed(record, RESPONSE_UNKNOWN_LOW, RESPONSE_UNKNOWN_HIGH);
  store<u8>(message, load<u8>(answer, DAEMON_IP_FAMILY), IP_STRING_FAMILY);
  store<u8>(message, load<u8>(answer, DAEMON_IP_DHCP), IP_STRING_DHCP);
  return (
    list(answer + DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER_BYTES, message + IP_STRING_ADAPTER, ADAPTER_ID_UNITS) &&
    list(answer + DAEMON_IP_ADDRESSES, DAEMON_IP_LIST_BYTES, message + IP_STRING_ADDRESSES, IP_LIST_UNITS) &&
    list(answer + DAEMON_IP_SUBNETS, DAEMON_IP_LIST_BYTES, message + IP_STRING_SUBNETS, IP_LIST_UNITS) &&
    list(answer + DAEMON_IP_GATEWAYS, DAEMON_IP_GATEWAY_BYTES, message + IP_STRING_GATEWAYS, GATEWAY_LIST_UNITS) &&
    list(answer + DAEMON_IP_DNS, DAEMON_IP_LIST_BYTES, message + IP_STRING_DNS, IP_LIST_UNITS)
  );
}

/** Makes one response. Returns 0 or a negated cause. */
// @ts-ignore: decorator
@inline
function respond(record: usize): i32 {
  const request = <usize>load<i32>(record, TRANSLATE_SOURCE);
  const requestBytes = load<i32>(record, TRANSLATE_SOURCE_BYTES);
  const answer = <usize>load<i32>(record, TRANSLATE_ANSWER);
  const target = <usize>load<i32>(record, TRANSLATE_TARGET);
  if (requestBytes < HEADERS_BYTES + 2) return fail(CAUSE_SHORT, requestBytes, HEADERS_BYTES + 2, requestBytes);
  let status = load<u32>(answer);
  if (status == 0) {
    const operation: u32 = load<u8>(request, HEADERS_BYTES);
    if (operation == OPERATION_ENUMERATE) {
      if (enumerateAnswer(record, request, requestBytes, answer, target)) return stamp(target, 0);
      status = STATUS_FAIL;
    } else if (operation == OPERATION_GET) {
      if (getAnswer(record, request, requestBytes, answer, target)) return stamp(target, 0);
      status = STATUS_FAIL;
    } else if (operation == OPERATION_GET_IP_INFO) {
      if (<u32>load<u16>(request, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR) >= BINARY_IP_MAJOR) {
        return fail(CAUSE_BINARY_IP, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR, 0, 0);
      }
      if (ipAnswer(record, request, requestBytes, answer, target)) return stamp(target, 0);
      status = STATUS_FAIL;
    }
  }
  memory.copy(target, request, requestBytes);
  keepUsed(record, RESPONSE_UNKNOWN_LOW, RESPONSE_UNKNOWN_HIGH);
  return stamp(target, status);
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
