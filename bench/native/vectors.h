/* What the vector conversions share. Only for builds with SSE4.1. */
#ifndef VECTORS_H
#define VECTORS_H

#include "memory.h"

#define WIDE(value) _mm_set1_epi16((short)(value))
#define BYTES(value) _mm_set1_epi8((char)(value))

ALWAYS __m128i loadv(const uint8_t *at) { return _mm_loadu_si128((const __m128i *)at); }
ALWAYS void storev(uint8_t *at, __m128i v) { _mm_storeu_si128((__m128i *)at, v); }
ALWAYS unsigned bits_of(__m128i v) { return (unsigned)_mm_movemask_epi8(v); }
ALWAYS int none(__m128i v) { return _mm_testz_si128(v, v); }

/* 16 bytes of ones, then 16 of zeros. */
static const uint8_t ones_then_zeros[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

/* Ones in the first `bytes` bytes, at most 16. */
ALWAYS __m128i first_bytes(ptrdiff_t bytes) { return loadv(ones_then_zeros + 16 - bytes); }

/* The u16 lanes one further on; the first is 0. */
ALWAYS __m128i moved_on(__m128i v) { return _mm_slli_si128(v, 2); }

/* Sixteen bytes as units. */
ALWAYS void store_wide(uint8_t *out, __m128i bytes) {
  storev(out, _mm_unpacklo_epi8(bytes, _mm_setzero_si128()));
  storev(out + 16, _mm_unpackhi_epi8(bytes, _mm_setzero_si128()));
}

#endif
