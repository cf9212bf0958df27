/* Loads and stores at byte addresses of one linear memory, copies, fills, and the result block. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <string.h>

#include "wire.h"

#ifdef __SSE4_1__
#include <immintrin.h>
#endif

/* Where the linear memory of the engine that owns the benchmark's data stands. */
static uint8_t *base;

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS uint16_t load16(const uint8_t *at) { uint16_t v; memcpy(&v, at, 2); return v; }
ALWAYS uint32_t load32(const uint8_t *at) { uint32_t v; memcpy(&v, at, 4); return v; }
ALWAYS uint64_t load64(const uint8_t *at) { uint64_t v; memcpy(&v, at, 8); return v; }
ALWAYS void store16(uint8_t *at, uint16_t v) { memcpy(at, &v, 2); }
ALWAYS void store32(uint8_t *at, uint32_t v) { memcpy(at, &v, 4); }
ALWAYS void store64(uint8_t *at, uint64_t v) { memcpy(at, &v, 8); }
ALWAYS int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
ALWAYS int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }

ALWAYS void set_result(int field, int32_t value) { store32(base + RESULT_BASE + field, (uint32_t)value); }

static __attribute__((noinline)) int32_t fail(int cause, int32_t offset, int32_t expected, int32_t actual) {
  set_result(RESULT_CAUSE, cause);
  set_result(RESULT_OFFSET, offset);
  set_result(RESULT_EXPECTED, expected);
  set_result(RESULT_ACTUAL, actual);
  return -cause;
}

/* Above these the C library's routine is faster than a loop of 16 bytes a step. */
enum { COPY_INLINE_BYTES = 704, FILL_INLINE_BYTES = 320 };

/* Copies a multiple of 8 bytes between disjoint areas. */
ALWAYS void copy_words(uint8_t *to, const uint8_t *from, int32_t bytes) {
  if (bytes > COPY_INLINE_BYTES) {
    memcpy(to, from, (size_t)bytes);
    return;
  }
  const uint8_t *end = from + bytes;
#ifdef __SSE4_1__
  for (; from + 16 <= end; from += 16, to += 16) {
    _mm_storeu_si128((__m128i *)to, _mm_loadu_si128((const __m128i *)from));
  }
#endif
  for (; from < end; from += 8, to += 8) store64(to, load64(from));
}

/* Clears exactly [from, to); nothing when `to` is not behind `from`. */
ALWAYS void clear(uint8_t *from, uint8_t *to) {
  if (to <= from) return;
  size_t bytes = (size_t)(to - from);
  if (bytes > FILL_INLINE_BYTES || bytes < 8) {
    memset(from, 0, bytes);
    return;
  }
  uint8_t *last = to - 8;
#ifdef __SSE4_1__
  for (; from + 16 <= to; from += 16) _mm_storeu_si128((__m128i *)from, _mm_setzero_si128());
#endif
  /* The last store overlaps the one before instead of running over the end. */
  for (; from < last; from += 8) store64(from, 0);
  store64(last, 0);
}

/*
 * Clears behind `used`, and not beyond `end`, what a conversion may have stored there, up to `overshoot` bytes (32 or 64),
 * and what was there before, up to `dirty`.
 */
ALWAYS void clear_behind(uint8_t *at, int32_t used, int32_t dirty, int32_t end, int overshoot) {
  int32_t from = used;
#ifdef __SSE4_1__
  if (used + overshoot <= end) {
    for (int i = 0; i < overshoot; i += 16) _mm_storeu_si128((__m128i *)(at + used + i), _mm_setzero_si128());
    from += overshoot;
  } else dirty = end;
#else
  (void)overshoot;
#endif
  if (dirty > from) clear(at + from, at + least(dirty, end));
}

#endif
