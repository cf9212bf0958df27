/** Host message → daemon message; see assembly/host-to-daemon.ts. */
import {
  DAEMON_BODY,
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
  DIRTY_SPLIT,
  POLICY_LINUX,
  RESULT_OFFSET,
  TRANSLATE_RECORD_BYTES,
} from '../../wire/engine.js';
import * as ip from '../../wire/ip.js';
import * as kvp from '../../wire/kvp.js';
import { HEADERS_BYTES, IC_MESSAGE_MAJOR, PIPE_HEADER_BYTES } from '../../wire/payload.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';
import { clear } from './clear.js';
import { fail, resultWord } from './result.js';

const BINARY_IP_MAJOR = 5;
const RECORD_WORDS = TRANSLATE_RECORD_BYTES >> 2;

/** Body bytes that an operation needs; unknown operations need none. */
function neededBytes(operation: number): number {
  switch (operation) {
    case kvp.OPERATION_GET:
      return kvp.VALUE_VALUE;
    case kvp.OPERATION_SET:
      return kvp.VALUE_BODY_END;
    case kvp.OPERATION_DELETE:
      return kvp.DELETE_BODY_END;
    case kvp.OPERATION_ENUMERATE:
      return kvp.ENUMERATE_INDEX + 4;
    case kvp.OPERATION_GET_IP_INFO:
      return ip.IP_STRING_DHCP;
    case kvp.OPERATION_SET_IP_INFO:
      return ip.IP_MESSAGE_BYTES;
    default:
      return 2;
  }
}

