/** Where UTF-8 goes wrong. TextDecoder only says that it does. */

/** Smallest code point that a sequence of this length may hold; anything smaller is overlong. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];
const LAST_CODE_POINT = 0x10ffff;

/** Offset of the first byte that starts no valid sequence, or −1. Encoded surrogates and overlong forms are invalid. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

/** Bytes of the valid sequence that starts at `at`; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  let point = first & (0x7f >> length);
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index]!;
    if ((byte & 0xc0) !== 0x80) return 0;
    point = (point << 6) | (byte & 0x3f);
  }
  const surrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= SMALLEST[length]! && point <= LAST_CODE_POINT && !surrogate ? length : 0;
}
