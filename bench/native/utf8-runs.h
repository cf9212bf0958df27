/*
 * Runs of UTF-8 characters of one length: they need no mask, and are checked on the way. Not beyond the first NUL where
 * that ends the text. Only for builds with SSE4.1.
 */
#ifndef UTF8_RUNS_H
#define UTF8_RUNS_H

#include "vectors.h"

ALWAYS ptrdiff_t rest_of(unsigned zeros, ptrdiff_t left) {
  ptrdiff_t rest = __builtin_ctz(zeros);
  return rest < left ? rest : left;
}

ALWAYS __m128i pairs_of(__m128i v) { return _mm_or_si128(_mm_and_si128(_mm_slli_epi16(v, 6), WIDE(0x7c0)), _mm_srli_epi16(v, 8)); }

/* Characters of two bytes, eight a step. */
ALWAYS void convert_pairs(const uint8_t **source, const uint8_t *end, uint8_t **target, const uint8_t *stop, unsigned nul_wanted) {
  const __m128i marks = WIDE(0x80c0), shape = WIDE(0xc0e0);
  const uint8_t *at = *source;
  uint8_t *out = *target;
  ptrdiff_t steps = (end - at < stop - out ? end - at : stop - out) >> 4;
  for (; steps > 0; steps--, at += 16, out += 16) {
    __m128i v = _mm_xor_si128(loadv(at), marks), units = pairs_of(v);
    if (!none(_mm_or_si128(_mm_and_si128(v, shape), _mm_cmplt_epi16(units, WIDE(0x80))))) break;
    storev(out, units);
  }
  if (stop - out >= 16) {
    __m128i bytes = loadv(at);
    ptrdiff_t rest = rest_of((bits_of(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) & nul_wanted) | 0x10000, end - at);
    if (rest < 16 && !(rest & 1)) {
      __m128i v = _mm_xor_si128(bytes, marks), units = pairs_of(v);
      __m128i right = _mm_cmpeq_epi16(_mm_and_si128(v, shape), _mm_setzero_si128());
      unsigned wrong = ~bits_of(right) | bits_of(_mm_cmplt_epi16(units, WIDE(0x80)));
      if (!(wrong & ((1u << rest) - 1))) {
        storev(out, units);
        at += rest;
        out += rest;
      }
    }
  }
  *source = at;
  *target = out;
}

/* Eight characters of three bytes: the last two bytes of each, last byte low, and the first, less their marks. */
struct triples {
  __m128i ends;
  __m128i leads;
  __m128i units;
};

/* `b` begins at the ninth byte. */
ALWAYS struct triples triples_of(__m128i a, __m128i b) {
  struct triples of;
  of.ends = _mm_xor_si128(
    _mm_or_si128(_mm_shuffle_epi8(a, _mm_setr_epi8(2, 1, 5, 4, 8, 7, 11, 10, 14, 13, -1, -1, -1, -1, -1, -1)),
                 _mm_shuffle_epi8(b, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 8, 12, 11, 15, 14))),
    WIDE(0x8080));
  of.leads = _mm_xor_si128(
    _mm_or_si128(_mm_shuffle_epi8(a, _mm_setr_epi8(0, -1, 3, -1, 6, -1, 9, -1, 12, -1, 15, -1, -1, -1, -1, -1)),
                 _mm_shuffle_epi8(b, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 10, -1, 13, -1))),
    WIDE(0xe0));
  /* The upper byte of the ends counts 64 times, the lower once: one multiplication. */
  of.units = _mm_or_si128(_mm_maddubs_epi16(of.ends, WIDE(0x4001)), _mm_slli_epi16(of.leads, 12));
  return of;
}

/* Bits where the bytes are not of three that belong together. */
ALWAYS __m128i wrong_shape(struct triples of) {
  return _mm_or_si128(_mm_and_si128(of.ends, WIDE(0xc0c0)), _mm_and_si128(of.leads, WIDE(0xf0)));
}

/* Lanes that hold a unit which has a shorter form, or a surrogate. */
ALWAYS __m128i outside_range(__m128i units) {
  __m128i top = _mm_and_si128(units, WIDE(0xf800));
  return _mm_or_si128(_mm_cmpeq_epi16(top, _mm_setzero_si128()), _mm_cmpeq_epi16(top, WIDE(0xd800)));
}

/* Characters of three bytes, eight a step. */
ALWAYS void convert_triples(const uint8_t **source, const uint8_t *end, uint8_t **target, const uint8_t *stop, unsigned nul_wanted) {
  const uint8_t *at = *source;
  uint8_t *out = *target;
  for (; end - at >= 24 && stop - out >= 16; at += 24, out += 16) {
    struct triples of = triples_of(loadv(at), loadv(at + 8));
    if (!none(_mm_or_si128(outside_range(of.units), wrong_shape(of)))) break;
    storev(out, of.units);
  }
  if (stop - out >= 16) {
    const __m128i zero = _mm_setzero_si128();
    __m128i a = loadv(at), b = loadv(at + 8);
    unsigned zeros = bits_of(_mm_cmpeq_epi8(a, zero)) | bits_of(_mm_cmpeq_epi8(b, zero)) << 8;
    ptrdiff_t rest = rest_of((zeros & nul_wanted) | 0x1000000, end - at), characters = rest / 3;
    if (rest < 24 && characters * 3 == rest) {
      struct triples of = triples_of(a, b);
      unsigned wrong = bits_of(outside_range(of.units)) | ~bits_of(_mm_cmpeq_epi16(wrong_shape(of), zero));
      if (!(wrong & ((1u << (2 * characters)) - 1))) {
        storev(out, of.units);
        at += rest;
        out += 2 * characters;
      }
    }
  }
  *source = at;
  *target = out;
}

#endif
