/** Is a block of 64 bytes UTF-8? Three look-ups by nibbles, after Keiser and Lemire. */

// What two bytes in a row can have wrong.
const TOO_SHORT: i8 = 1 << 0;
const TOO_LONG: i8 = 1 << 1;
const OVERLONG_3: i8 = 1 << 2;
const TOO_LARGE: i8 = 1 << 3;
const SURROGATE: i8 = 1 << 4;
const OVERLONG_2: i8 = 1 << 5;
/** Both above U+10FFFF and below U+10000; which one the first byte tells. */
const OUTSIDE_4: i8 = 1 << 6;
/** No fault when a lead before them wants two or three. */
const TWO_CONTINUATIONS: i8 = -128;
/** Faults that do not depend on the first byte's low nibble. */
const ANY_LOW: i8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;
const LARGE: i8 = ANY_LOW | TOO_LARGE | OUTSIDE_4;
const CONTINUED: i8 = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS;
const HIGH_CONTINUED: i8 = CONTINUED | SURROGATE | TOO_LARGE;
const LEAD_E: i8 = TOO_SHORT | OVERLONG_3 | SURROGATE;
const LEAD_F: i8 = TOO_SHORT | TOO_LARGE | OUTSIDE_4;

/** One bit for each byte that continues a character. */
// @ts-ignore: decorator
@inline
export function continuations(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>continued(a) | (<u32>continued(b) << 16);
  const high = <u32>continued(c) | (<u32>continued(d) << 16);
  return <u64>low | (<u64>high << 32);
}

// @ts-ignore: decorator
@inline
function continued(v: v128): i32 {
  return i8x16.bitmask(i8x16.lt_s(v, i8x16.splat(-64)));
}

/** The faults that end in `v`, whose predecessor is `before`. */
// @ts-ignore: decorator
@inline
function faults(v: v128, before: v128): v128 {
  const one = i8x16.shuffle(before, v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const two = i8x16.shuffle(before, v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const three = i8x16.shuffle(before, v, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const firstHigh = i8x16.swizzle(
    i8x16(
      TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
      TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
      TOO_SHORT | OVERLONG_2, TOO_SHORT, LEAD_E, LEAD_F,
    ),
    i8x16.shr_u(one, 4),
  );
  const firstLow = i8x16.swizzle(
    i8x16(
      ANY_LOW | OVERLONG_3 | OVERLONG_2 | OUTSIDE_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW,
      ANY_LOW | TOO_LARGE, LARGE, LARGE, LARGE,
      LARGE, LARGE, LARGE, LARGE,
      LARGE, LARGE | SURROGATE, LARGE, LARGE,
    ),
    v128.and(one, i8x16.splat(15)),
  );
  const secondHigh = i8x16.swizzle(
    i8x16(
      TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
      CONTINUED | OVERLONG_3 | OUTSIDE_4, CONTINUED | OVERLONG_3 | TOO_LARGE, HIGH_CONTINUED, HIGH_CONTINUED,
      TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    ),
    i8x16.shr_u(v, 4),
  );
  const pairs = v128.and(v128.and(firstHigh, firstLow), secondHigh);
  // A lead of three or four bytes two before, or of four three before, wants a continuation here.
  const wanted = v128.or(i8x16.sub_sat_u(two, i8x16.splat(0x60)), i8x16.sub_sat_u(three, i8x16.splat(0x70)));
  return v128.xor(v128.and(wanted, i8x16.splat(-128)), pairs);
}

/** A character at the end may be cut off: it is judged in the block where it is whole. */
// @ts-ignore: decorator
@inline
export function isWellFormed(a: v128, b: v128, c: v128, d: v128): bool {
  const found = v128.or(
    v128.or(faults(a, i8x16.splat(0)), faults(b, a)),
    v128.or(faults(c, b), faults(d, c)),
  );
  return !v128.any_true(found);
}
