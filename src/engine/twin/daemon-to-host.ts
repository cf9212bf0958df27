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
  RESULT_OFFSET,
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
import { fail, resultWord } from './result.js';

const BINARY_IP_MAJOR = 5;
const RECORD_WORDS = TRANSLATE_RECORD_BYTES >> 2;

export function daemonToHostKernel(
  memory: EngineMemory,
  utf8ToUtf16: EngineFunctions['utf8ToUtf16'],
): EngineFunctions['daemonToHost'] {
  const { u8, i32 } = memory;

  /** Converts a daemon text into a field, zero behind it. Returns its units, or a negated cause. */
  function field(source: number, sourceBytes: number, target: number, fieldBytes: number, limit: number): number {
    const units = utf8ToUtf16(source, sourceBytes, target, limit, POLICY_LINUX);
    if (units >= 0) u8.fill(0, target + 2 * units, target + fieldBytes);
    return units;
  }

  function enumerateAnswer(answer: number, message: number): boolean {
    const at = message + kvp.ENUMERATE_KEY;
    const key = field(answer + kvp.ENUMERATE_KEY, kvp.KEY_BYTES, at, kvp.KEY_BYTES, kvp.GUEST_KEY_UNITS);
    if (key < 0) return false;
    if (!valueAnswer(answer + kvp.ENUMERATE_VALUE, message + kvp.ENUMERATE_VALUE, message + kvp.ENUMERATE_TYPE)) {
      return false;
    }
    i32[(message + kvp.ENUMERATE_KEY_SIZE) >> 2] = 2 * (key + 1);
    return true;
  }

  /** Fills a value and, in the value header at `type`, its type and size. */
  function valueAnswer(source: number, target: number, type: number): boolean {
    const units = field(source, kvp.VALUE_BYTES, target, kvp.VALUE_BYTES, kvp.GUEST_VALUE_UNITS);
    if (units < 0) return false;
    i32[type >> 2] = kvp.VALUE_TYPE_STRING;
    i32[(type + kvp.VALUE_VALUE_SIZE - kvp.VALUE_TYPE) >> 2] = 2 * (units + 1);
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

  function respond(request: number, requestBytes: number, answer: number, target: number): number {
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
    if (bodyEnd === 0) u8.copyWithin(target, request, request + requestBytes);
    else {
      const rest = HEADERS_BYTES + bodyEnd;
      u8.copyWithin(target, request, request + HEADERS_BYTES + kept);
      if (requestBytes > rest) u8.copyWithin(target + rest, request + rest, request + requestBytes);
      const ok =
        operation === kvp.OPERATION_ENUMERATE
          ? enumerateAnswer(answer, message)
          : operation === kvp.OPERATION_GET
            ? valueAnswer(answer + kvp.VALUE_VALUE, message + kvp.VALUE_VALUE, message + kvp.VALUE_TYPE)
            : ipAnswer(answer, message);
      if (!ok) {
        u8.copyWithin(target, request, request + requestBytes);
        status = Status.Fail;
      }
    }
    i32[(target + PIPE_HEADER_BYTES + IC_STATUS) >> 2] = status;
    u8[target + PIPE_HEADER_BYTES + IC_FLAGS] = IC_FLAGS_RESPONSE;
    return 0;
  }

  return (table, count) => {
    let good = 0;
    for (let record = table >> 2, left = count; left > 0; left--, record += RECORD_WORDS) {
      const status = respond(i32[record]!, i32[record + 1]!, i32[record + 2]!, i32[record + 3]!);
      i32[record + 4] = status;
      if (status < 0) i32[record + 5] = i32[resultWord(RESULT_OFFSET)]!;
      else good++;
    }
    return good;
  };
}
