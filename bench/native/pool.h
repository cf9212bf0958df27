/* Hashes of the keys of pool records, and the index over them. */
#ifndef POOL_H
#define POOL_H

#include "memory.h"

#define HASH_START 0x9e3779b1u
#define HASH_PRIME 0x85ebca6bu
#define LANE_1 0x27d4eb2fu
#define LANE_2 0x165667b1u
#define LANE_3 0xc2b2ae3du

ALWAYS uint32_t mix(uint32_t lane, uint32_t word) {
  uint32_t mixed = (lane ^ word) * HASH_PRIME;
  return mixed ^ (mixed >> 15);
}

#ifdef __SSE4_1__

ALWAYS __m128i mix4(__m128i lanes, __m128i words) {
  __m128i mixed = _mm_mullo_epi32(_mm_xor_si128(lanes, words), _mm_set1_epi32((int)HASH_PRIME));
  return _mm_xor_si128(mixed, _mm_srli_epi32(mixed, 15));
}

/* Sixteen bytes at a time up to the first NUL, and zeros from there on. */
ALWAYS uint32_t hash_key(const uint8_t *key) {
  const __m128i zero = _mm_setzero_si128();
  __m128i lanes = _mm_xor_si128(_mm_set1_epi32((int)HASH_START), _mm_setr_epi32(0, (int)LANE_1, (int)LANE_2, (int)LANE_3));
  __m128i last = zero;
  int32_t bytes = 0;
  for (; bytes < KEY_BYTES; bytes += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(key + bytes));
    unsigned nul = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, zero));
    if (nul) {
      int rest = __builtin_ctz(nul);
      __m128i wanted = _mm_cmplt_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), _mm_set1_epi8((char)rest));
      last = _mm_and_si128(v, wanted);
      bytes += rest;
      break;
    }
    lanes = mix4(lanes, v);
  }
  lanes = mix4(lanes, last);
  __m128i pairs = _mm_xor_si128(lanes, _mm_shuffle_epi32(lanes, 0x4e));
  return mix((uint32_t)_mm_extract_epi32(pairs, 0), (uint32_t)bytes) ^ (uint32_t)_mm_extract_epi32(pairs, 1);
}

#else

/* The word at `at`, of which only what lies before the end counts. */
ALWAYS uint32_t word_of(const uint8_t *key, int32_t at, int32_t bytes) {
  int32_t left = bytes - at;
  if (left <= 0) return 0;
  uint32_t word = load32(key + at);
  return left >= 4 ? word : word & ((1u << (left * 8)) - 1);
}

ALWAYS uint32_t hash_key(const uint8_t *key) {
  const uint8_t *end = memchr(key, 0, KEY_BYTES);
  int32_t bytes = end ? (int32_t)(end - key) : KEY_BYTES;
  uint32_t a = HASH_START, b = a ^ LANE_1, c = a ^ LANE_2, d = a ^ LANE_3;
  for (int32_t at = 0; at <= bytes; at += 16) {
    a = mix(a, word_of(key, at, bytes));
    b = mix(b, word_of(key, at + 4, bytes));
    c = mix(c, word_of(key, at + 8, bytes));
    d = mix(d, word_of(key, at + 12, bytes));
  }
  return mix(a ^ c, (uint32_t)bytes) ^ b ^ d;
}

#endif

/* As many cache misses as a processor core has under way at once. */
enum { AHEAD_RECORDS = 16 };

static void record_hashes(const uint8_t *records, int32_t count, uint8_t *hashes) {
  for (int32_t i = 0; i < count; i++, records += RECORD_BYTES) {
    __builtin_prefetch(records + AHEAD_RECORDS * RECORD_BYTES);
    store32(hashes + 4 * i, hash_key(records));
  }
}

/* Slots of 8 bytes: the hash, and the record's number plus one; 0 is free. */
static void index_insert(uint8_t *index, uint32_t mask, const uint8_t *hashes, int32_t count, int32_t first) {
  for (int32_t i = 0; i < count; i++) {
    uint32_t hash = load32(hashes + 4 * i), slot = hash & mask;
    while (load32(index + 8 * (size_t)slot + 4) != 0) slot = (slot + 1) & mask;
    store64(index + 8 * (size_t)slot, hash | (uint64_t)(uint32_t)(first + i + 1) << 32);
  }
}

#endif
