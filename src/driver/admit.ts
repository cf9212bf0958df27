/**
 * Looks at a packet that came out of the ring and decides who answers it. The packet is a private copy, but every byte
 * of it was chosen by the host.
 */
import { inspectHostRequest, type Version, version } from '../codec/index.js';
import { KvpError } from '../errors.js';
import {
  HEADERS_BYTES,
  IC_FLAG_REQUEST,
  IC_FLAG_RESPONSE,
  IC_FLAGS,
  IC_MESSAGE_MAJOR,
  IC_MESSAGE_MINOR,
  IC_TYPE,
  IC_TYPE_NEGOTIATE,
  PIPE_HEADER_BYTES,
  PIPE_MAX_PAYLOAD_BYTES,
} from '../wire/payload.js';
import { PACKET_COMPLETION } from '../wire/ring.js';
import { Status } from '../wire/status.js';

export type Admission =
  | { kind: 'negotiate' }
  | { kind: 'request'; operation: number; pool: number }
  | { kind: 'refused'; status: number; error: KvpError }
  | { kind: 'dropped'; reason: 'short' | 'not-a-request' };

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
  const ic = new DataView(payload.buffer, payload.byteOffset + PIPE_HEADER_BYTES);
  if (ic.getUint16(IC_TYPE, true) === IC_TYPE_NEGOTIATE) return { kind: 'negotiate' };
  if (payload.length > PIPE_MAX_PAYLOAD_BYTES) return tooLong(payload.length);
  const judged = inspectHostRequest(payload, messageVersion(ic));
  return judged.kind === 'refused' ? judged : { ...judged, kind: 'request' };
}

/** Hosts stamp every request with the version that was negotiated. */
const messageVersion = (ic: DataView): Version =>
  version(ic.getUint16(IC_MESSAGE_MAJOR, true), ic.getUint16(IC_MESSAGE_MINOR, true));

const tooLong = (actual: number): Admission => ({
  kind: 'refused',
  status: Status.InvalidArgument,
  error: new KvpError('ERR_CODEC_SIZE', { detail: 'payload', expected: `at most ${PIPE_MAX_PAYLOAD_BYTES}`, actual }),
});
