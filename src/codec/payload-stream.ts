/** Payloads out of a stream of bytes: a capture, a file, a socket. */
import { KvpError } from '../errors.js';
import * as wire from '../wire/payload.js';
import { readU32 } from './bytes.js';

export interface PayloadStreamOptions {
  /** Payloads begin at multiples of this in the stream: 8 when ring padding was captured too. Default 1. */
  alignment?: number;
  /** Largest payload, pipe header included. Default 16,384, which no known peer exceeds. */
  maxBytes?: number;
}

/**
 * Cuts a stream of payloads, one behind the other, at their pipe headers. Holds at most one payload and one chunk.
 * Each payload is a copy of its own, without padding.
 *
 * @throws KvpError ERR_CODEC_PIPE (not a pipe header, or a payload over `maxBytes`), ERR_CODEC_SHORT (the stream ends
 *   within a payload); `offset` counts from the start of the stream
 *
 * @example
 * for await (const payload of readPayloads(createReadStream('trace.bin'), { alignment: 8 })) console.log(decodePayload(payload));
 */
export async function* readPayloads(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { alignment = 1, maxBytes = wire.PIPE_MAX_PAYLOAD_BYTES }: PayloadStreamOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  let held = new Uint8Array(0);
  let start = 0;
  for await (const chunk of chunks) {
    held = joined(held, chunk);
    for (let length = lengthAt(held, start, maxBytes); length !== undefined; length = lengthAt(held, start, maxBytes)) {
      const step = Math.ceil(length / alignment) * alignment;
      if (held.length < step) break;
      yield held.slice(0, length);
      held = held.subarray(step);
      start += step;
    }
  }
  const length = lengthAt(held, start, maxBytes);
  if (length !== undefined && held.length >= length) yield held.slice(0, length);
  else if (held.length > 0)
    throw new KvpError('ERR_CODEC_SHORT', {
      detail: 'the stream ends within a payload',
      offset: start + held.length,
      expected: length ?? wire.PIPE_HEADER_BYTES,
      actual: held.length,
    });
}

/** Bytes of the payload at the front of `held`; undefined while its pipe header is not whole. */
function lengthAt(held: Uint8Array, offset: number, maxBytes: number): number | undefined {
  if (held.length < wire.PIPE_HEADER_BYTES) return undefined;
  const type = readU32(held, wire.PIPE_TYPE);
  if (type !== wire.PIPE_TYPE_DATA)
    throw new KvpError('ERR_CODEC_PIPE', { detail: 'type', offset, expected: wire.PIPE_TYPE_DATA, actual: type });
  const length = wire.PIPE_HEADER_BYTES + readU32(held, wire.PIPE_LENGTH);
  if (length > maxBytes)
    throw new KvpError('ERR_CODEC_PIPE', {
      detail: 'length',
      offset: offset + wire.PIPE_LENGTH,
      expected: `at most ${maxBytes - wire.PIPE_HEADER_BYTES}`,
      actual: length - wire.PIPE_HEADER_BYTES,
    });
  return length;
}

function joined(front: Uint8Array, back: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(front.length + back.length);
  whole.set(front);
  whole.set(back, front.length);
  return whole;
}
