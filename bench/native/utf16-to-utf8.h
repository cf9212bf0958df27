/*
 * UTF-16LE to UTF-8: at most `limit` bytes, never a part of a character. Loads up to 31 bytes beyond the text, stores
 * nothing beyond the limit.
 */
#ifndef UTF16_TO_UTF8_H
#define UTF16_TO_UTF8_H

#include "memory.h"

ALWAYS uint32_t pair_bytes(uint32_t pair) {
  uint32_t c = 0x10000 + ((pair & 0x3ff) << 10) + ((pair >> 16) & 0x3ff);
  return 0x808080f0u | (c >> 18) | (((c >> 12) & 0x3f) << 8) | (((c >> 6) & 0x3f) << 16) | ((c & 0x3f) << 24);
}

#ifdef __SSE4_1__

/* Shuffles that pack 8 units of one or two bytes, by the mask of the short ones; 4 units of one to three bytes. */
static uint8_t shuffle2[256][16] __attribute__((aligned(16)));
static uint8_t shuffle3[256][16] __attribute__((aligned(16)));

static void make_pack_shuffles(void) {
  memset(shuffle2, 0x80, sizeof shuffle2);
  memset(shuffle3, 0x80, sizeof shuffle3);
  for (int mask = 0; mask < 256; mask++) {
    uint8_t *at = shuffle2[mask];
    for (int unit = 0; unit < 8; unit++) {
      *at++ = (uint8_t)(2 * unit);
      if (!(mask >> unit & 1)) *at++ = (uint8_t)(2 * unit + 1);
    }
    at = shuffle3[mask];
    for (int unit = 0; unit < 4; unit++) {
      *at++ = (uint8_t)(4 * unit);
      if (!(mask >> (2 * unit) & 1)) *at++ = (uint8_t)(4 * unit + 1);
      if (!(mask >> (2 * unit) & 2)) *at++ = (uint8_t)(4 * unit + 2);
    }
  }
}

#define WIDE(value) _mm_set1_epi16((short)(value))

ALWAYS __m128i loadv(const uint8_t *at) { return _mm_loadu_si128((const __m128i *)at); }
ALWAYS void storev(uint8_t *at, __m128i v) { _mm_storeu_si128((__m128i *)at, v); }

/* The first `count` units; NULs in place of the others. */
ALWAYS __m128i first_units(__m128i v, int count) {
  return _mm_and_si128(v, _mm_cmplt_epi16(_mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7), WIDE(count)));
}

ALWAYS __m128i two_byte_lanes(__m128i v) {
  __m128i second = _mm_slli_epi16(_mm_and_si128(v, WIDE(0x3f)), 8);
  return _mm_or_si128(_mm_or_si128(_mm_srli_epi16(v, 6), second), WIDE(0x80c0));
}

ALWAYS __m128i three_byte_lanes(__m128i v) {
  __m128i second = _mm_and_si128(_mm_slli_epi16(v, 2), WIDE(0x3f00));
  return _mm_or_si128(_mm_or_si128(_mm_srli_epi16(v, 12), second), WIDE(0x80e0));
}

ALWAYS __m128i last_byte_lanes(__m128i v) { return _mm_or_si128(_mm_and_si128(v, WIDE(0x3f)), WIDE(0x80)); }

ALWAYS int are_two_byte_units(__m128i v) {
  __m128i high = _mm_and_si128(v, WIDE(0xf800));
  __m128i others = _mm_or_si128(high, _mm_cmplt_epi16(v, WIDE(0x80)));
  return _mm_testz_si128(others, others);
}

ALWAYS int are_three_byte_units(__m128i v) {
  __m128i high = _mm_and_si128(v, WIDE(0xf800));
  __m128i others = _mm_or_si128(_mm_cmpeq_epi16(high, _mm_setzero_si128()), _mm_cmpeq_epi16(high, WIDE(0xd800)));
  return _mm_testz_si128(others, others);
}

