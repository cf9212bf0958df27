/* Most keys and values are ASCII of up to 32 characters: without a loop or a table. Only for builds with SSE4.1. */
#ifndef SHORT_ASCII_H
#define SHORT_ASCII_H

#include "vectors.h"

/* Units converted at `target`: all of `units`, or -1 when they are more than 32 or not ASCII. Stores 32 bytes. */
ALWAYS int32_t short_to_utf8(const uint8_t *source, int32_t units, uint8_t *target) {
  if (units > 32 || load16(source) >= 0x80) return -1;
  const __m128i zero = _mm_setzero_si128();
  __m128i a = _mm_packus_epi16(loadv(source), loadv(source + 16));
  __m128i b = _mm_packus_epi16(loadv(source + 32), loadv(source + 48));
  unsigned others = ~(bits_of(_mm_cmpgt_epi8(a, zero)) | bits_of(_mm_cmpgt_epi8(b, zero)) << 16);
  int32_t count = others == 0 ? 32 : __builtin_ctz(others);
  /* NUL ends a text before its stated size. */
  if (count < units && load16(source + 2 * count) != 0) return -1;
  storev(target, a);
  storev(target + 16, b);
  return least(count, units);
}

/* Units made of a text that a NUL ends, at `target`, or -1 when there is none in 32 bytes, or not ASCII. Stores 64 bytes. */
ALWAYS int32_t short_to_utf16(const uint8_t *source, uint8_t *target) {
  if ((int8_t)*source < 0) return -1;
  const __m128i zero = _mm_setzero_si128();
  __m128i a = loadv(source), b = loadv(source + 16);
  unsigned others = ~(bits_of(_mm_cmpgt_epi8(a, zero)) | bits_of(_mm_cmpgt_epi8(b, zero)) << 16);
  if (others == 0) return -1;
  int32_t count = __builtin_ctz(others);
  if (source[count] != 0) return -1;
  store_wide(target, a);
  store_wide(target + 32, b);
  return count;
}

#endif
