/** Runs of UTF-8 characters of one length, as texts of one script are: they need no mask, and are checked on the way. */
import { reached } from './reached';

/** Bytes before the first that `zeros` marks, or before the end. */
// @ts-ignore: decorator
@inline
function restOf(zeros: i32, left: usize): usize {
  return min(<usize>ctz(zeros), left);
}

/**
 * Converts characters of two bytes, eight a step, and not beyond the first NUL where `nulWanted` is -1; it is 0 where
 * none ends the text. Returns where it stopped (reached.ts).
 */
export function convertPairs(start: usize, end: usize, target: usize, stop: usize, nulWanted: i32): u64 {
  const zero = i64x2.splat(0);
  const marks = i16x8.splat(<i16>0x80c0);
  const shape = i16x8.splat(<i16>0xc0e0);
  const upper5 = i16x8.splat(0x7c0);
  const least = i16x8.splat(0x80);
  let at = start;
  let out = target;
  for (let steps = min(<i32>(end - at), <i32>(stop - out)) >> 4; steps > 0; steps--) {
    const v = v128.xor(v128.load(at), marks);
    const units = v128.or(v128.and(i16x8.shl(v, 6), upper5), i16x8.shr_u(v, 8));
    if (v128.any_true(v128.or(v128.and(v, shape), i16x8.lt_s(units, least)))) break;
    v128.store(out, units);
    at += 16;
    out += 16;
  }
  if (<i32>(stop - out) >= 16) {
    const bytes = v128.load(at);
    const rest = restOf((i8x16.bitmask(i8x16.eq(bytes, zero)) & nulWanted) | 0x10000, end - at);
    if (rest < 16 && (rest & 1) == 0) {
      const v = v128.xor(bytes, marks);
      const units = v128.or(v128.and(i16x8.shl(v, 6), upper5), i16x8.shr_u(v, 8));
      const wrong = v128.or(i16x8.ne(v128.and(v, shape), zero), i16x8.lt_s(units, least));
      if ((i8x16.bitmask(wrong) & ((1 << <i32>rest) - 1)) == 0) {
        v128.store(out, units);
        at += rest;
        out += rest;
      }
    }
  }
  return reached(at, out);
}

/** Of eight characters of three bytes, the last two of each, last byte low, less their marks. `b` begins at the ninth byte. */
// @ts-ignore: decorator
@inline
function endsOf(a: v128, b: v128): v128 {
  return v128.xor(
    v128.or(
      i8x16.swizzle(a, i8x16(2, 1, 5, 4, 8, 7, 11, 10, 14, 13, -1, -1, -1, -1, -1, -1)),
      i8x16.swizzle(b, i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 8, 12, 11, 15, 14)),
    ),
    i16x8.splat(<i16>0x8080),
  );
}

/** The first of each, less its marks. */
// @ts-ignore: decorator
@inline
function leadsOf(a: v128, b: v128): v128 {
  return v128.xor(
    v128.or(
      i8x16.swizzle(a, i8x16(0, -1, 3, -1, 6, -1, 9, -1, 12, -1, 15, -1, -1, -1, -1, -1)),
      i8x16.swizzle(b, i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 10, -1, 13, -1)),
    ),
    i16x8.splat(0xe0),
  );
}

/** The units; less 192 times the upper byte of the ends, it counts 64 times. */
// @ts-ignore: decorator
@inline
function unitsOf(ends: v128, leads: v128): v128 {
  return v128.or(
    i16x8.sub(ends, i16x8.mul(i16x8.shr_u(ends, 8), i16x8.splat(192))),
    i16x8.shl(leads, 12),
  );
}

/** Bits where the bytes are not of three that belong together. */
// @ts-ignore: decorator
@inline
function wrongShape(ends: v128, leads: v128): v128 {
  return v128.or(v128.and(ends, i16x8.splat(<i16>0xc0c0)), v128.and(leads, i16x8.splat(0xf0)));
}

/** Lanes that hold a unit which has a shorter form, or a surrogate. */
// @ts-ignore: decorator
@inline
function outsideRange(units: v128): v128 {
  const top = v128.and(units, i16x8.splat(<i16>0xf800));
  return v128.or(i16x8.eq(top, i64x2.splat(0)), i16x8.eq(top, i16x8.splat(<i16>0xd800)));
}

/**
 * Converts characters of three bytes likewise. The constants are used behind the loop too: else V8 would make them in
 * every step of it.
 */
export function convertTriples(start: usize, end: usize, target: usize, stop: usize, nulWanted: i32): u64 {
  let at = start;
  let out = target;
  for (let left = <i32>(end - at), room = <i32>(stop - out); left >= 24 && room >= 16; left -= 24, room -= 16) {
    const a = v128.load(at);
    const b = v128.load(at, 8);
    const ends = endsOf(a, b);
    const leads = leadsOf(a, b);
    const units = unitsOf(ends, leads);
    if (v128.any_true(v128.or(outsideRange(units), wrongShape(ends, leads)))) break;
    v128.store(out, units);
    at += 24;
    out += 16;
  }
  if (<i32>(stop - out) >= 16) {
    const zero = i64x2.splat(0);
    const a = v128.load(at);
    const b = v128.load(at, 8);
    const zeros = i8x16.bitmask(i8x16.eq(a, zero)) | (i8x16.bitmask(i8x16.eq(b, zero)) << 8);
    const rest = restOf((zeros & nulWanted) | 0x1000000, end - at);
    const characters = rest / 3;
    if (rest < 24 && characters * 3 == rest) {
      const ends = endsOf(a, b);
      const leads = leadsOf(a, b);
      const units = unitsOf(ends, leads);
      const wrong = v128.or(outsideRange(units), i16x8.ne(wrongShape(ends, leads), zero));
      if ((i8x16.bitmask(wrong) & ((1 << <i32>(characters << 1)) - 1)) == 0) {
        v128.store(out, units);
        at += rest;
        out += characters << 1;
      }
    }
  }
  return reached(at, out);
}
