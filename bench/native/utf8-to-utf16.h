/*
 * UTF-8 to UTF-16LE: at most `limit` units, never half a pair. Loads up to 63 bytes beyond the text, stores nothing
 * beyond the limit.
 */
#ifndef UTF8_TO_UTF16_H
#define UTF8_TO_UTF16_H

#include "utf8-check.h"

#ifdef __SSE4_1__

enum { BLOCK_BYTES = 64, BLOCK_ROOM = 2 * BLOCK_BYTES + 32 };

/*
 * What to do with 8 bytes of which `ends` marks the last of each character: shuffles that put the last two bytes of each
 * into a lane of their own and the first of three into another vector; how many bytes are used and how many made.
 */
struct spread {
  uint8_t last[16];
  uint8_t lead[16];
} __attribute__((aligned(32)));
struct step {
  uint8_t used;
  uint8_t made;
  uint8_t run;
};
static struct spread spreads[256];
static struct step steps_of[256];

static void make_spreads(void) {
  memset(spreads, 0x80, sizeof spreads);
  for (int ends = 0; ends < 256; ends++) {
    int used = 0, characters = 0;
    for (int byte = 0; byte < 8; byte++) {
      if (!(ends >> byte & 1)) continue;
      int length = byte + 1 - used;
      if (length > 3) break;
      uint8_t *last = spreads[ends].last + 2 * characters;
      last[0] = (uint8_t)byte;
      if (length > 1) last[1] = (uint8_t)(byte - 1);
      if (length > 2) spreads[ends].lead[2 * characters] = (uint8_t)(byte - 2);
      characters++;
      used = byte + 1;
    }
    steps_of[ends] = (struct step){(uint8_t)used, (uint8_t)(2 * characters), ends == 0xff || ends == 0xaa || ends == 0x24};
  }
}

ALWAYS __m128i first_bytes(__m128i v, int count) {
  return _mm_and_si128(v, _mm_cmplt_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                                         _mm_set1_epi8((char)count)));
}

/* Eight characters of two bytes each; 0 when they are something else, and what was stored is worth nothing. */
ALWAYS int store_pairs(uint8_t *out, __m128i v) {
  storev(out, _mm_or_si128(_mm_slli_epi16(_mm_and_si128(v, WIDE(0x1f)), 6), _mm_and_si128(_mm_srli_epi16(v, 8), WIDE(0x3f))));
  __m128i shape = _mm_xor_si128(_mm_and_si128(v, WIDE(0xc0e0)), WIDE(0x80c0));
  __m128i overlong = _mm_cmpeq_epi16(_mm_and_si128(v, WIDE(0x1e)), _mm_setzero_si128());
  __m128i wrong = _mm_or_si128(shape, overlong);
  return _mm_testz_si128(wrong, wrong);
}

/* The first `count` pairs; the least well-formed ones in place of the others. */
ALWAYS __m128i first_pairs(__m128i v, int count) {
  __m128i wanted = _mm_cmplt_epi16(_mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7), WIDE(count));
  return _mm_blendv_epi8(WIDE(0x80c2), v, wanted);
}

/* Four characters of three bytes, from 12 bytes, in u32 lanes, last byte low. */
ALWAYS __m128i triples_at(const uint8_t *at) {
  return _mm_shuffle_epi8(loadv(at), _mm_setr_epi8(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1));
}

/* 0000eeee 10mmmmmm 10llllll, as 64 * m + l, then 4096 * e + that: two multiplications and no masks apart. */
ALWAYS __m128i joined(__m128i lanes) {
  __m128i bits = _mm_and_si128(lanes, _mm_set1_epi32(0x0f3f3f));
  __m128i halves = _mm_maddubs_epi16(bits, _mm_set1_epi32(0x01014001));
  return _mm_madd_epi16(halves, _mm_set1_epi32(0x10000001));
}

/* As store_pairs, from two times four lanes. */
ALWAYS int store_triples(uint8_t *out, __m128i low, __m128i high) {
  __m128i units = _mm_packus_epi32(joined(low), joined(high));
  storev(out, units);
  __m128i mask = _mm_set1_epi32(0xf0c0c0), wanted = _mm_set1_epi32(0xe08080);
  __m128i shape = _mm_or_si128(_mm_xor_si128(_mm_and_si128(low, mask), wanted), _mm_xor_si128(_mm_and_si128(high, mask), wanted));
  __m128i top = _mm_and_si128(units, WIDE(0xf800));
  __m128i outside = _mm_or_si128(_mm_cmpeq_epi16(top, _mm_setzero_si128()), _mm_cmpeq_epi16(top, WIDE(0xd800)));
  __m128i wrong = _mm_or_si128(shape, outside);
  return _mm_testz_si128(wrong, wrong);
}

