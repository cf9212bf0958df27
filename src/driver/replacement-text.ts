/**
 * Answers to ENUMERATE and GET whose text is not valid UTF-8. Refused, such a record would end the host's enumeration
 * and hide every record behind it, so each invalid sequence becomes U+FFFD (docs/differences.md).
 */
import { decodeUtf8, encodeUtf16, truncate } from '../codec/index.js';
import {
  ENUMERATE_KEY,
  ENUMERATE_KEY_SIZE,
  ENUMERATE_TYPE,
  ENUMERATE_VALUE,
  ENUMERATE_VALUE_SIZE,
  GUEST_KEY_UNITS,
  GUEST_VALUE_UNITS,
  KEY_BYTES,
  KVP_MESSAGE_BYTES,
  OPERATION_ENUMERATE,
  OPERATION_GET,
  VALUE_BYTES,
  VALUE_TYPE,
  VALUE_TYPE_STRING,
  VALUE_VALUE,
  VALUE_VALUE_SIZE,
} from '../wire/kvp.js';
import { HEADERS_BYTES } from '../wire/payload.js';

/** A text that stands at the same offset in the daemon's answer and in the host's message. */
interface Text {
  at: number;
  bytes: number;
  sizeAt: number;
  /** Most that a host takes, without the NUL. */
  units: number;
}

const LAYOUTS: Record<number, { typeAt: number; texts: readonly Text[] }> = {
  [OPERATION_ENUMERATE]: {
    typeAt: ENUMERATE_TYPE,
    texts: [
      { at: ENUMERATE_KEY, bytes: KEY_BYTES, sizeAt: ENUMERATE_KEY_SIZE, units: GUEST_KEY_UNITS },
      { at: ENUMERATE_VALUE, bytes: VALUE_BYTES, sizeAt: ENUMERATE_VALUE_SIZE, units: GUEST_VALUE_UNITS },
    ],
  },
  [OPERATION_GET]: {
    typeAt: VALUE_TYPE,
    texts: [{ at: VALUE_VALUE, bytes: VALUE_BYTES, sizeAt: VALUE_VALUE_SIZE, units: GUEST_VALUE_UNITS }],
  },
};

/**
 * Writes the texts of `answer` into `response`, a copy of the request with response headers and status 0. False when
 * the operation returns no texts or the request has no room for them.
 */
export function writeReplacedTexts(response: Uint8Array, answer: Uint8Array, operation: number): boolean {
  const layout = LAYOUTS[operation];
  const body = response.subarray(HEADERS_BYTES);
  if (layout === undefined || body.length < KVP_MESSAGE_BYTES) return false;
  const fields = new DataView(body.buffer, body.byteOffset, body.byteLength);
  fields.setUint32(layout.typeAt, VALUE_TYPE_STRING, true);
  for (const { at, bytes, sizeAt, units } of layout.texts) {
    const readable = decodeUtf8(answer.subarray(at, at + bytes), 'replace');
    const text = encodeUtf16(truncate(readable, { units, bytes: Number.POSITIVE_INFINITY }));
    body.fill(0, at, at + bytes);
    body.set(text, at);
    fields.setUint32(sizeAt, text.length + 2, true);
  }
  return true;
}
