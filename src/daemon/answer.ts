/** Writes an answer over the request it belongs to. What a request left in its fields is cleared, never sent back. */
import { KvpError } from '../errors.js';
import {
  DAEMON_IP_ADDRESSES,
  DAEMON_IP_DHCP,
  DAEMON_IP_DNS,
  DAEMON_IP_FAMILY,
  DAEMON_IP_GATEWAY_BYTES,
  DAEMON_IP_GATEWAYS,
  DAEMON_IP_LIST_BYTES,
  DAEMON_IP_SUBNETS,
} from '../wire/daemon-message.js';
import { ENUMERATE_KEY, ENUMERATE_VALUE, KEY_BYTES, VALUE_BYTES, VALUE_VALUE } from '../wire/kvp.js';
import type { IpInfoText, TextBytes } from './ports.js';

export type Answer =
  /** The body stays as it was received. */
  | { kind: 'status'; status: number }
  /** GET: at most `size` bytes of the value, as the request asked. */
  | { kind: 'value'; value: TextBytes; size: number }
  /** ENUMERATE: sizes and type stay as received; the driver goes by the NULs (protocol.md 5.4). */
  | { kind: 'record'; key: TextBytes; value: TextBytes }
  /** GET_IP_INFO: the adapter id stays. */
  | { kind: 'ip'; info: Omit<IpInfoText, 'adapterId'> };

export function writeAnswer(message: Uint8Array, answer: Answer): void {
  switch (answer.kind) {
    case 'status':
      writeStatus(message, answer.status);
      return;
    case 'value':
      writeField(message, VALUE_VALUE, VALUE_BYTES, answer.value.subarray(0, answer.size));
      break;
    case 'record':
      writeField(message, ENUMERATE_KEY, KEY_BYTES, answer.key);
      writeField(message, ENUMERATE_VALUE, VALUE_BYTES, answer.value);
      break;
    case 'ip':
      message[DAEMON_IP_FAMILY] = answer.info.family;
      message[DAEMON_IP_DHCP] = answer.info.dhcp ? 1 : 0;
      writeList(message, DAEMON_IP_ADDRESSES, DAEMON_IP_LIST_BYTES, answer.info.addresses);
      writeList(message, DAEMON_IP_SUBNETS, DAEMON_IP_LIST_BYTES, answer.info.subnets);
      writeList(message, DAEMON_IP_GATEWAYS, DAEMON_IP_GATEWAY_BYTES, answer.info.gateways);
      writeList(message, DAEMON_IP_DNS, DAEMON_IP_LIST_BYTES, answer.info.dns);
      break;
  }
  writeStatus(message, 0);
}

/** The status word lies over operation, pool and padding. */
export function writeStatus(message: Uint8Array, status: number): void {
  message[0] = status;
  message[1] = status >>> 8;
  message[2] = status >>> 16;
  message[3] = status >>> 24;
}

function writeField(message: Uint8Array, offset: number, fieldBytes: number, text: TextBytes): void {
  const length = Math.min(text.length, fieldBytes);
  message.set(length === text.length ? text : text.subarray(0, length), offset);
  message.fill(0, offset + length, offset + fieldBytes);
}

const utf8 = new TextEncoder();

function writeList(message: Uint8Array, offset: number, fieldBytes: number, text: string): void {
  const bytes = utf8.encode(text);
  if (bytes.length >= fieldBytes)
    throw new KvpError('ERR_LIMIT_LIST', { expected: fieldBytes - 1, actual: bytes.length });
  message.set(bytes, offset);
  message.fill(0, offset + bytes.length, offset + fieldBytes);
}
