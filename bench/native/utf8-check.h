/* Is a block of 64 bytes UTF-8? Three look-ups by nibbles, after Keiser and Lemire. */
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

/* The faults that end in `v`, whose predecessor is `before`. */
ALWAYS __m128i faults(__m128i v, __m128i before) {
  __m128i low = _mm_set1_epi8(15);
  __m128i one = _mm_alignr_epi8(v, before, 15);
  __m128i first_high = _mm_shuffle_epi8(
    NIBBLES(TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
            TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
            TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | OUTSIDE_4),
    _mm_and_si128(_mm_srli_epi16(one, 4), low));
  __m128i first_low = _mm_shuffle_epi8(
    NIBBLES(ANY_LOW | OVERLONG_3 | OVERLONG_2 | OUTSIDE_4, ANY_LOW | OVERLONG_2, ANY_LOW, ANY_LOW,
            ANY_LOW | TOO_LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE | SURROGATE, LARGE, LARGE),
    _mm_and_si128(one, low));
  __m128i second_high = _mm_shuffle_epi8(
    NIBBLES(TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
            CONTINUED | OVERLONG_3 | OUTSIDE_4, CONTINUED | OVERLONG_3 | TOO_LARGE, HIGH_CONTINUED, HIGH_CONTINUED,
            TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT),
    _mm_and_si128(_mm_srli_epi16(v, 4), low));
  __m128i pairs = _mm_and_si128(_mm_and_si128(first_high, first_low), second_high);
  /* A lead of three or four bytes two before, or of four three before, wants a continuation here. */
  __m128i two = _mm_subs_epu8(_mm_alignr_epi8(v, before, 14), _mm_set1_epi8(0x60));
  __m128i three = _mm_subs_epu8(_mm_alignr_epi8(v, before, 13), _mm_set1_epi8(0x70));
  return _mm_xor_si128(_mm_and_si128(_mm_or_si128(two, three), _mm_set1_epi8((char)0x80)), pairs);
}

/* A character at the end may be cut off: it is judged in the block where it is whole. */
ALWAYS int is_well_formed(__m128i a, __m128i b, __m128i c, __m128i d) {
  __m128i found = _mm_or_si128(_mm_or_si128(faults(a, _mm_setzero_si128()), faults(b, a)),
                               _mm_or_si128(faults(c, b), faults(d, c)));
  return _mm_testz_si128(found, found);
}

/* One bit for each byte that continues a character. */
ALWAYS uint64_t continuations(__m128i a, __m128i b, __m128i c, __m128i d) {
  __m128i limit = _mm_set1_epi8(-64);
  return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(a, limit)) |
         (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(b, limit)) << 16 |
         (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(c, limit)) << 32 |
         (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(d, limit)) << 48;
}

#endif
#endif