/* The lanes from `first` on that are below `count`; a well-formed character in place of the others. */
ALWAYS __m128i first_triples(__m128i lanes, int first, int count) {
  __m128i wanted = _mm_cmplt_epi32(_mm_setr_epi32(0, 1, 2, 3), _mm_set1_epi32(count - first));
  return _mm_blendv_epi8(_mm_set1_epi32(0xe0a080), lanes, wanted);
}

/* What stands between *source and `end`, up to a block with something malformed or one that does not surely fit. */
ALWAYS void convert_blocks(const uint8_t **source, const uint8_t *end, uint8_t **target, const uint8_t *stop) {
  const uint8_t *at = *source;
  uint8_t *out = *target;
  while (at < end && stop - out >= BLOCK_ROOM) {
    ptrdiff_t bytes = end - at < BLOCK_BYTES ? end - at : BLOCK_BYTES;
    __m128i a = loadv(at), b = loadv(at + 16), c = loadv(at + 32), d = loadv(at + 48);
    if (bytes < BLOCK_BYTES) {
      a = first_bytes(a, (int)bytes);
      b = first_bytes(b, (int)bytes - 16);
      c = first_bytes(c, (int)bytes - 32);
      d = first_bytes(d, (int)bytes - 48);
    }
    /* A byte ends a character when the next one continues none; of the last of 64 that is not known. */
    uint64_t left = ~continuations(a, b, c, d) >> 1;
    const uint8_t *before = at, *block_end = at + bytes;
    int run = 0, checked = 0;
    while (at < block_end) {
      unsigned row = (unsigned)left & 0xff;
      struct step step = steps_of[row];
      if (step.run && ((left & 0xffff) == 0xaaaa || (left & 0xffffff) == 0x924924)) {
        run = 1;
        break;
      }
      if (!checked) {
        if (!is_well_formed(a, b, c, d)) break;
        checked = 1;
      }
      __m128i v = loadv(at);
      if (block_end - at < 16) v = first_bytes(v, (int)(block_end - at));
      int used = step.used;
      if (step.run && (left & 0xffff) == 0xffff) {
        storev(out, _mm_unpacklo_epi8(v, _mm_setzero_si128()));
        storev(out + 16, _mm_unpackhi_epi8(v, _mm_setzero_si128()));
        used = 16;
        out += 32;
      } else if (used != 0) {
        __m128i last = _mm_shuffle_epi8(v, _mm_load_si128((const __m128i *)spreads[row].last));
        __m128i lead = _mm_shuffle_epi8(v, _mm_load_si128((const __m128i *)spreads[row].lead));
        __m128i second = _mm_srli_epi16(_mm_and_si128(last, WIDE(0x3f00)), 2);
        storev(out, _mm_or_si128(_mm_or_si128(_mm_and_si128(last, WIDE(0x7f)), second), _mm_slli_epi16(lead, 12)));
        out += step.made;
      } else {
        /* Four bytes, or a character that goes on in the next block. */
        if ((left & 15) != 8) break;
        uint32_t four = load32(at);
        uint32_t point = (((four & 7) << 18) | ((four & 0x3f00) << 4) | ((four >> 10) & 0xfc0) | ((four >> 24) & 0x3f)) - 0x10000;
        store32(out, 0xdc00d800u | (point >> 10) | ((point & 0x3ff) << 16));
        used = 4;
        out += 4;
      }
      at += used;
      left >>= used;
    }
    /* The NULs behind the text are not part of it. */
    if (at > block_end) {
      out -= (at - block_end) * 2;
      at = block_end;
    }
    if (run) {
      for (; end - at >= 16 && stop - out >= BLOCK_ROOM && store_pairs(out, loadv(at)); at += 16) out += 16;
      for (; end - at >= 24 && stop - out >= BLOCK_ROOM && store_triples(out, triples_at(at), triples_at(at + 12)); at += 24) out += 16;
      int rest = end - at < 24 ? (int)(end - at) : 24;
      if (rest > 0 && rest < 24 && stop - out >= BLOCK_ROOM) {
        int third = rest / 3;
        if (rest < 16 && !(rest & 1) && store_pairs(out, first_pairs(loadv(at), rest >> 1))) {
          at = end;
          out += rest;
        } else if (third * 3 == rest &&
                   store_triples(out, first_triples(triples_at(at), 0, third), first_triples(triples_at(at + 12), 4, third))) {
          at = end;
          out += 2 * third;
        }
      }
    }
    if (at == before) break;
  }
  *source = at;
  *target = out;
}

