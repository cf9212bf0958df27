/**
 * Is UTF-8 well-formed? Three look-ups by nibbles, after Keiser and Lemire: by the first byte's high and low nibble and
 * the second's high nibble; what all three have is a fault.
 */
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

/** Writes the three tables, 16 bytes each. */
export function storeFaults(at: usize): void {
  v128.store(
    at,
    i8x16(
      TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
      TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
      TOO_SHORT | OVERLONG_2, TOO_SHORT, LEAD_E, LEAD_F,
    ),
  );
  v128.store(
    at,
    i8x16(
      ANY_LOW | OVERLONG_3 | OVERLONG_2 | OUTSIDE_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW,
      ANY_LOW | TOO_LARGE, LARGE, LARGE, LARGE,
      LARGE, LARGE, LARGE, LARGE,
      LARGE, LARGE | SURROGATE, LARGE, LARGE,
    ),
    16,
  );
  v128.store(
    at,
    i8x16(
      TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
      CONTINUED | OVERLONG_3 | OUTSIDE_4, CONTINUED | OVERLONG_3 | TOO_LARGE, HIGH_CONTINUED, HIGH_CONTINUED,
      TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    ),
    32,
  );
}
