/*
 * UTF-8 to UTF-16LE: at most `limit` units, never half a pair. Loads up to 63 bytes beyond the text, stores nothing
 * beyond the limit.
 */
#ifndef UTF8_TO_UTF16_H
#define UTF8_TO_UTF16_H

#include "utf8-check.h"
#ifdef __SSE4_1__
#include "utf8-runs.h"
#endif

#ifdef __SSE4_1__

enum { BLOCK_BYTES = 64, BLOCK_ROOM = 2 * BLOCK_BYTES + 32 };

/*
 * Of 8 bytes `ends` marks the last of each character, of up to three bytes: shuffles that put the last two bytes of each
 * into a lane of their own, last byte low, and the first of three into another vector.
 */
static struct {
  uint8_t last[16];
  uint8_t lead[16];
} spreads[256] __attribute__((aligned(32)));

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
  }
}

/* Surrogate pairs in place of four bytes that were taken for three and one. */
ALWAYS __m128i with_pairs(__m128i units, __m128i leads) {
  __m128i first = _mm_cmpgt_epi16(leads, WIDE(0xef));
  __m128i highs = _mm_add_epi16(_mm_srli_epi16(_mm_sub_epi16(units, WIDE(0x400)), 4), WIDE(0xd800));
  __m128i share = _mm_and_si128(_mm_slli_epi16(moved_on(units), 6), WIDE(0x3c0));
  __m128i lows = _mm_or_si128(_mm_or_si128(units, share), WIDE(0xdc00));
  return _mm_blendv_epi8(_mm_blendv_epi8(units, lows, moved_on(first)), highs, first);
}

/*
 * What stands between *source and `end`, or the first NUL where that ends the text, up to a block with something malformed
 * or one that does not surely fit.
 */
ALWAYS void convert_blocks(const uint8_t **source, const uint8_t *end, uint8_t **target, const uint8_t *stop, int stop_at_nul) {
  const uint8_t *at = *source;
  uint8_t *out = *target;
  const __m128i zero = _mm_setzero_si128();
  unsigned nul_wanted = stop_at_nul ? 0xffffffffu : 0;
  while (at < end && stop - out >= BLOCK_ROOM) {
    unsigned shape = bits_of(_mm_cmplt_epi8(loadv(at), BYTES(-64)));
    if (shape == 0xaaaa || shape == 0x6db6) {
      const uint8_t *began = at;
      if (shape == 0xaaaa) convert_pairs(&at, end, &out, stop, nul_wanted);
      else convert_triples(&at, end, &out, stop, nul_wanted);
      if (at != began) continue;
    }
    ptrdiff_t bytes = end - at < BLOCK_BYTES ? end - at : BLOCK_BYTES;
    __m128i before = zero, before_high = zero, faults = zero;
    uint64_t continued = 0;
    /* With the bytes behind the text, NULs, where it ends with a vector: a character may be cut off there. */
    for (ptrdiff_t i = 0; i <= bytes && i < BLOCK_BYTES; i += 16) {
      __m128i v = loadv(at + i);
      unsigned nul = bits_of(_mm_cmpeq_epi8(v, zero)) & nul_wanted;
      if (nul && i + __builtin_ctz(nul) < bytes) {
        bytes = i + __builtin_ctz(nul);
        end = at + bytes;
      }
      if (bytes - i < 16) v = _mm_and_si128(v, first_bytes(bytes - i));
      continued |= (uint64_t)bits_of(_mm_cmplt_epi8(v, BYTES(-64))) << i;
      __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), BYTES(15));
      faults = _mm_or_si128(faults, faults_of(v, before, high, before_high));
      before = v;
      before_high = high;
    }
    if (bytes == 0 || !none(faults)) break;
    /* A byte ends a character when the next one continues none; of the last of 64 that is not known. */
    uint64_t ends = ~continued >> 1;
    /* Four bytes, of which three in a row continue, are taken for three and one. */
    uint64_t thirds = ((continued & (continued >> 1) & (continued >> 2)) << 1) & 0x3fffffffffffffffu;
    ends |= thirds;
    if (bytes < BLOCK_BYTES) ends &= ((uint64_t)1 << bytes) - 1;
    while (ends != 0) {
      unsigned fours = (unsigned)thirds & 0xff;
      /* The three wait when the one is not among the 8. */
      unsigned row = (unsigned)ends & 0xff & ~(fours & 0x80);
      __m128i v = loadv(at);
      __m128i last = _mm_shuffle_epi8(v, _mm_load_si128((const __m128i *)spreads[row].last));
      __m128i leads = _mm_shuffle_epi8(v, _mm_load_si128((const __m128i *)spreads[row].lead));
      __m128i second = _mm_srli_epi16(_mm_and_si128(last, WIDE(0x3f00)), 2);
      __m128i units = _mm_or_si128(_mm_or_si128(_mm_and_si128(last, WIDE(0x7f)), second), _mm_slli_epi16(leads, 12));
      if (fours) units = with_pairs(units, leads);
      storev(out, units);
      int used = row ? 32 - __builtin_clz(row) : 0;
      at += used;
      out += 2 * __builtin_popcount(row);
      ends >>= used;
      thirds >>= used;
    }
  }
  *source = at;
  *target = out;
}

