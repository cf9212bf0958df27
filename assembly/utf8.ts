import {
  CAUSE_UTF8,
  POLICY_FREEBSD,
  POLICY_LINUX,
  POLICY_REPLACE,
  POLICY_STRICT,
  RESULT_CONSUMED,
} from '../src/wire/engine';
import { fail, setResult } from './result';

/** Units of room that a step of the vector loop needs: up to 15 of an ASCII run, then 8 of a run of pairs. */
const VECTOR_ROOM: i32 = 24;
const REPLACEMENT: u32 = 0xfffd;
const SCALAR_RUN: i32 = 4;

/**
 * Converts `bytes` bytes of UTF-8 to UTF-16LE and returns the units written, never more than `limit` and never half
 * of a pair; RESULT_CONSUMED tells the bytes used. Malformed text under POLICY_STRICT and POLICY_LINUX returns
 * -CAUSE_UTF8; what lies behind the limit is not looked at. Loads up to 15 bytes beyond the text; stores nothing
 * beyond `limit`.
 */
export function utf8ToUtf16(source: usize, bytes: i32, target: usize, limit: i32, policy: i32): i32 {
  const stopAtNul = policy == POLICY_LINUX;
  let i: i32 = 0;
  let out: i32 = 0;
  while (i < bytes) {
    if (ASC_FEATURE_SIMD) {
      while (i < bytes && limit - out >= VECTOR_ROOM) {
        const v = v128.load(source + <usize>i);
        let count = min(min(bytes - i, 16), ctz(i8x16.bitmask(v) | 0x10000));
        let nul: i32 = 16;
        if (stopAtNul) {
          nul = ctz(i8x16.bitmask(i8x16.eq(v, i8x16.splat(0))) | 0x10000);
          count = min(count, nul);
        }
        if (count > 0) {
          const at = target + ((<usize>out) << 1);
          v128.store(at, i16x8.extend_low_i8x16_u(v));
          v128.store(at, i16x8.extend_high_i8x16_u(v), 16);
          i += count;
          out += count;
          if (count == 16) continue;
        }
        if (count == nul && i < bytes) {
          setResult(RESULT_CONSUMED, i);
          return out;
        }
        if (bytes - i < 16) break;
        // Not ASCII from here: runs of two-byte or of three-byte characters.
        const w = v128.load(source + <usize>i);
        const pairs = twoByteRun(w);
        if (pairs > 0) {
          const unit = v128.or(
            i16x8.shl(v128.and(w, i16x8.splat(0x1f)), 6),
            v128.and(i16x8.shr_u(w, 8), i16x8.splat(0x3f)),
          );
          v128.store(target + ((<usize>out) << 1), unit);
          i += pairs << 1;
          out += pairs;
          continue;
        }
        const lanes = i8x16.swizzle(w, i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
        const triples = threeByteRun(lanes);
        if (triples == 0) break;
        store3(target + ((<usize>out) << 1), lanes);
        i += triples * 3;
        out += triples;
      }
    }
    for (let steps = SCALAR_RUN; steps > 0 && i < bytes; steps--) {
      const at = source + <usize>i;
      const lead: u32 = load<u8>(at);
      if (lead < 0x80) {
        if ((lead == 0 && stopAtNul) || out >= limit) {
          setResult(RESULT_CONSUMED, i);
          return out;
        }
        store<u16>(target + ((<usize>out) << 1), <u16>lead);
        out++;
        i++;
        continue;
      }
      // A full target ends the text before it is judged.
      if (out >= limit) {
        setResult(RESULT_CONSUMED, i);
        return out;
      }
      const length = sequenceLength(at, lead, bytes - i);
      if (length <= 0) {
        if (policy == POLICY_STRICT || policy == POLICY_LINUX) return fail(CAUSE_UTF8, i, 0, <i32>lead);
        if (policy == POLICY_REPLACE) {
          store<u16>(target + ((<usize>out) << 1), <u16>REPLACEMENT);
          out++;
        }
        i += policy == POLICY_FREEBSD ? 1 : -length;
        continue;
      }
      if (length == 4) {
        if (limit - out < 2) {
          setResult(RESULT_CONSUMED, i);
          return out;
        }
        const c =
          (((lead & 7) << 18) | (continuation(at, 1) << 12) | (continuation(at, 2) << 6) | continuation(at, 3)) - 0x10000;
        store<u16>(target + ((<usize>out) << 1), <u16>(0xd800 | (c >> 10)));
        store<u16>(target + ((<usize>out) << 1), <u16>(0xdc00 | (c & 0x3ff)), 2);
        out += 2;
      } else {
        const c =
          length == 2
            ? ((lead & 0x1f) << 6) | continuation(at, 1)
            : ((lead & 0xf) << 12) | (continuation(at, 1) << 6) | continuation(at, 2);
        store<u16>(target + ((<usize>out) << 1), <u16>c);
        out++;
      }
      i += length;
    }
  }
  setResult(RESULT_CONSUMED, i);
  return out;
}

// @ts-ignore: decorator
@inline
function continuation(at: usize, offset: usize): u32 {
  return <u32>load<u8>(at + offset) & 0x3f;
}

/**
 * Length of the well-formed sequence at `at` (2 to 4), or the negated length of the maximal malformed part (Unicode
 * 3.9, the part that one U+FFFD replaces).
 */
function sequenceLength(at: usize, lead: u32, available: i32): i32 {
  if (lead < 0xc2 || lead > 0xf4) return -1;
  if (available < 2) return -1;
  const second: u32 = load<u8>(at, 1);
  let low: u32 = 0x80;
  let high: u32 = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  else if (lead == 0xed) high = 0x9f;
  else if (lead == 0xf0) low = 0x90;
  else if (lead == 0xf4) high = 0x8f;
  if (second < low || second > high) return -1;
  if (lead < 0xe0) return 2;
  if (available < 3 || (load<u8>(at, 2) & 0xc0) != 0x80) return -2;
  if (lead < 0xf0) return 3;
  if (available < 4 || (load<u8>(at, 3) & 0xc0) != 0x80) return -3;
  return 4;
}

/** How many well-formed two-byte characters stand at the start of the 16 bytes (0 to 8). */
// @ts-ignore: decorator
@inline
function twoByteRun(w: v128): i32 {
  const shape = i16x8.eq(v128.and(w, i16x8.splat(<i16>0xc0e0)), i16x8.splat(<i16>0x80c0));
  const overlong = i16x8.eq(v128.and(w, i16x8.splat(0x1e)), i16x8.splat(0));
  return ctz(~i16x8.bitmask(v128.andnot(shape, overlong)));
}

/** How many well-formed three-byte characters stand at the start of four u32 lanes (0 to 4). */
// @ts-ignore: decorator
@inline
function threeByteRun(lanes: v128): i32 {
  const shape = i32x4.eq(v128.and(lanes, i32x4.splat(0xc0c0f0)), i32x4.splat(0x8080e0));
  const c = joined3(lanes);
  const surrogate = i32x4.eq(v128.and(c, i32x4.splat(0xf800)), i32x4.splat(0xd800));
  const good = v128.and(shape, v128.andnot(i32x4.ge_u(c, i32x4.splat(0x800)), surrogate));
  return ctz(~i32x4.bitmask(good));
}

// @ts-ignore: decorator
@inline
function joined3(lanes: v128): v128 {
  return v128.or(
    v128.or(
      i32x4.shl(v128.and(lanes, i32x4.splat(0x0f)), 12),
      v128.and(i32x4.shr_u(lanes, 2), i32x4.splat(0xfc0)),
    ),
    v128.and(i32x4.shr_u(lanes, 16), i32x4.splat(0x3f)),
  );
}

// @ts-ignore: decorator
@inline
function store3(target: usize, lanes: v128): void {
  const c = joined3(lanes);
  v128.store(target, i16x8.narrow_i32x4_u(c, c));
}