/* 24 bytes, and 8 more are stored. */
ALWAYS void store_three_byte_units(uint8_t *to, __m128i v) {
  __m128i front = three_byte_lanes(v);
  __m128i last = last_byte_lanes(v);
  storev(to, _mm_or_si128(
    _mm_shuffle_epi8(front, _mm_setr_epi8(0, 1, -1, 2, 3, -1, 4, 5, -1, 6, 7, -1, 8, 9, -1, 10)),
    _mm_shuffle_epi8(last, _mm_setr_epi8(-1, -1, 0, -1, -1, 2, -1, -1, 4, -1, -1, 6, -1, -1, 8, -1))));
  storev(to + 16, _mm_or_si128(
    _mm_shuffle_epi8(front, _mm_setr_epi8(11, -1, 12, 13, -1, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1)),
    _mm_shuffle_epi8(last, _mm_setr_epi8(-1, 10, -1, -1, 12, -1, -1, 14, -1, -1, -1, -1, -1, -1, -1, -1))));
}

/* Any units but surrogates; `small` are the lanes below U+0800. Stores up to 28 bytes and returns how many count. */
ALWAYS size_t store_units(uint8_t *to, __m128i v, __m128i small) {
  __m128i ascii = _mm_cmpeq_epi16(_mm_and_si128(v, WIDE(0xff80)), _mm_setzero_si128());
  __m128i front = _mm_blendv_epi8(three_byte_lanes(v), _mm_blendv_epi8(two_byte_lanes(v), v, ascii), small);
  __m128i last = last_byte_lanes(v);
  /* Two bits for each unit: below U+0080, below U+0800. */
  unsigned classes = (unsigned)_mm_movemask_epi8(_mm_blendv_epi8(small, ascii, WIDE(0x00ff)));
  unsigned low = classes & 0xff, high = classes >> 8;
  size_t first = 12 - (size_t)__builtin_popcount(low);
  storev(to, _mm_shuffle_epi8(_mm_unpacklo_epi16(front, last), _mm_load_si128((const __m128i *)shuffle3[low])));
  storev(to + first, _mm_shuffle_epi8(_mm_unpackhi_epi16(front, last), _mm_load_si128((const __m128i *)shuffle3[high])));
  return first + 12 - (size_t)__builtin_popcount(high);
}

/* Where the first NUL unit stands from `at` on, at most `end`. */
ALWAYS const uint8_t *nul16_or_end(const uint8_t *at, const uint8_t *end) {
  for (; at < end; at += 32) {
    __m128i zero = _mm_setzero_si128();
    unsigned mask = (unsigned)_mm_movemask_epi8(
      _mm_packs_epi16(_mm_cmpeq_epi16(loadv(at), zero), _mm_cmpeq_epi16(loadv(at + 16), zero)));
    if (mask) {
      at += 2 * __builtin_ctz(mask);
      return at < end ? at : end;
    }
  }
  return end;
}

/* Everything but lone surrogates, 8 units a step; stops where those or the room end it, or after ASCII alone. */
ALWAYS void convert_units(const uint8_t **source, const uint8_t *end, uint8_t **target, const uint8_t *stop) {
  const uint8_t *at = *source;
  uint8_t *out = *target;
  do {
    __m128i v = loadv(at);
    /* Lanes that are not wanted become NULs, of one byte each. */
    ptrdiff_t spare = 0;
    if (end - at < 16) {
      spare = 8 - ((end - at) >> 1);
      v = first_units(v, 8 - (int)spare);
    }
    __m128i high = _mm_and_si128(v, WIDE(0xf800));
    unsigned surrogates = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi16(high, WIDE(0xd800)));
    if (surrogates) {
      int count = __builtin_ctz(surrogates) >> 1;
      if (count == 0) {
        uint32_t pair = load32(at);
        if (end - at < 4 || (pair & 0xfc00fc00u) != 0xdc00d800u) break;
        store32(out, pair_bytes(pair));
        at += 4;
        out += 4;
        continue;
      }
      spare = 8 - count;
      v = first_units(v, count);
      high = _mm_and_si128(v, WIDE(0xf800));
    }
    at += 16 - 2 * spare;
    if (_mm_testz_si128(high, high)) {
      __m128i ascii = _mm_cmplt_epi16(v, WIDE(0x80));
      unsigned mask = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(ascii, _mm_setzero_si128()));
      __m128i both = _mm_blendv_epi8(two_byte_lanes(v), v, ascii);
      storev(out, _mm_shuffle_epi8(both, _mm_load_si128((const __m128i *)shuffle2[mask])));
      out += 16 - __builtin_popcount(mask) - spare;
      if (mask == 0xff) break;
      if (mask != 0) continue;
      /* Runs of one length need no tables. */
      for (; end - at >= 16 && stop - out >= 32; at += 16, out += 16) {
        v = loadv(at);
        if (!are_two_byte_units(v)) break;
        storev(out, two_byte_lanes(v));
      }
      continue;
    }
    __m128i small = _mm_cmpeq_epi16(high, _mm_setzero_si128());
    if (_mm_testz_si128(small, small)) {
      store_three_byte_units(out, v);
      out += 24;
      for (; end - at >= 16 && stop - out >= 32; at += 16, out += 24) {
        v = loadv(at);
        if (!are_three_byte_units(v)) break;
        store_three_byte_units(out, v);
      }
    } else out += (ptrdiff_t)store_units(out, v, small) - spare;
  } while (at < end && stop - out >= 32);
  *source = at;
  *target = out;
}

