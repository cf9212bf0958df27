/** Daemon answer → response payload; see assembly/daemon-to-host.ts. */
import {
  DAEMON_IP_ADAPTER,
  DAEMON_IP_ADAPTER_BYTES,
  DAEMON_IP_ADDRESSES,
  DAEMON_IP_DHCP,
  DAEMON_IP_DNS,
  DAEMON_IP_FAMILY,
  DAEMON_IP_GATEWAY_BYTES,
  DAEMON_IP_GATEWAYS,
  DAEMON_IP_LIST_BYTES,
  DAEMON_IP_SUBNETS,
} from '../../wire/daemon-message.js';
import {
  CAUSE_BINARY_IP,
  CAUSE_SHORT,
  POLICY_LINUX,
  RESPONSE_SPLIT,
  RESPONSE_UNKNOWN_HIGH,
  RESPONSE_UNKNOWN_LOW,
  RESULT_OFFSET,
  TRANSLATE_DIRTY_HIGH,
  TRANSLATE_DIRTY_LOW,
  TRANSLATE_RECORD_BYTES,
} from '../../wire/engine.js';
import * as ip from '../../wire/ip.js';
import * as kvp from '../../wire/kvp.js';
import {
  HEADERS_BYTES,
  IC_FLAGS,
  IC_FLAGS_RESPONSE,
  IC_MESSAGE_MAJOR,
  IC_STATUS,
  PIPE_HEADER_BYTES,
} from '../../wire/payload.js';
import { Status } from '../../wire/status.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';
import { clear } from './clear.js';
import { fail, resultWord } from './result.js';

const BINARY_IP_MAJOR = 5;
const RECORD_WORDS = TRANSLATE_RECORD_BYTES >> 2;
const DIRTY_LOW = TRANSLATE_DIRTY_LOW >> 2;
const DIRTY_HIGH = TRANSLATE_DIRTY_HIGH >> 2;
const COPY_LOOP_BYTES = 128;

