import {
  CAUSE_UTF16,
  POLICY_FREEBSD,
  POLICY_LINUX,
  POLICY_REPLACE,
  POLICY_STRICT,
  RESULT_CONSUMED,
  SHUFFLE2_BASE,
  SHUFFLE3_BASE,
} from '../src/wire/engine';
import { fail, setResult } from './result';
import { needShuffleTables } from './shuffle-tables';

/** The vector loops store whole vectors: this much room must be left before the limit. */
const VECTOR_ROOM: i32 = 32;
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
  let i: i32 = 0;
  let out: i32 = 0;
  while (i < units) {
    if (ASC_FEATURE_SIMD) {
      // ASCII, 16 units a step; the last step reads on and looks away.
      while (i < units && limit - out >= VECTOR_ROOM) {
        const at = source + ((<usize>i) << 1);
        const a = v128.load(at);
        const b = v128.load(at, 16);
        if (v128.any_true(v128.and(v128.or(a, b), i16x8.splat(<i16>0xff80)))) break;
        const packed = i8x16.narrow_i16x8_u(a, b);
        const count = min(units - i, 16);
        v128.store(target + <usize>out, packed);
        if (stopAtNul) {
          const nul = i8x16.bitmask(i8x16.eq(packed, i8x16.splat(0)));
          if (nul != 0) {
            const length = ctz(nul);
            if (length < count) {
              setResult(RESULT_CONSUMED, i + length);
              return out + length;
            }
          }
        }
        i += count;
        out += count;
      }
      // Anything up to the next surrogate, 8 units a step.
      if (policy != POLICY_FREEBSD) {
        while (i < units && limit - out >= VECTOR_ROOM) {
          const v = v128.load(source + ((<usize>i) << 1));
          let count = min(units - i, 8);
          let nul: i32 = 8;
          if (stopAtNul) {
            nul = ctz(i16x8.bitmask(i16x8.eq(v, i16x8.splat(0))) | 0x100);
            count = min(count, nul);
          }
          const surrogates = i16x8.eq(v128.and(v, i16x8.splat(<i16>0xf800)), i16x8.splat(<i16>0xd800));
          count = min(count, ctz(i16x8.bitmask(surrogates) | 0x100));
          if (count > 0) {
            needShuffleTables();
            out += storeUnits(target + <usize>out, v, count);
            i += count;
          }
          if (count == nul && i < units && nul < 8) {
            setResult(RESULT_CONSUMED, i);
            return out;
          }
          if (count < 8) break;
        }
      }
    } else {
      // ASCII, 4 units a step.
      while (units - i >= 4 && limit - out >= 4) {
        const four = load<u64>(source + ((<usize>i) << 1));
        if ((four & 0xff80ff80ff80ff80) != 0) break;
        if (stopAtNul && ((four - 0x0001000100010001) & 0x8000800080008000) != 0) break;
        const pairs = four | (four >> 8);
        store<u32>(target + <usize>out, <u32>((pairs & 0xffff) | ((pairs >> 16) & 0xffff0000)));
        i += 4;
        out += 4;
      }
    }
    for (let steps = SCALAR_RUN; steps > 0 && i < units; steps--) {
      let c: u32 = load<u16>(source + ((<usize>i) << 1));
      let used: i32 = 1;
      if (c < 0x80) {
        if ((c == 0 && stopAtNul) || out >= limit) {
          setResult(RESULT_CONSUMED, i);
          return out;
        }
        store<u8>(target + <usize>out, <u8>c);
        out++;
        i++;
        continue;
      }
      if (policy == POLICY_FREEBSD) {
        if ((c & 0xf800) == 0xd800 || c >= 0xf800) {
          i++;
          continue;
        }
      } else if ((c & 0xf800) == 0xd800) {
        const low: u32 = i + 1 < units ? load<u16>(source + ((<usize>i) << 1), 2) : 0;
        if (c < 0xdc00 && (low & 0xfc00) == 0xdc00) {
          c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
          used = 2;
        } else if (policy == POLICY_STRICT) return fail(CAUSE_UTF16, i << 1, 0, <i32>c);
        else if (policy == POLICY_REPLACE) c = REPLACEMENT;
        else {
          i++;
          continue;
        }
      }
      const length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      if (limit - out < length) {
        setResult(RESULT_CONSUMED, i);
        return out;
      }
      storeCharacter(target + <usize>out, c);
      out += length;
      i += used;
    }
  }
  setResult(RESULT_CONSUMED, i);
  return out;
}

