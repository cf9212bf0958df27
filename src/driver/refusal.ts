/** How the driver answers a packet that it does not hand to the daemon. */
import { encodeStatusResponse } from '../codec/index.js';
import {
  IC_HEADER_BYTES,
  IC_SIZE,
  PIPE_HEADER_BYTES,
  PIPE_LENGTH,
  PIPE_TYPE,
  PIPE_TYPE_DATA,
} from '../wire/payload.js';

/**
 * The request as its own answer with a status (protocol.md 3.8). Header sizes that point beyond the packet are mended,
 * so that a strict host can read the status.
 */
export function refusal(request: Uint8Array, status: number): Uint8Array {
  const response = encodeStatusResponse(request, status);
  const header = new DataView(response.buffer, response.byteOffset, response.byteLength);
  const room = response.length - PIPE_HEADER_BYTES;
  const pipeLength = header.getUint32(PIPE_LENGTH, true);
  if (header.getUint32(PIPE_TYPE, true) !== PIPE_TYPE_DATA || pipeLength < IC_HEADER_BYTES || pipeLength > room) {
    header.setUint32(PIPE_TYPE, PIPE_TYPE_DATA, true);
    header.setUint32(PIPE_LENGTH, room, true);
  }
  const bodyRoom = header.getUint32(PIPE_LENGTH, true) - IC_HEADER_BYTES;
  if (header.getUint16(PIPE_HEADER_BYTES + IC_SIZE, true) > bodyRoom)
    header.setUint16(PIPE_HEADER_BYTES + IC_SIZE, Math.min(bodyRoom, 0xffff), true);
  return response;
}
