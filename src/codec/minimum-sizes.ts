/** How many bytes of a KVP message an operation cannot do without (protocol.md 8.3), measured on what was received. */
import { requireBytes, requireInteger } from '../arguments.js';
import { KvpError } from '../errors.js';
import * as ip from '../wire/ip.js';
import * as wire from '../wire/kvp.js';
import { hasBinaryIp, requireVersion, type Version } from './version.js';

/** For an unknown operation: operation and pool. */
export function minimumKvpBytes(operation: number, version: Version): number {
  requireInteger('operation', operation, -1, 255);
  requireVersion('version', version);
  switch (operation) {
    case wire.OPERATION_GET:
    case wire.OPERATION_SET:
      return wire.VALUE_BODY_END;
    case wire.OPERATION_DELETE:
      return wire.DELETE_BODY_END;
    case wire.OPERATION_ENUMERATE:
      return wire.ENUMERATE_INDEX + 4;
    case wire.OPERATION_GET_IP_INFO:
      return hasBinaryIp(version) ? ip.IP_BINARY_END : ip.IP_STRING_FAMILY + 1;
    case wire.OPERATION_SET_IP_INFO:
      return hasBinaryIp(version) ? ip.IP_BINARY_END : ip.IP_MESSAGE_BYTES;
    default:
      return 2;
  }
}

/** @throws KvpError ERR_CODEC_SHORT */
export function requireKvpBytes(message: Uint8Array, version: Version): void {
  requireBytes('message', message);
  const operation = message.length < 2 ? -1 : message[wire.KVP_OPERATION]!;
  const expected = minimumKvpBytes(operation, version);
  if (message.length >= expected) return;
  throw new KvpError('ERR_CODEC_SHORT', {
    detail: operation < 0 ? 'KVP message' : `KVP message of operation ${operation}`,
    offset: message.length,
    expected,
    actual: message.length,
  });
}