export function daemonToHostKernel(
  memory: EngineMemory,
  utf8ToUtf16: EngineFunctions['utf8ToUtf16'],
): EngineFunctions['daemonToHost'] {
  const { u8, i32 } = memory;

  /** How far the response being made uses its two halves. */
  let usedLow = 0;
  let usedHigh = 0;

  /** Converts a daemon text into a field, zero behind it. Returns its units, or a negated cause. */
  function field(source: number, sourceBytes: number, target: number, fieldBytes: number, limit: number): number {
    const units = utf8ToUtf16(source, sourceBytes, target, limit, POLICY_LINUX);
    if (units >= 0) clear(u8, target + 2 * units, target + fieldBytes);
    return units;
  }

  function enumerateAnswer(answer: number, message: number, record: number): boolean {
    const keyAt = message + kvp.ENUMERATE_KEY;
    const key = utf8ToUtf16(answer + kvp.ENUMERATE_KEY, kvp.KEY_BYTES, keyAt, kvp.GUEST_KEY_UNITS, POLICY_LINUX);
    if (key < 0) return false;
    const from = answer + kvp.ENUMERATE_VALUE;
    const to = message + kvp.ENUMERATE_VALUE;
    const value = utf8ToUtf16(from, kvp.VALUE_BYTES, to, kvp.GUEST_VALUE_UNITS, POLICY_LINUX);
    if (value < 0) return false;
    usedLow = kvp.ENUMERATE_KEY + 2 * key;
    usedHigh = kvp.ENUMERATE_VALUE + 2 * value;
    clear(u8, message + usedLow, message + Math.min(i32[record + DIRTY_LOW]!, RESPONSE_SPLIT));
    clear(u8, message + usedHigh, message + Math.min(i32[record + DIRTY_HIGH]!, kvp.ENUMERATE_BODY_END));
    i32[(message + kvp.ENUMERATE_TYPE) >> 2] = kvp.VALUE_TYPE_STRING;
    i32[(message + kvp.ENUMERATE_KEY_SIZE) >> 2] = 2 * (key + 1);
    i32[(message + kvp.ENUMERATE_VALUE_SIZE) >> 2] = 2 * (value + 1);
    return true;
  }

  function getAnswer(answer: number, message: number, record: number, rest: number): boolean {
    const to = message + kvp.VALUE_VALUE;
    const value = utf8ToUtf16(answer + kvp.VALUE_VALUE, kvp.VALUE_BYTES, to, kvp.GUEST_VALUE_UNITS, POLICY_LINUX);
    if (value < 0) return false;
    const used = kvp.VALUE_VALUE + 2 * value;
    const dirty = Math.max(i32[record + DIRTY_HIGH]!, RESPONSE_SPLIT);
    clear(u8, message + used, message + Math.min(dirty, kvp.VALUE_BODY_END));
    // The last bytes of ENUMERATE's field lie behind this value: they are the request's own, or what the slot held before.
    const shared = RESPONSE_UNKNOWN_HIGH - kvp.VALUE_BODY_END;
    const isClean =
      rest === 0 ? dirty <= kvp.VALUE_BODY_END : rest >= shared && i32[(message + kvp.VALUE_BODY_END) >> 2] === 0;
    if (isClean) usedHigh = Math.max(used, RESPONSE_SPLIT);
    i32[(message + kvp.VALUE_TYPE) >> 2] = kvp.VALUE_TYPE_STRING;
    i32[(message + kvp.VALUE_VALUE_SIZE) >> 2] = 2 * (value + 1);
    return true;
  }

  function ipAnswer(answer: number, message: number): boolean {
    const list = (from: number, bytes: number, to: number, units: number): boolean =>
      field(answer + from, bytes, message + to, 2 * units, units) >= 0;
    u8[message + ip.IP_STRING_FAMILY] = u8[answer + DAEMON_IP_FAMILY]!;
    u8[message + ip.IP_STRING_DHCP] = u8[answer + DAEMON_IP_DHCP]!;
    return (
      list(DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER_BYTES, ip.IP_STRING_ADAPTER, ip.ADAPTER_ID_UNITS) &&
      list(DAEMON_IP_ADDRESSES, DAEMON_IP_LIST_BYTES, ip.IP_STRING_ADDRESSES, ip.IP_LIST_UNITS) &&
      list(DAEMON_IP_SUBNETS, DAEMON_IP_LIST_BYTES, ip.IP_STRING_SUBNETS, ip.IP_LIST_UNITS) &&
      list(DAEMON_IP_GATEWAYS, DAEMON_IP_GATEWAY_BYTES, ip.IP_STRING_GATEWAYS, ip.GATEWAY_LIST_UNITS) &&
      list(DAEMON_IP_DNS, DAEMON_IP_LIST_BYTES, ip.IP_STRING_DNS, ip.IP_LIST_UNITS)
    );
  }

  /** Copies the start of a request; a loop beats copyWithin for the few words before an ENUMERATE's key. */
  function copyHead(target: number, request: number, bytes: number): void {
    if (bytes > COPY_LOOP_BYTES || bytes % 4 !== 0) u8.copyWithin(target, request, request + bytes);
    else for (let word = 0; word < bytes >> 2; word++) i32[(target >> 2) + word] = i32[(request >> 2) + word]!;
  }

  function respond(record: number): number {
    const request = i32[record]!;
    const requestBytes = i32[record + 1]!;
    const answer = i32[record + 2]!;
    const target = i32[record + 3]!;
    if (requestBytes < HEADERS_BYTES + 2) return fail(i32, CAUSE_SHORT, requestBytes, HEADERS_BYTES + 2, requestBytes);
    let status = i32[answer >> 2]!;
    const message = target + HEADERS_BYTES;
    const operation = u8[request + HEADERS_BYTES]!;
    let kept = 0;
    let bodyEnd = 0;
    if (status === 0) {
      if (operation === kvp.OPERATION_ENUMERATE) {
        kept = kvp.ENUMERATE_KEY;
        bodyEnd = kvp.ENUMERATE_BODY_END;
      } else if (operation === kvp.OPERATION_GET) {
        kept = kvp.VALUE_VALUE;
        bodyEnd = kvp.VALUE_BODY_END;
      } else if (operation === kvp.OPERATION_GET_IP_INFO) {
        const version = request + PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR;
        if (u8[version]! >= BINARY_IP_MAJOR || u8[version + 1] !== 0) {
          return fail(i32, CAUSE_BINARY_IP, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR, 0, 0);
        }
        kept = ip.IP_STRING_ADAPTER;
        bodyEnd = ip.IP_MESSAGE_BYTES;
      }
    }
    // An answer that does not fit the request the host sent is no answer.
    if (requestBytes < HEADERS_BYTES + bodyEnd) {
      status = Status.Fail;
      bodyEnd = 0;
    }
    usedLow = RESPONSE_UNKNOWN_LOW;
    usedHigh = RESPONSE_UNKNOWN_HIGH;
    if (bodyEnd === 0) u8.copyWithin(target, request, request + requestBytes);
    else {
      const end = HEADERS_BYTES + bodyEnd;
      const rest = requestBytes - end;
      copyHead(target, request, HEADERS_BYTES + kept);
      if (rest > 0) u8.copyWithin(target + end, request + end, request + requestBytes);
      const ok =
        operation === kvp.OPERATION_ENUMERATE
          ? enumerateAnswer(answer, message, record)
          : operation === kvp.OPERATION_GET
            ? getAnswer(answer, message, record, rest)
            : ipAnswer(answer, message);
      if (!ok) {
        usedLow = RESPONSE_UNKNOWN_LOW;
        usedHigh = RESPONSE_UNKNOWN_HIGH;
        u8.copyWithin(target, request, request + requestBytes);
        status = Status.Fail;
      }
    }
    i32[(target + PIPE_HEADER_BYTES + IC_STATUS) >> 2] = status;
    u8[target + PIPE_HEADER_BYTES + IC_FLAGS] = IC_FLAGS_RESPONSE;
    i32[record + DIRTY_LOW] = usedLow;
    i32[record + DIRTY_HIGH] = usedHigh;
    return 0;
  }

  return (table, count) => {
    let good = 0;
    for (let record = table >> 2, left = count; left > 0; left--, record += RECORD_WORDS) {
      const status = respond(record);
      i32[record + 4] = status;
      if (status < 0) i32[record + 5] = i32[resultWord(RESULT_OFFSET)]!;
      else good++;
    }
    return good;
  };
}
