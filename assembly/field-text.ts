/**
 * Texts of keys and values, the driver's way. Most are ASCII of up to 32 characters: these are converted without a call,
 * a loop or a table, all others by a call. Nested conditions instead of joined ones: V8 makes a value of what `&&` joins.
 */
import { POLICY_LINUX } from '../src/wire/engine';
import { atOf, outOf } from './reached';
import { utf16ToUtf8 } from './utf16';
import { convertUnits } from './utf16-vector';
import { utf8ToUtf16 } from './utf8';
import { convertBlocks } from './utf8-vector';

/** Bytes of 32 that are not 1 to 127, the first one lowest. */
// @ts-ignore: decorator
@inline
function othersOf(a: v128, b: v128): i32 {
  const zero = i64x2.splat(0);
  return ~(i8x16.bitmask(i8x16.gt_s(a, zero)) | (i8x16.bitmask(i8x16.gt_s(b, zero)) << 16));
}

/**
 * Converts up to `units` units before a NUL as the Linux driver does and returns the bytes made, at most `limit` (32 or more). Stores
 * up to 32 bytes behind `target`, or 31 behind what it made.
 */
// @ts-ignore: decorator
@inline
export function textToUtf8(source: usize, units: i32, target: usize, limit: i32): i32 {
  if (ASC_FEATURE_SIMD) {
    if (load<u16>(source) < 0x80) {
      if (units <= 32) {
        const a = i8x16.narrow_i16x8_u(v128.load(source), v128.load(source, 16));
        const b = i8x16.narrow_i16x8_u(v128.load(source, 32), v128.load(source, 48));
        v128.store(target, a);
        v128.store(target, b, 16);
        const count = ctz(othersOf(a, b));
        if (count >= units) return units;
        // NUL ends a text before its stated size.
        if (load<u16>(source + ((<usize>count) << 1)) == 0) return count;
      }
    } else if (units > 0) {
      let end = source + ((<usize>units) << 1);
      if (load<u16>(end - 2) == 0) end -= 2;
      const place = convertUnits(source, end, target, target + <usize>limit, true);
      const at = atOf(place);
      const out = outOf(place);
      const made = <i32>(out - target);
      if (at == end) return made;
      if (load<u16>(at) == 0) return made;
      return made + utf16ToUtf8(at, <i32>(end - at) >> 1, out, limit - made, POLICY_LINUX);
    }
  }
  return utf16ToUtf8(source, units, target, limit, POLICY_LINUX);
}

/**
 * Converts a daemon's text, which a NUL ends, and returns the units made, at most `limit` (32 or more), or a negated cause. Stores up
 * to 64 bytes behind `target`, or 63 behind what it made.
 */
// @ts-ignore: decorator
@inline
export function textToUtf16(source: usize, sourceBytes: i32, target: usize, limit: i32): i32 {
  if (ASC_FEATURE_SIMD) {
    if (load<i8>(source) >= 0) {
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const others = othersOf(a, b);
      if (others != 0) {
        const count = ctz(others);
        if (load<u8>(source + <usize>count) == 0) {
          v128.store(target, i16x8.extend_low_i8x16_u(a));
          v128.store(target, i16x8.extend_high_i8x16_u(a), 16);
          v128.store(target, i16x8.extend_low_i8x16_u(b), 32);
          v128.store(target, i16x8.extend_high_i8x16_u(b), 48);
          return count;
        }
      }
    } else {
      const end = source + <usize>sourceBytes;
      const place = convertBlocks(source, end, target, target + ((<usize>limit) << 1), true);
      const at = atOf(place);
      const out = outOf(place);
      const made = <i32>(out - target) >> 1;
      if (at == end) return made;
      if (load<u8>(at) == 0) return made;
      const more = utf8ToUtf16(at, <i32>(end - at), out, limit - made, POLICY_LINUX);
      return more < 0 ? more : made + more;
    }
  }
  return utf8ToUtf16(source, sourceBytes, target, limit, POLICY_LINUX);
}