export function hostToDaemonKernel(
  memory: EngineMemory,
  utf16ToUtf8: EngineFunctions['utf16ToUtf8'],
): EngineFunctions['hostToDaemon'] {
  const { u8, i32 } = memory;
  let usedLow = 0;
  let usedHigh = 0;

  /** Converts a text field and returns its UTF-8 bytes. The size the host states is in bytes and bounds the text. */
  function field(source: number, stated: number, fieldBytes: number, target: number, limit: number): number {
    const units = Math.min(stated >>> 0, fieldBytes) >> 1;
    return utf16ToUtf8(source, units, target, limit, POLICY_LINUX);
  }

  function writeDigits(target: number, digits: string): number {
    for (let i = 0; i < digits.length; i++) u8[target + i] = digits.charCodeAt(i);
    return digits.length;
  }

  function translateValue(message: number, target: number): void {
    const type = i32[(message + kvp.VALUE_TYPE) >> 2]! >>> 0;
    const source = message + kvp.VALUE_VALUE;
    const value = target + kvp.VALUE_VALUE;
    let bytes: number;
    if (type === kvp.VALUE_TYPE_STRING || type === kvp.VALUE_TYPE_EXPAND_STRING) {
      const stated = i32[(message + kvp.VALUE_VALUE_SIZE) >> 2]!;
      bytes = field(source, stated, kvp.VALUE_BYTES, value, kvp.VALUE_TEXT_BYTES);
    } else if (type === kvp.VALUE_TYPE_U32) bytes = writeDigits(value, String(i32[source >> 2]! >>> 0));
    else if (type === kvp.VALUE_TYPE_U64 || type === kvp.VALUE_TYPE_QWORD) {
      const low = BigInt(i32[source >> 2]! >>> 0);
      bytes = writeDigits(value, String((BigInt(i32[(source >> 2) + 1]! >>> 0) << 32n) | low));
    } else return;
    i32[(target + kvp.VALUE_VALUE_SIZE) >> 2] = bytes + 1;
    usedHigh = kvp.VALUE_VALUE + bytes;
  }

  function list(source: number, units: number, target: number, fieldBytes: number): void {
    const bytes = utf16ToUtf8(source, units, target, fieldBytes - 1, POLICY_LINUX);
    clear(u8, target + bytes, target + fieldBytes);
  }

  function translateIp(message: number, operation: number, target: number): void {
    list(message + ip.IP_STRING_ADAPTER, ip.ADAPTER_ID_UNITS, target + DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER_BYTES);
    u8[target + DAEMON_IP_FAMILY] = u8[message + ip.IP_STRING_FAMILY]!;
    usedLow = DAEMON_IP_FAMILY + 1;
    if (operation === kvp.OPERATION_GET_IP_INFO) return;
    u8[target + DAEMON_IP_DHCP] = u8[message + ip.IP_STRING_DHCP]!;
    list(message + ip.IP_STRING_ADDRESSES, ip.IP_LIST_UNITS, target + DAEMON_IP_ADDRESSES, DAEMON_IP_LIST_BYTES);
    list(message + ip.IP_STRING_SUBNETS, ip.IP_LIST_UNITS, target + DAEMON_IP_SUBNETS, DAEMON_IP_LIST_BYTES);
    list(message + ip.IP_STRING_GATEWAYS, ip.GATEWAY_LIST_UNITS, target + DAEMON_IP_GATEWAYS, DAEMON_IP_GATEWAY_BYTES);
    list(message + ip.IP_STRING_DNS, ip.IP_LIST_UNITS, target + DAEMON_IP_DNS, DAEMON_IP_LIST_BYTES);
    usedLow = DIRTY_SPLIT;
    usedHigh = DAEMON_IP_DNS + DAEMON_IP_LIST_BYTES;
  }

  function translate(source: number, sourceBytes: number, target: number): number {
    if (sourceBytes < HEADERS_BYTES + 2) return fail(i32, CAUSE_SHORT, sourceBytes, HEADERS_BYTES + 2, sourceBytes);
    const message = source + HEADERS_BYTES;
    const operation = u8[message]!;
    // The binary block has lengths of its own.
    const isIp = operation === kvp.OPERATION_GET_IP_INFO || operation === kvp.OPERATION_SET_IP_INFO;
    const version = source + PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR;
    if (isIp && (u8[version]! >= BINARY_IP_MAJOR || u8[version + 1] !== 0)) {
      return fail(i32, CAUSE_BINARY_IP, PIPE_HEADER_BYTES + IC_MESSAGE_MAJOR, 0, 0);
    }
    const needed = HEADERS_BYTES + neededBytes(operation);
    if (sourceBytes < needed) return fail(i32, CAUSE_SHORT, sourceBytes, needed, sourceBytes);
    i32[target >> 2] = operation | (u8[message + kvp.KVP_POOL]! << 8);
    usedLow = DAEMON_BODY;
    usedHigh = DIRTY_SPLIT;
    if (operation === kvp.OPERATION_SET || operation === kvp.OPERATION_GET) {
      i32[(target + kvp.VALUE_TYPE) >> 2] = 0;
      i32[(target + kvp.VALUE_VALUE_SIZE) >> 2] = operation === kvp.OPERATION_GET ? kvp.VALUE_BYTES : 0;
      const stated = i32[(message + kvp.VALUE_KEY_SIZE) >> 2]!;
      const key = field(message + kvp.VALUE_KEY, stated, kvp.KEY_BYTES, target + kvp.VALUE_KEY, kvp.KEY_TEXT_BYTES);
      i32[(target + kvp.VALUE_KEY_SIZE) >> 2] = key + 1;
      usedLow = kvp.VALUE_KEY + key;
      if (operation === kvp.OPERATION_SET) translateValue(message, target);
    } else if (operation === kvp.OPERATION_DELETE) {
      const stated = i32[(message + kvp.DELETE_KEY_SIZE) >> 2]!;
      const key = field(message + kvp.DELETE_KEY, stated, kvp.KEY_BYTES, target + kvp.DELETE_KEY, kvp.KEY_TEXT_BYTES);
      i32[(target + kvp.DELETE_KEY_SIZE) >> 2] = key + 1;
      usedLow = kvp.DELETE_KEY + key;
    } else if (operation === kvp.OPERATION_ENUMERATE) {
      i32[(target + kvp.ENUMERATE_INDEX) >> 2] = i32[(message + kvp.ENUMERATE_INDEX) >> 2]!;
      usedLow = kvp.ENUMERATE_INDEX + 4;
    } else if (isIp) translateIp(message, operation, target);
    return 0;
  }

  return (table, count, messageBytes) => {
    let good = 0;
    for (let record = table >> 2, left = count; left > 0; left--, record += RECORD_WORDS) {
      const target = i32[record + 3]!;
      const status = translate(i32[record]!, i32[record + 1]!, target);
      i32[record + 4] = status;
      if (status < 0) {
        i32[record + 5] = i32[resultWord(RESULT_OFFSET)]!;
        continue;
      }
      clear(u8, target + usedLow, target + i32[record + 6]!);
      clear(u8, target + usedHigh, target + Math.min(i32[record + 7]!, messageBytes));
      i32[record + 6] = usedLow;
      i32[record + 7] = usedHigh;
      good++;
    }
    return good;
  };
}
