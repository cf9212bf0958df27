/**
 * The 5.0 binary IP block ⇄ the device's texts. The device protocol knows only texts, so the driver translates, and
 * the daemon need not know which version the host speaks. String blocks (up to 4.0) go through the engine.
 */
import { optionsOf } from '../arguments.js';
import * as ip from '../wire/ip.js';
import * as kvp from '../wire/kvp.js';
import { type OutputOptions, outputRoom } from './bytes.js';
import { decodeDaemonAnswer } from './daemon-answer.js';
import type { DaemonOptions, DaemonOutputOptions } from './daemon-message.js';
import { encodeDaemonRequest } from './daemon-request.js';
import { decodeIpBinary, encodeIpBinary } from './ip-binary.js';
import { requireKvpBytes } from './minimum-sizes.js';
import { version } from './version.js';

const BINARY_IP = version(5);
/** Operation, pool and padding. */
const HEADER = kvp.KVP_HEADER_BYTES;

/**
 * A GET_IP_INFO or SET_IP_INFO message of version 5.0 → the daemon message. GET forwards adapter id and family. IPv6
 * subnets become bare numbers ("64"), as Linux daemons expect them.
 *
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_IP, ERR_CODEC_NUL, ERR_CODEC_UTF16, ERR_LIMIT_LIST
 */
export function ipBinaryToDaemon(message: Uint8Array, options: DaemonOutputOptions = {}): Uint8Array {
  requireKvpBytes(message, BINARY_IP);
  const pool = message[kvp.KVP_POOL]!;
  const info = decodeIpBinary(message, { text: 'linux' });
  const request =
    message[kvp.KVP_OPERATION] === kvp.OPERATION_GET_IP_INFO
      ? ({ operation: kvp.OPERATION_GET_IP_INFO, pool, adapterId: info.adapterId, family: info.family } as const)
      : ({ operation: kvp.OPERATION_SET_IP_INFO, pool, ip: info } as const);
  return encodeDaemonRequest(request, options);
}

/**
 * A daemon's answer to GET_IP_INFO with status 0 → the 7,428-byte message of version 5.0. Operation, pool and adapter
 * id are those of `request`. Every address is "other" when the daemon says DHCP, else "static".
 *
 * @throws KvpError ERR_CODEC_SHORT, ERR_CODEC_NUL, ERR_CODEC_UTF8, ERR_CODEC_IP, ERR_LIMIT_LIST: answer 0x80004005
 */
export function daemonToIpBinary(
  request: Uint8Array,
  answer: Uint8Array,
  options: DaemonOptions & OutputOptions = {},
): Uint8Array {
  const { dialect = 'linux', into } = optionsOf(options);
  requireKvpBytes(request, BINARY_IP);
  const { ip: info } = decodeDaemonAnswer(answer, kvp.OPERATION_GET_IP_INFO, { dialect });
  if (info === undefined) return new Uint8Array(request);
  const header = new Uint8Array(request.subarray(0, HEADER));
  const { adapterId } = decodeIpBinary(request, { text: 'linux' });
  const output = outputRoom(ip.IP_MESSAGE_BYTES, into);
  encodeIpBinary({ ...info, adapterId }, { into: output, text: 'linux' });
  output.set(header);
  return output;
}
