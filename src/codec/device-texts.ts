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

/**
 * Throws unless every text of a message that is long enough for its operation reaches the daemon as it is.
 *
 * @throws KvpError ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16 (a lone surrogate), ERR_LIMIT_KEY, ERR_LIMIT_VALUE,
 *   ERR_LIMIT_LIST (too many UTF-8 bytes), ERR_CODEC_VALUE_TYPE (a SET whose value is no text and no number)
 */
export function requireDeviceTexts(message: Uint8Array, version: Version): void {
  for (const text of textsOf(message, version))
    placed(text.at, text.limit.what, () => requireWithin(encodable(textOf(message, text), 'strict'), text.limit));
}

function textsOf(message: Uint8Array, version: Version): readonly HostText[] {
  switch (message[kvp.KVP_OPERATION]) {
    case kvp.OPERATION_GET:
      return [KEY];
    case kvp.OPERATION_SET:
      return hasTextValue(message) ? [KEY, VALUE] : [KEY];
    case kvp.OPERATION_DELETE:
      return [DELETE_KEY];
    case kvp.OPERATION_GET_IP_INFO:
      return [hasBinaryIp(version) ? BINARY_ADAPTER : STRING_ADAPTER];
    case kvp.OPERATION_SET_IP_INFO:
      return hasBinaryIp(version) ? [BINARY_ADAPTER] : [STRING_ADAPTER, ...LISTS];
    default:
      return [];
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

/**
 * The text up to its stated end: without the NUL there, with any NUL before it. A text without a size, or with one
 * that its field cannot have, ends at its first NUL.
 */
function textOf(message: Uint8Array, { at, bytes, sizeAt }: HostText): string {
  const field = message.subarray(at, at + bytes);
  const stated = sizeAt === undefined ? Number.POSITIVE_INFINITY : readU32(message, sizeAt);
  if (stated > bytes) return utf16ToString(field.subarray(0, utf16End(field)));
  const text = utf16ToString(field.subarray(0, stated & ~1));
  return text.endsWith('\0') ? text.slice(0, -1) : text;
}
