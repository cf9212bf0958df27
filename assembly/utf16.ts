import {
  CAUSE_UTF16,
  POLICY_FREEBSD,
  POLICY_LINUX,
  POLICY_REPLACE,
  POLICY_STRICT,
  RESULT_CONSUMED,
} from '../src/wire/engine';
import { atOf, outOf } from './reached';
import { fail, setResult } from './result';
import { convertUnits, UNITS_ROOM } from './utf16-vector';

/** Bytes that a step of ASCII stores. */
const ASCII_ROOM: i32 = 32;
const REPLACEMENT: u32 = 0xfffd;
/** Characters converted one by one before the faster loops are tried again. */
const SCALAR_RUN: i32 = 4;

/**
 * Converts `units` UTF-16LE units to UTF-8 and returns the bytes written, never more than `limit` and never a part of
 * a character; RESULT_CONSUMED tells the units used. Malformed text under POLICY_STRICT returns -CAUSE_UTF16.
 * Loads up to 63 bytes beyond the text; stores nothing beyond `limit`.
 */
export function utf16ToUtf8(source: usize, units: i32, target: usize, limit: i32, policy: i32): i32 {
  const stopAtNul = policy == POLICY_LINUX;
  let at = source;
  let out = target;
  const stop = target + <usize>limit;
  let end = source + ((<usize>units) << 1);
  // A size that counts the NUL is the usual one: it need not be looked for then.
  if (stopAtNul && units > 0 && load<u16>(end - 2) == 0) end -= 2;
  while (at < end) {
    if (ASC_FEATURE_SIMD) {
      // ASCII other than NUL, 32 units a step: only that is above 0 when narrowed to signed bytes.
      if (load<u16>(at) < 0x80 && <i32>(stop - out) >= ASCII_ROOM) {
        const zero = i8x16.splat(0);
        const a = packedAt(at);
        const b = packedAt(at + 32);
        const found = i8x16.bitmask(i8x16.gt_s(a, zero)) | (i8x16.bitmask(i8x16.gt_s(b, zero)) << 16);
        v128.store(out, a);
        v128.store(out, b, 16);
        // A branch, not arithmetic: the processor goes on before it knows what was found.
        if (found == -1 && end - at > 64) {
          at += 64;
          out += 32;
          for (let steps = min(<i32>(end - at) >> 7, <i32>(stop - out) >> 6); steps > 0; steps--) {
            const a = packedAt(at);
            const b = packedAt(at + 32);
            const c = packedAt(at + 64);
            const d = packedAt(at + 96);
            const least = i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d));
            if (i8x16.bitmask(i8x16.gt_s(least, zero)) != 0xffff) break;
            v128.store(out, a);
            v128.store(out, b, 16);
            v128.store(out, c, 32);
            v128.store(out, d, 48);
            at += 128;
            out += 64;
          }
          continue;
        }
        const count = min(<usize>ctz(~found), (end - at) >> 1);
        at += count << 1;
        out += count;
        if (at == end) break;
      }
      if (stopAtNul && load<u16>(at) == 0) break;
      // Anything but lone surrogates, 8 units a step.
      if (policy != POLICY_FREEBSD && <i32>(stop - out) >= UNITS_ROOM) {
        const place = convertUnits(at, end, out, stop, stopAtNul);
        at = atOf(place);
        out = outOf(place);
        if (at == end) break;
      }
    } else {
      // ASCII, 4 units a step.
      while (end - at >= 8 && stop - out >= 4) {
        const four = load<u64>(at);
        if ((four & 0xff80ff80ff80ff80) != 0) break;
        if (stopAtNul && ((four - 0x0001000100010001) & 0x8000800080008000) != 0) break;
        const pairs = four | (four >> 8);
        store<u32>(out, <u32>((pairs & 0xffff) | ((pairs >> 16) & 0xffff0000)));
        at += 8;
        out += 4;
      }
      // Runs of two bytes, and of three.
      for (; at < end && stop - out >= 2; at += 2, out += 2) {
        const c: u32 = load<u16>(at);
        if (c - 0x80 >= 0x780) break;
        store<u16>(out, <u16>(0x80c0 | (c >> 6) | ((c & 0x3f) << 8)));
      }
      for (; at < end && stop - out >= 3; at += 2, out += 3) {
        const c: u32 = load<u16>(at);
        if (c - 0x800 >= 0xd000) break;
        store<u16>(out, <u16>(0x80e0 | (c >> 12) | ((c << 2) & 0x3f00)));
        store<u8>(out, <u8>(0x80 | (c & 0x3f)), 2);
      }
    }
    for (let steps = SCALAR_RUN; steps > 0 && at < end; steps--) {
      const c: u32 = load<u16>(at);
      const room = <i32>(stop - out);
      if (c < 0x80) {
        if ((c == 0 && stopAtNul) || room < 1) return finish(source, at, target, out);
        store<u8>(out, <u8>c);
        out++;
        at += 2;
        continue;
      }
      if ((c & 0xf800) == 0xd800 && policy != POLICY_FREEBSD) {
        const pair = end - at >= 4 ? load<u32>(at) : 0;
        if ((pair & 0xfc00fc00) == 0xdc00d800) {
          if (room < 4) return finish(source, at, target, out);
          store<u32>(out, pairBytes(pair));
          out += 4;
          at += 4;
          continue;
        }
        if (policy == POLICY_STRICT) return fail(CAUSE_UTF16, <i32>(at - source), 0, <i32>c);
        if (policy == POLICY_REPLACE) {
          if (room < 3) return finish(source, at, target, out);
          storeCharacter(out, REPLACEMENT);
          out += 3;
        }
        at += 2;
        continue;
      }
      if (policy == POLICY_FREEBSD && ((c & 0xf800) == 0xd800 || c >= 0xf800)) {
        at += 2;
        continue;
      }
      const length = c < 0x800 ? 2 : 3;
      if (room < length) return finish(source, at, target, out);
      storeCharacter(out, c);
      out += <usize>length;
      at += 2;
    }
  }
  return finish(source, at, target, out);
}

/** Sixteen units as signed bytes: what is not ASCII becomes negative, or 0. */
// @ts-ignore: decorator
@inline
function packedAt(at: usize): v128 {
  return i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
}

/** Says how many units were used, and returns how many bytes were written. */
// @ts-ignore: decorator
@inline
function finish(source: usize, at: usize, target: usize, out: usize): i32 {
  setResult(RESULT_CONSUMED, <i32>((at - source) >> 1));
  return <i32>(out - target);
}

/** The four bytes of a surrogate pair, high surrogate in the low half. */
// @ts-ignore: decorator
@inline
function pairBytes(pair: u32): u32 {
  const c = 0x10000 + ((pair & 0x3ff) << 10) + ((pair >> 16) & 0x3ff);
  return 0x808080f0 | (c >> 18) | (((c >> 12) & 0x3f) << 8) | (((c >> 6) & 0x3f) << 16) | ((c & 0x3f) << 24);
}

/** Writes a character from U+0080 to U+FFFF: two or three bytes. */
// @ts-ignore: decorator
@inline
function storeCharacter(target: usize, c: u32): void {
  if (c < 0x800) {
    store<u16>(target, <u16>(0x80c0 | (c >> 6) | ((c & 0x3f) << 8)));
  } else {
    store<u16>(target, <u16>(0x80e0 | (c >> 12) | (((c >> 6) & 0x3f) << 8)));
    store<u8>(target, <u8>(0x80 | (c & 0x3f)), 2);
  }
}
