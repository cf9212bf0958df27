/* Is UTF-8 well-formed? Three look-ups by nibbles, after Keiser and Lemire. */
#ifndef UTF8_CHECK_H
#define UTF8_CHECK_H

#include "utf16-to-utf8.h"

#ifdef __SSE4_1__

/* What two bytes in a row can have wrong. OUTSIDE_4 is two faults, told apart by the first byte. */
enum {
  TOO_SHORT = 1,
  TOO_LONG = 2,
  OVERLONG_3 = 4,
  TOO_LARGE = 8,
  SURROGATE = 16,
  OVERLONG_2 = 32,
  OUTSIDE_4 = 64,
  TWO_CONTINUATIONS = 128,
  ANY_LOW = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS,
  LARGE = ANY_LOW | TOO_LARGE | OUTSIDE_4,
  CONTINUED = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS,
  HIGH_CONTINUED = CONTINUED | SURROGATE | TOO_LARGE,
};

#define NIBBLES(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) \
  _mm_setr_epi8((char)(a), (char)(b), (char)(c), (char)(d), (char)(e), (char)(f), (char)(g), (char)(h), \
                (char)(i), (char)(j), (char)(k), (char)(l), (char)(m), (char)(n), (char)(o), (char)(p))

/*
 * The faults that end in `v`, whose predecessor is `before`; `high` and `before_high` are their high nibbles. A character
 * at the end may be cut off: it is judged where it is whole.
 */
ALWAYS __m128i faults_of(__m128i v, __m128i before, __m128i high, __m128i before_high) {
  const __m128i first_high = NIBBLES(
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
    TWO_CONTINUATIONS, TWO_CONTINUATIONS, TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | OUTSIDE_4);
  const __m128i first_low = NIBBLES(
    ANY_LOW | OVERLONG_3 | OVERLONG_2 | OUTSIDE_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW, ANY_LOW | TOO_LARGE, LARGE, LARGE,
    LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE | SURROGATE, LARGE, LARGE);
  const __m128i second_high = NIBBLES(
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, CONTINUED | OVERLONG_3 | OUTSIDE_4,
    CONTINUED | OVERLONG_3 | TOO_LARGE, HIGH_CONTINUED, HIGH_CONTINUED, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT);
  __m128i one = _mm_and_si128(_mm_alignr_epi8(v, before, 15), BYTES(15));
  __m128i pairs = _mm_and_si128(
    _mm_and_si128(_mm_shuffle_epi8(first_high, _mm_alignr_epi8(high, before_high, 15)), _mm_shuffle_epi8(first_low, one)),
    _mm_shuffle_epi8(second_high, high));
  /* A lead of three or four bytes two before, or of four three before, wants a continuation here. */
  __m128i wanted = _mm_or_si128(_mm_subs_epu8(_mm_alignr_epi8(v, before, 14), BYTES(0x60)),
                                _mm_subs_epu8(_mm_alignr_epi8(v, before, 13), BYTES(0x70)));
  return _mm_xor_si128(_mm_and_si128(wanted, BYTES(0x80)), pairs);
}

#endif
#endif