/**
 * Stores the first `count` (1 to 8) of 8 units, none of them a surrogate, as UTF-8 and returns the bytes; stores up
 * to 28 bytes in all.
 */
// @ts-ignore: decorator
@inline
function storeUnits(target: usize, v: v128, count: i32): i32 {
  const wanted = (1 << count) - 1;
  if ((i16x8.bitmask(i16x8.ge_u(v, i16x8.splat(0x800))) & wanted) != 0) {
    const first = store3(target, i32x4.extend_low_i16x8_u(v), min(count, 4));
    if (count <= 4) return first;
    return first + store3(target + <usize>first, i32x4.extend_high_i16x8_u(v), count - 4);
  }
  // Lead byte low, continuation high: 0x80c0 | v >> 6 | (v & 0x3f) << 8.
  const wide = v128.or(
    v128.or(i16x8.shr_u(v, 6), i16x8.shl(v128.and(v, i16x8.splat(0x3f)), 8)),
    i16x8.splat(<i16>0x80c0),
  );
  const narrow = i16x8.lt_u(v, i16x8.splat(0x80));
  const ascii = i16x8.bitmask(narrow);
  const both = v128.bitselect(v, wide, narrow);
  v128.store(target, i8x16.swizzle(both, v128.load(<usize>SHUFFLE2_BASE + ((<usize>ascii) << 4))));
  return 2 * count - popcnt(ascii & wanted);
}

/** The same for the first `count` (1 to 4) of four units in u32 lanes; stores 16 bytes. */
// @ts-ignore: decorator
@inline
function store3(target: usize, v: v128, count: i32): i32 {
  const two = i32x4.ge_u(v, i32x4.splat(0x80));
  const three = i32x4.ge_u(v, i32x4.splat(0x800));
  const tail = v128.or(v128.and(v, i32x4.splat(0x3f)), i32x4.splat(0x80));
  const wide2 = v128.or(v128.or(i32x4.shr_u(v, 6), i32x4.splat(0xc0)), i32x4.shl(tail, 8));
  const middle = v128.or(v128.and(i32x4.shr_u(v, 6), i32x4.splat(0x3f)), i32x4.splat(0x80));
  const wide3 = v128.or(
    v128.or(v128.or(i32x4.shr_u(v, 12), i32x4.splat(0xe0)), i32x4.shl(middle, 8)),
    i32x4.shl(tail, 16),
  );
  const bytes = v128.bitselect(wide3, v128.bitselect(wide2, v, two), three);
  const two4 = i32x4.bitmask(two);
  const three4 = i32x4.bitmask(three);
  v128.store(
    target,
    i8x16.swizzle(bytes, v128.load(<usize>SHUFFLE3_BASE + ((<usize>(two4 | (three4 << 4))) << 4))),
  );
  const wanted = (1 << count) - 1;
  return count + popcnt(two4 & wanted) + popcnt(three4 & wanted);
}

/** Writes a character above U+007F: two, three or four bytes. */
// @ts-ignore: decorator
@inline
function storeCharacter(target: usize, c: u32): void {
  if (c < 0x800) {
    store<u16>(target, <u16>(0x80c0 | (c >> 6) | ((c & 0x3f) << 8)));
  } else if (c < 0x10000) {
    store<u16>(target, <u16>(0x80e0 | (c >> 12) | (((c >> 6) & 0x3f) << 8)));
    store<u8>(target, <u8>(0x80 | (c & 0x3f)), 2);
  } else {
    store<u32>(
      target,
      0x808080f0 | (c >> 18) | (((c >> 12) & 0x3f) << 8) | (((c >> 6) & 0x3f) << 16) | ((c & 0x3f) << 24),
    );
  }
}
