/**
 * Looks at a packet that came out of the ring and decides who answers it. The packet is a private copy, but every byte
 * of it was chosen by the host.
 */
import { minimumKvpBytes } from '../codec/index.js';
import {
  DELETE_KEY_SIZE,
  KEY_BYTES,
  KVP_OPERATION,
  KVP_POOL,
  OPERATION_DELETE,
  OPERATION_GET,
  OPERATION_SET,
  OPERATION_SET_IP_INFO,
  POOL_COUNT,
  VALUE_KEY_SIZE,
} from '../wire/kvp.js';
import {
  HEADERS_BYTES,
  IC_FLAG_REQUEST,
  IC_FLAG_RESPONSE,
  IC_FLAGS,
  IC_HEADER_BYTES,
  IC_SIZE,
  IC_TYPE,
  IC_TYPE_KVP,
  IC_TYPE_NEGOTIATE,
  PIPE_HEADER_BYTES,
  PIPE_LENGTH,
  PIPE_MAX_PAYLOAD_BYTES,
  PIPE_TYPE,
  PIPE_TYPE_DATA,
} from '../wire/payload.js';
import { PACKET_COMPLETION } from '../wire/ring.js';
import { Status } from '../wire/status.js';
import type { RefusalReason } from './events.js';
import { messageVersionOf } from './translate.js';

export type Admission =
  | { kind: 'negotiate' }
  | { kind: 'request'; operation: number; pool: number }
  | { kind: 'refused'; operation: number; pool: number; status: number; reason: RefusalReason }
  | { kind: 'dropped'; reason: 'short' | 'not-a-request' };

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Classifies the payload of a packet of descriptor type `packetType`. Lengths are measured on the received payload,
 * padding included, because hosts exist that state others (protocol.md 8.3).
 */
export function admit(payload: Uint8Array, packetType: number): Admission {
  if (payload.length < HEADERS_BYTES) return { kind: 'dropped', reason: 'short' };
  const flags = payload[PIPE_HEADER_BYTES + IC_FLAGS]!;
  // Answering an answer would let two peers keep each other busy for ever.
  if (packetType === PACKET_COMPLETION || (flags & (IC_FLAG_RESPONSE | IC_FLAG_REQUEST)) === IC_FLAG_RESPONSE)
    return { kind: 'dropped', reason: 'not-a-request' };

  const header = view(payload);
  const type = header.getUint16(PIPE_HEADER_BYTES + IC_TYPE, true);
  if (type === IC_TYPE_NEGOTIATE) return { kind: 'negotiate' };

  const body = payload.subarray(HEADERS_BYTES);
  const operation = body[KVP_OPERATION] ?? 0;
  const pool = body[KVP_POOL] ?? 0;
  const refuse = (status: number, reason: RefusalReason): Admission => ({
    kind: 'refused',
    operation,
    pool,
    status,
    reason,
  });

  if (type !== IC_TYPE_KVP) return refuse(Status.NotSupported, 'unknown-service');
  if (payload.length > PIPE_MAX_PAYLOAD_BYTES) return refuse(Status.InvalidArgument, 'too-long');
  if (!headersFit(header, payload.length)) return refuse(Status.InvalidArgument, 'bad-pipe-header');
  if (body.length <= KVP_POOL) return refuse(Status.InvalidArgument, 'too-short');
  if (operation > OPERATION_SET_IP_INFO) return refuse(Status.NotSupported, 'unknown-operation');
  if (pool >= POOL_COUNT) return refuse(Status.InvalidArgument, 'unknown-pool');
  if (body.length < minimumKvpBytes(operation, messageVersionOf(payload)))
    return refuse(Status.InvalidArgument, 'too-short');
  const keySize = keySizeOf(body, operation);
  if (keySize !== undefined && (keySize === 0 || keySize > KEY_BYTES))
    return refuse(Status.InvalidArgument, 'bad-key-size');
  return { kind: 'request', operation, pool };
}

function headersFit(header: DataView, received: number): boolean {
  const pipeLength = header.getUint32(PIPE_LENGTH, true);
  return (
    header.getUint32(PIPE_TYPE, true) === PIPE_TYPE_DATA &&
    pipeLength >= IC_HEADER_BYTES &&
    pipeLength <= received - PIPE_HEADER_BYTES &&
    header.getUint16(PIPE_HEADER_BYTES + IC_SIZE, true) <= pipeLength - IC_HEADER_BYTES
  );
}

function keySizeOf(body: Uint8Array, operation: number): number | undefined {
  if (operation === OPERATION_DELETE) return view(body).getUint32(DELETE_KEY_SIZE, true);
  if (operation === OPERATION_GET || operation === OPERATION_SET) return view(body).getUint32(VALUE_KEY_SIZE, true);
  return undefined;
}