/* Where the first NUL stands from `at` on, at most `end`. */
ALWAYS const uint8_t *nul8_or_end(const uint8_t *at, const uint8_t *end) {
  for (; at < end; at += 16) {
    unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(loadv(at), _mm_setzero_si128()));
    if (mask) {
      at += __builtin_ctz(mask);
      return at < end ? at : end;
    }
  }
  return end;
}

#endif

/* Length of the well-formed sequence at `at` (2 to 4), or the negated length of the maximal malformed part. */
ALWAYS int sequence_length(const uint8_t *at, uint32_t lead, ptrdiff_t available) {
  if (lead < 0xc2 || lead > 0xf4 || available < 2) return -1;
  uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at[1] < low || at[1] > high) return -1;
  if (lead < 0xe0) return 2;
  if (available < 3 || (at[2] & 0xc0) != 0x80) return -2;
  if (lead < 0xf0) return 3;
  if (available < 4 || (at[3] & 0xc0) != 0x80) return -3;
  return 4;
}

static int32_t utf8_to_utf16(const uint8_t *source, int32_t bytes, uint8_t *target, int32_t limit, int policy) {
  const uint8_t *at = source, *end = source + bytes;
  uint8_t *out = target;
  const uint8_t *stop = target + 2 * (ptrdiff_t)limit;
  int stop_at_nul = policy == POLICY_LINUX;
#ifdef __SSE4_1__
  int end_known = !stop_at_nul;
#endif
  while (at < end) {
#ifdef __SSE4_1__
    /* ASCII other than NUL, 16 bytes a step. */
    ptrdiff_t blocks = (end - at) >> 4;
    if (blocks > (stop - out) >> 5) blocks = (stop - out) >> 5;
    for (; blocks > 0; blocks--, at += 16, out += 32) {
      __m128i v = loadv(at);
      if (_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_setzero_si128())) != 0xffff) break;
      storev(out, _mm_unpacklo_epi8(v, _mm_setzero_si128()));
      storev(out + 16, _mm_unpackhi_epi8(v, _mm_setzero_si128()));
    }
    if (stop - out >= 32) {
      __m128i v = loadv(at);
      unsigned others = ~(unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_setzero_si128())) | 0x10000;
      ptrdiff_t count = __builtin_ctz(others);
      if (count > end - at) count = end - at;
      storev(out, _mm_unpacklo_epi8(v, _mm_setzero_si128()));
      storev(out + 16, _mm_unpackhi_epi8(v, _mm_setzero_si128()));
      at += count;
      out += 2 * count;
      if (at == end) break;
    }
    if (!end_known) {
      end = nul8_or_end(at, end);
      end_known = 1;
      if (at == end) break;
    }
    if (stop - out >= BLOCK_ROOM) {
      convert_blocks(&at, end, &out, stop);
      if (at == end) break;
    }
#else
    /* ASCII other than NUL, 4 bytes a step. */
    while (end - at >= 4 && stop - out >= 8) {
      uint32_t four = load32(at);
      if (((four | (four - 0x01010101u)) & 0x80808080u) != 0) break;
      uint64_t wide = four;
      wide = (wide | wide << 16) & 0x0000ffff0000ffffu;
      store64(out, (wide | wide << 8) & 0x00ff00ff00ff00ffu);
      at += 4;
      out += 8;
    }
#endif
    for (int steps = 4; steps > 0 && at < end; steps--) {
      uint32_t lead = *at;
      ptrdiff_t room = (stop - out) >> 1;
      /* A full target ends the text before it is judged. */
      if ((lead == 0 && stop_at_nul) || room < 1) goto done;
      if (lead < 0x80) {
        store16(out, (uint16_t)lead);
        out += 2;
        at++;
        continue;
      }
      int length = sequence_length(at, lead, end - at);
      if (length <= 0) {
        if (policy != POLICY_REPLACE) return fail(CAUSE_UTF8, (int32_t)(at - source), 0, (int32_t)lead);
        store16(out, 0xfffd);
        out += 2;
        at -= length;
        continue;
      }
      if (length == 4) {
        if (room < 2) goto done;
        uint32_t point = (((lead & 7) << 18) | ((at[1] & 0x3fu) << 12) | ((at[2] & 0x3fu) << 6) | (at[3] & 0x3fu)) - 0x10000;
        store32(out, 0xdc00d800u | (point >> 10) | ((point & 0x3ff) << 16));
        out += 4;
      } else {
        uint32_t point = length == 2 ? ((lead & 0x1f) << 6) | (at[1] & 0x3fu)
                                     : ((lead & 0xf) << 12) | ((at[1] & 0x3fu) << 6) | (at[2] & 0x3fu);
        store16(out, (uint16_t)point);
        out += 2;
      }
      at += length;
    }
  }
done:
  set_result(RESULT_CONSUMED, (int32_t)(at - source));
  return (int32_t)((out - target) >> 1);
}

#endif
