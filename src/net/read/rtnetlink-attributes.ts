/** What all messages of rtnetlink(7) are made of. Numbers are in the machine's own order. */
import { littleEndian, viewOf } from '../../os/netlink.js';

export const AF_INET = 2;
export const AF_INET6 = 10;

export const uint32 = (bytes: Uint8Array | undefined, offset = 0) =>
  bytes === undefined || bytes.length < offset + 4 ? undefined : viewOf(bytes).getUint32(offset, littleEndian);

/** Attribute type → payload. Of several of one type the last counts. */
export function attributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, littleEndian);
    if (length < 4 || at + length > bytes.length) break;
    // The two upper bits are flags.
    found.set(view.getUint16(at + 2, littleEndian) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

export function familyOf(number: number): 4 | 6 | undefined {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : undefined;
}
