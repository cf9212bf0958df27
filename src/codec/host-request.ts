/** What a driver checks before it serves a host's payload (protocol.md 8.3): nothing a host sends may be trusted. */
import { KvpError } from '../errors.js';
import * as kvp from '../wire/kvp.js';
import { HEADERS_BYTES, IC_TYPE, IC_TYPE_KVP, PIPE_HEADER_BYTES } from '../wire/payload.js';
import { Status } from '../wire/status.js';
import { requireKvpBytes } from './minimum-sizes.js';
import { decodePayload } from './payload.js';
import type { Version } from './version.js';

/** `refused`: answer the request with `status`; `error` says why, for the log. Pool and operation may still be unknown. */
export type HostRequest =
  | { kind: 'accepted'; operation: number; pool: number; body: Uint8Array }
  | { kind: 'refused'; status: number; error: KvpError };

/**
 * Judges a KVP request without changing it. Unknown operations get 0x80070032; a pool above 4, a message shorter than
 * its operation needs and impossible headers get 0x80070057. Sizes of keys and values are not judged: the translation
 * clamps them to their fields.
 *
 * `body` is what was received behind the headers, whatever the IC size says: a view of the payload.
 *
 * @throws KvpError ERR_CODEC_SHORT when the payload has no room for the headers: drop it
 */
export function inspectHostRequest(payload: Uint8Array, version: Version): HostRequest {
  const body = payload.subarray(HEADERS_BYTES);
  try {
    const { ic } = decodePayload(payload);
    if (ic.type !== IC_TYPE_KVP) throw wrongType(ic.type);
    requireKvpBytes(body, version);
  } catch (error) {
    if (!(error instanceof KvpError) || payload.length < HEADERS_BYTES) throw error;
    return { kind: 'refused', status: Status.InvalidArgument, error };
  }
  const operation = body[kvp.KVP_OPERATION]!;
  const pool = body[kvp.KVP_POOL]!;
  if (operation > kvp.OPERATION_SET_IP_INFO)
    return refuse(Status.NotSupported, 'operation', kvp.KVP_OPERATION, kvp.OPERATION_SET_IP_INFO, operation);
  if (pool >= kvp.POOL_COUNT) return refuse(Status.InvalidArgument, 'pool', kvp.KVP_POOL, kvp.POOL_COUNT - 1, pool);
  return { kind: 'accepted', operation, pool, body };
}

const refuse = (status: number, detail: string, at: number, max: number, actual: number): HostRequest => ({
  kind: 'refused',
  status,
  error: new KvpError('ERR_CODEC_REQUEST', { detail, offset: HEADERS_BYTES + at, expected: `at most ${max}`, actual }),
});

const wrongType = (actual: number): KvpError =>
  new KvpError('ERR_CODEC_IC', { detail: 'type', offset: PIPE_HEADER_BYTES + IC_TYPE, expected: IC_TYPE_KVP, actual });
