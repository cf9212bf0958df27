/** Packets out of a captured trace: ring bytes in any chunks, without a ring. */
import { requireBytes, requireInteger, requireObject, wrong } from '../arguments.js';
import { KvpError } from '../errors.js';
import { PIPE_MAX_PAYLOAD_BYTES } from '../wire/payload.js';
import {
  DESCRIPTOR_BYTES,
  DESCRIPTOR_FLAGS,
  DESCRIPTOR_LENGTH8,
  DESCRIPTOR_OFFSET8,
  DESCRIPTOR_TRANSACTION,
  TRAILER_BYTES,
} from '../wire/ring.js';
import { readU16, readU32 } from './bytes.js';

export interface TracePacket {
  type: number;
  flags: number;
  transactionLow: number;
  transactionHigh: number;
  /** Page ranges of types 7 and 9; empty for in-band packets. */
  extended: Uint8Array;
  /** With the sender's padding. Owned by the caller. */
  payload: Uint8Array;
  /** Byte offset of the descriptor in the trace. */
  offset: number;
}

export interface TraceOptions {
  /** Largest packet accepted, behind the descriptor; default 16,384 bytes. No more than one is ever held. */
  maxPacketBytes?: number;
}

/** What a descriptor can announce: 65,535 units of 8 bytes. */
const MOST_PACKET_BYTES = 0xffff * 8;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Splits a trace of packets, each with descriptor and trailer as in a ring, into packets as they complete.
 *
 * @example
 * for await (const { payload } of readTrace(createReadStream('trace.bin'))) print(decodePayload(payload));
 *
 * @throws KvpError ERR_RING_DESCRIPTOR, ERR_RING_PACKET_TOO_LARGE; ERR_RING_TRUNCATED when the trace ends inside a
 *   packet. Offsets count from the start of the trace.
 */
export async function* readTrace(chunks: Chunks, options: TraceOptions = {}): AsyncGenerator<TracePacket, void> {
  requireObject('options', options);
  if (!isIterable(chunks)) throw wrong('chunks', 'something to iterate over', chunks);
  const { maxPacketBytes = PIPE_MAX_PAYLOAD_BYTES } = options;
  requireInteger('maxPacketBytes', maxPacketBytes, 1, MOST_PACKET_BYTES);
  const held = new Uint8Array(DESCRIPTOR_BYTES + maxPacketBytes + TRAILER_BYTES);
  let filled = 0;
  let offset = 0;
  let wanted = DESCRIPTOR_BYTES;
  for await (const chunk of chunks) {
    requireBytes('chunk', chunk);
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + wanted - filled);
      held.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < wanted) continue;
      if (wanted === DESCRIPTOR_BYTES) wanted = packetBytes(held, offset, maxPacketBytes);
      if (filled < wanted) continue;
      yield packetAt(held, wanted, offset);
      offset += wanted;
      filled = 0;
      wanted = DESCRIPTOR_BYTES;
    }
  }
  if (filled > 0) {
    throw new KvpError('ERR_RING_TRUNCATED', { detail: 'end of the trace', offset, expected: wanted, actual: filled });
  }
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/** Bytes of the whole packet that the descriptor announces. */
function packetBytes(descriptor: Uint8Array, offset: number, maxPacketBytes: number): number {
  const offset8 = readU16(descriptor, DESCRIPTOR_OFFSET8);
  const length8 = readU16(descriptor, DESCRIPTOR_LENGTH8);
  if (offset8 < DESCRIPTOR_BYTES / 8 || offset8 > length8) {
    throw new KvpError('ERR_RING_DESCRIPTOR', {
      offset: offset + DESCRIPTOR_OFFSET8,
      expected: `${DESCRIPTOR_BYTES / 8} to ${length8}`,
      actual: offset8,
    });
  }
  const bytes = length8 * 8 - DESCRIPTOR_BYTES;
  if (bytes > maxPacketBytes) {
    throw new KvpError('ERR_RING_PACKET_TOO_LARGE', {
      offset: offset + DESCRIPTOR_LENGTH8,
      expected: maxPacketBytes,
      actual: bytes,
    });
  }
  return DESCRIPTOR_BYTES + bytes + TRAILER_BYTES;
}

function packetAt(bytes: Uint8Array, length: number, offset: number): TracePacket {
  const payload = readU16(bytes, DESCRIPTOR_OFFSET8) * 8;
  return {
    type: readU16(bytes, 0),
    flags: readU16(bytes, DESCRIPTOR_FLAGS),
    transactionLow: readU32(bytes, DESCRIPTOR_TRANSACTION),
    transactionHigh: readU32(bytes, DESCRIPTOR_TRANSACTION + 4),
    extended: new Uint8Array(bytes.subarray(DESCRIPTOR_BYTES, payload)),
    payload: new Uint8Array(bytes.subarray(payload, length - TRAILER_BYTES)),
    offset,
  };
}