#endif

static int32_t utf16_to_utf8(const uint8_t *source, int32_t units, uint8_t *target, int32_t limit, int policy) {
  const uint8_t *at = source, *end = source + 2 * (ptrdiff_t)units;
  uint8_t *out = target;
  const uint8_t *stop = target + limit;
  int stop_at_nul = policy == POLICY_LINUX;
#ifdef __SSE4_1__
  int end_known = !stop_at_nul;
#endif
  while (at < end) {
#ifdef __SSE4_1__
    /* ASCII other than NUL, 16 units a step: only that is above 0 when narrowed to signed bytes. */
    ptrdiff_t blocks = (end - at) >> 5;
    if (blocks > (stop - out) >> 4) blocks = (stop - out) >> 4;
    for (; blocks > 0; blocks--, at += 32, out += 16) {
      __m128i packed = _mm_packus_epi16(loadv(at), loadv(at + 16));
      if (_mm_movemask_epi8(_mm_cmpgt_epi8(packed, _mm_setzero_si128())) != 0xffff) break;
      storev(out, packed);
    }
    if (stop - out >= 16) {
      __m128i packed = _mm_packus_epi16(loadv(at), loadv(at + 16));
      unsigned others = ~(unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(packed, _mm_setzero_si128())) | 0x10000;
      ptrdiff_t count = __builtin_ctz(others);
      if (count > (end - at) >> 1) count = (end - at) >> 1;
      storev(out, packed);
      at += 2 * count;
      out += count;
      if (at == end) break;
    }
    if (!end_known) {
      end = nul16_or_end(at, end);
      end_known = 1;
      if (at == end) break;
    }
    if (stop - out >= 32) {
      convert_units(&at, end, &out, stop);
      if (at == end) break;
    }
#else
    while (end - at >= 8 && stop - out >= 4) {
      uint64_t four = load64(at);
      if (four & 0xff80ff80ff80ff80u) break;
      if (stop_at_nul && ((four - 0x0001000100010001u) & 0x8000800080008000u)) break;
      four |= four >> 8;
      store32(out, (uint32_t)((four & 0xffff) | ((four >> 16) & 0xffff0000u)));
      at += 8;
      out += 4;
    }
#endif
    for (int steps = 4; steps > 0 && at < end; steps--) {
      uint32_t c = load16(at);
      ptrdiff_t room = stop - out;
      if (c < 0x80) {
        if ((c == 0 && stop_at_nul) || room < 1) goto done;
        *out++ = (uint8_t)c;
        at += 2;
      } else if ((c & 0xf800) == 0xd800) {
        uint32_t pair = end - at >= 4 ? load32(at) : 0;
        if ((pair & 0xfc00fc00u) == 0xdc00d800u) {
          if (room < 4) goto done;
          store32(out, pair_bytes(pair));
          out += 4;
          at += 4;
          continue;
        }
        if (policy == POLICY_REPLACE) {
          if (room < 3) goto done;
          store16(out, 0xbfef);
          out[2] = 0xbd;
          out += 3;
        }
        at += 2;
      } else {
        if (room < (c < 0x800 ? 2 : 3)) goto done;
        if (c < 0x800) {
          store16(out, (uint16_t)(0x80c0 | (c >> 6) | ((c & 0x3f) << 8)));
          out += 2;
        } else {
          store16(out, (uint16_t)(0x80e0 | (c >> 12) | (((c >> 6) & 0x3f) << 8)));
          out[2] = (uint8_t)(0x80 | (c & 0x3f));
          out += 3;
        }
        at += 2;
      }
    }
  }
done:
  set_result(RESULT_CONSUMED, (int32_t)((at - source) >> 1));
  return (int32_t)(out - target);
}

#endif
