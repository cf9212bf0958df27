import {
  CAUSE_UTF16,
  POLICY_FREEBSD,
  POLICY_LINUX,
  POLICY_REPLACE,
  POLICY_STRICT,
  RESULT_CONSUMED,
} from '../src/wire/engine';
import { fail, setResult } from './result';
import { needTables } from './shuffle-tables';
import {
  areThreeByteUnits,
  areTwoByteUnits,
  firstUnits,
  storeThreeByteUnits,
  storeTwoByteUnits,
  storeUnits,
  twoByteLanes,
} from './utf16-vector';

/** A step of the general vector loop stores at most this many bytes, of which the last may be nobody's. */
const VECTOR_ROOM: i32 = 32;
/** Bytes that a step of the ASCII loop stores. */
const ASCII_ROOM: i32 = 16;
const REPLACEMENT: u32 = 0xfffd;
/** Characters converted one by one before the vector loops are tried again. */
const SCALAR_RUN: i32 = 4;

/**
 * Converts `units` UTF-16LE units to UTF-8 and returns the bytes written, never more than `limit` and never a part of
 * a character; RESULT_CONSUMED tells the units used. Malformed text under POLICY_STRICT returns -CAUSE_UTF16.
 * Loads up to 31 bytes beyond the text; stores nothing beyond `limit`.
 */
export function utf16ToUtf8(source: usize, units: i32, target: usize, limit: i32, policy: i32): i32 {
  const stopAtNul = policy == POLICY_LINUX;
  let at = source;
  let out = target;
  const stop = target + <usize>limit;
  let end = source + ((<usize>units) << 1);
  // Under POLICY_LINUX the end is looked for when the first unit turns up that is not ASCII.
  let endKnown = !stopAtNul;
  while (at < end) {
    if (ASC_FEATURE_SIMD) {
      // ASCII other than NUL, 16 units a step: only that is above 0 when narrowed to signed bytes.
      let steps = min(<i32>(end - at) >> 5, <i32>(stop - out) >> 4);
      while (steps > 0) {
        const packed = i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
        if (i8x16.bitmask(i8x16.gt_s(packed, i8x16.splat(0))) != 0xffff) break;
        v128.store(out, packed);
        at += 32;
        out += 16;
        steps--;
      }
      // The last step reads on behind the text, or stops within the vector.
      if (<i32>(stop - out) >= ASCII_ROOM) {
        const packed = i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
        const others = ~i8x16.bitmask(i8x16.gt_s(packed, i8x16.splat(0))) | 0x10000;
        const count: usize = min(<usize>ctz(others), (end - at) >> 1);
        v128.store(out, packed);
        at += count << 1;
        out += count;
        if (at == end) break;
      }
      if (!endKnown) {
        end = nulOrEnd(at, end);
        endKnown = true;
        if (at == end) break;
      }
      // Anything but lone surrogates, 8 units a step.
      if (policy != POLICY_FREEBSD && <i32>(stop - out) >= VECTOR_ROOM) {
        needTables();
        do {
          let v = v128.load(at);
          // Lanes that are not wanted become NULs, of one byte each.
          let spare: usize = 0;
          if (end - at < 16) {
            spare = 8 - ((end - at) >> 1);
            v = firstUnits(v, 8 - <i32>spare);
          }
          let high = v128.and(v, i16x8.splat(<i16>0xf800));
          const surrogates = i16x8.bitmask(i16x8.eq(high, i16x8.splat(<i16>0xd800)));
          if (surrogates != 0) {
            const count = ctz(surrogates);
            if (count == 0) {
              const pair = load<u32>(at);
              if (end - at < 4 || (pair & 0xfc00fc00) != 0xdc00d800) break;
              store<u32>(out, pairBytes(pair));
              at += 4;
              out += 4;
              continue;
            }
            spare = <usize>(8 - count);
            v = firstUnits(v, count);
            high = v128.and(v, i16x8.splat(<i16>0xf800));
          }
          at += 16 - (spare << 1);
          if (!v128.any_true(high)) {
            const ascii = i16x8.lt_s(v, i16x8.splat(0x80));
            const mask = i16x8.bitmask(ascii);
            out += storeTwoByteUnits(out, v, ascii, mask) - spare;
            // Runs of one length have faster loops.
            if (mask == 0xff) break;
            while (mask == 0 && end - at >= 16 && <i32>(stop - out) >= VECTOR_ROOM) {
              v = v128.load(at);
              if (!areTwoByteUnits(v)) break;
              v128.store(out, twoByteLanes(v));
              at += 16;
              out += 16;
            }
            continue;
          }
          const small = i16x8.eq(high, i16x8.splat(0));
          if (!v128.any_true(small)) {
            storeThreeByteUnits(out, v);
            out += 24;
            while (end - at >= 16 && <i32>(stop - out) >= VECTOR_ROOM) {
              v = v128.load(at);
              if (!areThreeByteUnits(v)) break;
              storeThreeByteUnits(out, v);
              at += 16;
              out += 24;
            }
          } else out += storeUnits(out, v, small) - spare;
        } while (at < end && <i32>(stop - out) >= VECTOR_ROOM);
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

/** Says how many units were used, and returns how many bytes were written. */
// @ts-ignore: decorator
@inline
function finish(source: usize, at: usize, target: usize, out: usize): i32 {
  setResult(RESULT_CONSUMED, <i32>((at - source) >> 1));
  return <i32>(out - target);
}

/** Where the first NUL unit stands from `at` on, at most `end`. */
function nulOrEnd(at: usize, end: usize): usize {
  for (; at < end; at += 32) {
    const nul = i8x16.narrow_i16x8_s(
      i16x8.eq(v128.load(at), i16x8.splat(0)),
      i16x8.eq(v128.load(at, 16), i16x8.splat(0)),
    );
    const mask = i8x16.bitmask(nul);
    if (mask != 0) return min(end, at + ((<usize>ctz(mask)) << 1));
  }
  return end;
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
