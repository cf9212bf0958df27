/** What a driver checks before it serves a host's payload (protocol.md 8.3): nothing a host sends may be trusted. */
import { KvpError } from '../errors.js';
import * as kvp from '../wire/kvp.js';
import { HEADERS_BYTES, IC_TYPE, IC_TYPE_KVP, PIPE_HEADER_BYTES } from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { readU32 } from './bytes.js';
import { requireDeviceTexts } from './device-texts.js';
import { placed } from './error-place.js';
import { requireKvpBytes } from './minimum-sizes.js';
import { decodePayload, requireHeaders } from './payload.js';
import type { Version } from './version.js';

/** `refused`: answer the request with `status`; `error` says why, for the log. Pool and operation may still be unknown. */
export type HostRequest =
  | { kind: 'accepted'; operation: number; pool: number; body: Uint8Array }
  | { kind: 'refused'; status: number; error: KvpError };

/**
 * Judges a KVP request without changing it. Operations and message types that are not KVP's get
 * 0x80070032. A pool above 4, a message shorter than its operation needs, a key size of 0 or beyond 512 bytes and
 * impossible headers get 0x80070057. So does a text that the device cannot carry: with a NUL before its stated end, a
 * lone surrogate or too many UTF-8 bytes; and a SET whose value is neither a text nor a number. Nothing else is judged:
 * translation and lenient text policies clamp a value's size to its field.
 *
 * `body` is what was received behind the headers, whatever the IC size says: a view of the payload.
 *
 * @throws KvpError ERR_CODEC_SHORT when the payload has no room for the headers: drop it
 */
export function inspectHostRequest(payload: Uint8Array, version: Version): HostRequest {
  requireHeaders(payload);
  const body = payload.subarray(HEADERS_BYTES);
  const operation = body[kvp.KVP_OPERATION] ?? 0;
  const pool = body[kvp.KVP_POOL] ?? 0;
  try {
    const { ic } = decodePayload(payload);
    if (ic.type !== IC_TYPE_KVP) throw unsupported('message type', PIPE_HEADER_BYTES + IC_TYPE, ic.type);
    if (operation > kvp.OPERATION_SET_IP_INFO)
      throw unsupported('operation', HEADERS_BYTES + kvp.KVP_OPERATION, operation);
    if (pool >= kvp.POOL_COUNT)
      throw new KvpError('ERR_CODEC_POOL', { offset: HEADERS_BYTES + kvp.KVP_POOL, actual: pool });
    placed(HEADERS_BYTES, undefined, () => requireKvpBytes(body, version));
    requireKeySize(body, operation);
    placed(HEADERS_BYTES, undefined, () => requireDeviceTexts(body, version));
  } catch (error) {
    if (!(error instanceof KvpError)) throw error;
    const status = error.code === 'ERR_CODEC_UNSUPPORTED' ? Status.NotSupported : Status.InvalidArgument;
    return { kind: 'refused', status, error };
  }
  return { kind: 'accepted', operation, pool, body };
}

const unsupported = (detail: string, offset: number, actual: number): KvpError =>
  new KvpError('ERR_CODEC_UNSUPPORTED', { detail, offset, actual });

/** Where an operation states its key's size. */
const KEY_SIZE_AT: Readonly<Record<number, number>> = {
  [kvp.OPERATION_GET]: kvp.VALUE_KEY_SIZE,
  [kvp.OPERATION_SET]: kvp.VALUE_KEY_SIZE,
  [kvp.OPERATION_DELETE]: kvp.DELETE_KEY_SIZE,
};

function requireKeySize(body: Uint8Array, operation: number): void {
  const at = KEY_SIZE_AT[operation];
  if (at === undefined) return;
  const actual = readU32(body, at);
  if (actual === 0 || actual > kvp.KEY_BYTES)
    throw new KvpError('ERR_CODEC_SIZE', {
      detail: 'key size',
      offset: HEADERS_BYTES + at,
      expected: `1 to ${kvp.KEY_BYTES}`,
      actual,
    });
}
