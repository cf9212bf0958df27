/**
 * Can the device carry what a host asks for? Its texts are UTF-8, end at their first NUL and have fewer bytes than a
 * host's texts can need. The reference drivers cut and drop what does not fit, so that a request for one item changes
 * another and is reported as a success; here it is refused before it is translated.
 */
import { KvpError } from '../errors.js';
import * as daemon from '../wire/daemon-message.js';
import * as ip from '../wire/ip.js';
import * as kvp from '../wire/kvp.js';
import { readU32 } from './bytes.js';
import { placed } from './error-place.js';
import { HOST_KEY_LIMIT, HOST_VALUE_LIMIT, ipTextLimit, requireWithin, type TextLimit } from './limits.js';
import { encodable, utf16End, utf16ToString } from './text.js';
import { hasBinaryIp, type Version } from './version.js';

/** A text of a host's message: where it stands and, where there is one, its stated size. */
interface HostText {
  at: number;
  bytes: number;
  sizeAt?: number;
  limit: TextLimit;
}

/** Bytes alone matter here: a host may fill its field to the last unit. */
const inBytes = (limit: TextLimit): TextLimit => ({ ...limit, units: Number.POSITIVE_INFINITY });

const KEY: HostText = {
  at: kvp.VALUE_KEY,
  bytes: kvp.KEY_BYTES,
  sizeAt: kvp.VALUE_KEY_SIZE,
  limit: inBytes(HOST_KEY_LIMIT),
};
const DELETE_KEY: HostText = { ...KEY, at: kvp.DELETE_KEY, sizeAt: kvp.DELETE_KEY_SIZE };
const VALUE: HostText = {
  at: kvp.VALUE_VALUE,
  bytes: kvp.VALUE_BYTES,
  sizeAt: kvp.VALUE_VALUE_SIZE,
  limit: inBytes(HOST_VALUE_LIMIT),
};

const ipText = (what: string, at: number, units: number, fieldBytes: number): HostText => ({
  at,
  bytes: 2 * units,
  limit: inBytes({ ...ipTextLimit(what, units), bytes: fieldBytes - 1 }),
});
const STRING_ADAPTER = ipText('adapter id', ip.IP_STRING_ADAPTER, ip.ADAPTER_ID_UNITS, daemon.DAEMON_IP_ADAPTER_BYTES);
const BINARY_ADAPTER: HostText = { ...STRING_ADAPTER, at: ip.IP_BINARY_ADAPTER };
const LISTS: readonly HostText[] = [
  ipText('addresses', ip.IP_STRING_ADDRESSES, ip.IP_LIST_UNITS, daemon.DAEMON_IP_LIST_BYTES),
  ipText('subnets', ip.IP_STRING_SUBNETS, ip.IP_LIST_UNITS, daemon.DAEMON_IP_LIST_BYTES),
  ipText('gateways', ip.IP_STRING_GATEWAYS, ip.GATEWAY_LIST_UNITS, daemon.DAEMON_IP_GATEWAY_BYTES),
  ipText('dns', ip.IP_STRING_DNS, ip.IP_LIST_UNITS, daemon.DAEMON_IP_LIST_BYTES),
];

const TEXTS = {
  none: [],
  key: [KEY],
  keyAndValue: [KEY, VALUE],
  deletedKey: [DELETE_KEY],
  adapter: [STRING_ADAPTER],
  stringIp: [STRING_ADAPTER, ...LISTS],
  binaryIp: [BINARY_ADAPTER],
} satisfies Record<string, readonly HostText[]>;

/**
 * Throws unless every text of a message that is long enough for its operation reaches the daemon as it is.
 *
 * @throws KvpError ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16 (a lone surrogate), ERR_LIMIT_KEY, ERR_LIMIT_VALUE,
 *   ERR_LIMIT_LIST (too many UTF-8 bytes), ERR_CODEC_VALUE_TYPE (a SET whose value is no text and no number)
 */
export function requireDeviceTexts(message: Uint8Array, version: Version): void {
  for (const text of textsOf(message, version)) requireDeviceText(message, text);
}

function textsOf(message: Uint8Array, version: Version): readonly HostText[] {
  switch (message[kvp.KVP_OPERATION]) {
    case kvp.OPERATION_GET:
      return TEXTS.key;
    case kvp.OPERATION_SET:
      return hasTextValue(message) ? TEXTS.keyAndValue : TEXTS.key;
    case kvp.OPERATION_DELETE:
      return TEXTS.deletedKey;
    case kvp.OPERATION_GET_IP_INFO:
      return hasBinaryIp(version) ? TEXTS.binaryIp : TEXTS.adapter;
    case kvp.OPERATION_SET_IP_INFO:
      return hasBinaryIp(version) ? TEXTS.binaryIp : TEXTS.stringIp;
    default:
      return TEXTS.none;
  }
}

function hasTextValue(message: Uint8Array): boolean {
  const actual = readU32(message, kvp.VALUE_TYPE);
  switch (actual) {
    case kvp.VALUE_TYPE_STRING:
    case kvp.VALUE_TYPE_EXPAND_STRING:
      return true;
    case kvp.VALUE_TYPE_U32:
    case kvp.VALUE_TYPE_U64:
    case kvp.VALUE_TYPE_QWORD:
      return false;
    default:
      throw new KvpError('ERR_CODEC_VALUE_TYPE', { offset: kvp.VALUE_TYPE, actual });
  }
}

function requireDeviceText(message: Uint8Array, { at, bytes, sizeAt, limit }: HostText): void {
  const end = textEnd(message, at, bytes, sizeAt);
  // Most texts are ASCII, and a field never holds too many of its letters but by one.
  if (end - at <= 2 * limit.bytes && isAscii(message, at, end)) return;
  const text = utf16ToString(message.subarray(at, end));
  placed(at, limit.what, () => requireWithin(encodable(text, 'strict'), limit));
}

/**
 * Where a text ends: at its stated end, without the NUL there, whatever stands before it. A text without a size, or with
 * one that its field cannot have, ends at its first NUL.
 */
function textEnd(message: Uint8Array, at: number, bytes: number, sizeAt: number | undefined): number {
  const stated = sizeAt === undefined ? Number.POSITIVE_INFINITY : readU32(message, sizeAt);
  if (stated > bytes) return at + utf16End(message.subarray(at, at + bytes));
  const end = at + (stated & ~1);
  return end > at && message[end - 2] === 0 && message[end - 1] === 0 ? end - 2 : end;
}

/** Letters of ASCII alone, and no NUL among them. */
function isAscii(message: Uint8Array, at: number, end: number): boolean {
  for (let unit = at; unit < end; unit += 2) {
    const letter = message[unit]!;
    if (letter === 0 || letter > 0x7f || message[unit + 1] !== 0) return false;
  }
  return true;
}