#endif

#ifndef __SSE4_1__
/* Four bytes as units. */
ALWAYS uint64_t spread_out(uint64_t four) {
  uint64_t pairs = (four | four << 16) & 0x0000ffff0000ffffu;
  return (pairs | pairs << 8) & 0x00ff00ff00ff00ffu;
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
  while (at < end) {
#ifdef __SSE4_1__
    /* ASCII other than NUL, 32 bytes a step: only that is above 0 as signed bytes. */
    if ((int8_t)*at > 0 && stop - out >= 64) {
      const __m128i zero = _mm_setzero_si128();
      __m128i a = loadv(at), b = loadv(at + 16);
      unsigned found = bits_of(_mm_cmpgt_epi8(a, zero)) | bits_of(_mm_cmpgt_epi8(b, zero)) << 16;
      store_wide(out, a);
      store_wide(out + 32, b);
      if (found == 0xffffffffu && end - at > 32) {
        at += 32;
        out += 64;
        ptrdiff_t steps = (end - at) >> 6;
        if (steps > (stop - out) >> 7) steps = (stop - out) >> 7;
        for (; steps > 0; steps--, at += 64, out += 128) {
          a = loadv(at);
          b = loadv(at + 16);
          __m128i c = loadv(at + 32), d = loadv(at + 48);
          __m128i least = _mm_min_epi8(_mm_min_epi8(a, b), _mm_min_epi8(c, d));
          if (bits_of(_mm_cmpgt_epi8(least, zero)) != 0xffff) break;
          store_wide(out, a);
          store_wide(out + 32, b);
          store_wide(out + 64, c);
          store_wide(out + 96, d);
        }
        continue;
      }
      ptrdiff_t count = found == 0xffffffffu ? 32 : __builtin_ctz(~found);
      if (count > end - at) count = end - at;
      at += count;
      out += 2 * count;
      if (at == end) break;
    }
    if (stop_at_nul && *at == 0) break;
    if (stop - out >= BLOCK_ROOM) {
      convert_blocks(&at, end, &out, stop, stop_at_nul);
      if (at == end) break;
    }
#else
    /* ASCII other than NUL, 8 bytes a step. */
    while (end - at >= 8 && stop - out >= 16) {
      uint64_t eight = load64(at);
      if (((eight | (eight - 0x0101010101010101u)) & 0x8080808080808080u) != 0) break;
      store64(out, spread_out((uint32_t)eight));
      store64(out + 8, spread_out(eight >> 32));
      at += 8;
      out += 16;
    }
    /* Runs of two bytes, and of three; what begins or ends the ranges is judged with care below. */
    for (; end - at >= 2 && stop - out >= 2; at += 2, out += 2) {
      uint32_t two = load16(at);
      if ((two & 0xc0e0) != 0x80c0 || (two & 0x1e) == 0) break;
      store16(out, (uint16_t)(((two & 0x1f) << 6) | ((two >> 8) & 0x3f)));
    }
    for (; end - at >= 3 && stop - out >= 2; at += 3, out += 2) {
      uint32_t lead = *at, two = load16(at + 1);
      if (lead - 0xe1 >= 0xc || (two & 0xc0c0) != 0x8080) break;
      store16(out, (uint16_t)((lead << 12) | ((two & 0x3f) << 6) | ((two >> 8) & 0x3f)));
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
