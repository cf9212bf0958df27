/**
 * What a message from the device asks for. The device is as hostile as the host behind it: every size is checked, and
 * text ends at its first NUL or at its stated size, never beyond its field. Offsets: protocol.md 4.1.
 */
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
  DAEMON_OPERATION,
  DAEMON_POOL,
} from '../wire/daemon-message.js';
import {
  DELETE_KEY,
  DELETE_KEY_SIZE,
  ENUMERATE_INDEX,
  KEY_BYTES,
  OPERATION_DELETE,
  OPERATION_ENUMERATE,
  OPERATION_GET,
  OPERATION_GET_IP_INFO,
  OPERATION_SET,
  OPERATION_SET_IP_INFO,
  POOL_COUNT,
  VALUE_BYTES,
  VALUE_KEY,
  VALUE_KEY_SIZE,
  VALUE_VALUE,
  VALUE_VALUE_SIZE,
} from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import type { IpInfoText, TextBytes } from './ports.js';
import type { Profile } from './profile.js';

/** All text is a subarray of the message: valid as long as the message is left alone. */
export type Request =
  | { kind: 'get'; pool: number; key: TextBytes; valueSize: number }
  | { kind: 'set'; pool: number; key: TextBytes; value: TextBytes }
  | { kind: 'delete'; pool: number; key: TextBytes }
  | { kind: 'enumerate'; pool: number; index: number }
  | { kind: 'get-ip'; adapterId: string }
  | { kind: 'set-ip'; wanted: IpInfoText }
  | { kind: 'refused'; status: number; reason: string };

const refuse = (reason: string, status: number = Status.InvalidArgument): Request => ({
  kind: 'refused',
  status,
  reason,
});

export function readRequest(message: Uint8Array, profile: Profile): Request {
  const operation = message[DAEMON_OPERATION]!;
  if (operation === OPERATION_GET_IP_INFO) return readGetIpInfo(message);
  if (operation === OPERATION_SET_IP_INFO) return readSetIpInfo(message);
  if (operation > OPERATION_SET_IP_INFO) return refuse(`unknown operation ${operation}`, Status.NotSupported);
  const pool = message[DAEMON_POOL]!;
  if (pool >= POOL_COUNT) return refuse(`pool ${pool}`);
  switch (operation) {
    case OPERATION_GET:
      return readGet(message, pool, profile);
    case OPERATION_SET:
      return readSet(message, pool, profile);
    case OPERATION_DELETE: {
      const key = readText(message, DELETE_KEY, KEY_BYTES, uint32(message, DELETE_KEY_SIZE), profile);
      return key === undefined ? refuse('key size') : { kind: 'delete', pool, key };
    }
    case OPERATION_ENUMERATE:
      return { kind: 'enumerate', pool, index: uint32(message, ENUMERATE_INDEX) };
    default:
      return refuse(`unknown operation ${operation}`, Status.NotSupported);
  }
}

function readGet(message: Uint8Array, pool: number, profile: Profile): Request {
  const key = readText(message, VALUE_KEY, KEY_BYTES, uint32(message, VALUE_KEY_SIZE), profile);
  if (key === undefined) return refuse('key size');
  const valueSize = uint32(message, VALUE_VALUE_SIZE);
  if (valueSize > VALUE_BYTES) return refuse('value size', Status.NoMoreItems);
  return { kind: 'get', pool, key, valueSize };
}

function readSet(message: Uint8Array, pool: number, profile: Profile): Request {
  const key = readText(message, VALUE_KEY, KEY_BYTES, uint32(message, VALUE_KEY_SIZE), profile);
  if (key === undefined) return refuse('key size');
  const valueSize = uint32(message, VALUE_VALUE_SIZE);
  if (valueSize > VALUE_BYTES) return refuse('value size', Status.NoMoreItems);
  // Size 0 is what the Linux driver sends for a value type that it cannot convert (protocol.md 3.9): there is no value.
  const value = readText(message, VALUE_VALUE, VALUE_BYTES, valueSize, profile);
  return value === undefined ? refuse('value size 0') : { kind: 'set', pool, key, value };
}

function readGetIpInfo(message: Uint8Array): Request {
  const adapterId = readString(message, DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER_BYTES);
  // No interface can have such an address, which is what E_FAIL says.
  return adapterId === undefined ? refuse('adapter id', Status.Fail) : { kind: 'get-ip', adapterId };
}

function readSetIpInfo(message: Uint8Array): Request {
  const adapterId = readString(message, DAEMON_IP_ADAPTER, DAEMON_IP_ADAPTER_BYTES);
  const addresses = readString(message, DAEMON_IP_ADDRESSES, DAEMON_IP_LIST_BYTES);
  const subnets = readString(message, DAEMON_IP_SUBNETS, DAEMON_IP_LIST_BYTES);
  const gateways = readString(message, DAEMON_IP_GATEWAYS, DAEMON_IP_GATEWAY_BYTES);
  const dns = readString(message, DAEMON_IP_DNS, DAEMON_IP_LIST_BYTES);
  if (
    adapterId === undefined ||
    addresses === undefined ||
    subnets === undefined ||
    gateways === undefined ||
    dns === undefined
  )
    return refuse('IP text without a NUL or not UTF-8');
  const family = message[DAEMON_IP_FAMILY]!;
  const dhcp = message[DAEMON_IP_DHCP]! !== 0;
  return { kind: 'set-ip', wanted: { adapterId, family, dhcp, addresses, subnets, gateways, dns } };
}

/**
 * Text of a sized field: up to its first NUL, at most `size` bytes. Undefined when the size is 0 or beyond the field.
 * FreeBSD's driver states sizes that are too small for anything but ASCII (protocol.md 3.9), so there only the NUL counts.
 */
function readText(
  message: Uint8Array,
  offset: number,
  fieldBytes: number,
  size: number,
  profile: Profile,
): TextBytes | undefined {
  if (size === 0 || size > fieldBytes) return undefined;
  return untilNul(message.subarray(offset, offset + (profile.trustsSizes ? size : fieldBytes)));
}

export function untilNul(field: Uint8Array): Uint8Array {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of a field that ends at a NUL; undefined without one or when it is not UTF-8. */
function readString(message: Uint8Array, offset: number, fieldBytes: number): string | undefined {
  const field = message.subarray(offset, offset + fieldBytes);
  const text = untilNul(field);
  if (text.length === field.length) return undefined;
  try {
    return utf8.decode(text);
  } catch {
    return undefined;
  }
}

function uint32(message: Uint8Array, offset: number): number {
  return (
    (message[offset]! | (message[offset + 1]! << 8) | (message[offset + 2]! << 16) | (message[offset + 3]! << 24)) >>> 0
  );
}
