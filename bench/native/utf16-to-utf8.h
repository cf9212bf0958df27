/*
 * UTF-16LE to UTF-8: at most `limit` bytes, never a part of a character. Loads up to 31 bytes beyond the text, stores
 * nothing beyond the limit.
 */
#ifndef UTF16_TO_UTF8_H
#define UTF16_TO_UTF8_H

#include "memory.h"
#ifdef __SSE4_1__
#include "vectors.h"
#endif

ALWAYS uint32_t pair_bytes(uint32_t pair) {
  uint32_t c = 0x10000 + ((pair & 0x3ff) << 10) + ((pair >> 16) & 0x3ff);
  return 0x808080f0u | (c >> 18) | (((c >> 12) & 0x3f) << 8) | (((c >> 6) & 0x3f) << 16) | ((c & 0x3f) << 24);
}

#ifdef __SSE4_1__

/*
 * Shuffles that pack 8 units of one or two bytes, by the mask of the short ones; and 4 units of one to three bytes in u32
 * lanes, by two bits for each: below U+0080, below U+0800. Those lanes have the byte of ASCII, the last of two or three,
 * the first of three, and the first of two or second of three.
 */
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
      int below = mask >> (2 * unit) & 3;
      if (below == 3) *at++ = (uint8_t)(4 * unit);
      else {
        if (below == 0) *at++ = (uint8_t)(4 * unit + 2);
        *at++ = (uint8_t)(4 * unit + 3);
        *at++ = (uint8_t)(4 * unit + 1);
      }
    }
  }
}

/* A step stores at most this many bytes, of which the last may be nobody's. */
enum { UNITS_ROOM = 32 };

ALWAYS __m128i two_byte_lanes(__m128i v) {
  __m128i second = _mm_slli_epi16(_mm_and_si128(v, WIDE(0x3f)), 8);
  return _mm_or_si128(_mm_or_si128(_mm_srli_epi16(v, 6), second), WIDE(0x80c0));
}

ALWAYS __m128i three_byte_lanes(__m128i v, __m128i marks) {
  __m128i second = _mm_and_si128(_mm_slli_epi16(v, 2), WIDE(0x3f00));
  return _mm_or_si128(_mm_or_si128(_mm_srli_epi16(v, 12), second), marks);
}

/*
 * Units that, put through the lanes of two-byte characters, give the four bytes of surrogate pairs: the upper nine of the
 * first half's eleven bits (with the plane added), and the second half's ten with the first's last two above them.
 */
ALWAYS __m128i pair_units(__m128i v, __m128i first) {
  __m128i ten = _mm_and_si128(v, WIDE(0x3ff));
  __m128i eleven = _mm_add_epi16(ten, WIDE(0x40));
  __m128i second = _mm_or_si128(ten, _mm_and_si128(_mm_slli_epi16(moved_on(eleven), 10), WIDE(0xc00)));
  return _mm_blendv_epi8(second, _mm_srli_epi16(eleven, 2), first);
}

/* Where all eight units are from U+0080 to U+07FF there is no bit. */
ALWAYS unsigned no_two_bytes(__m128i v) { return bits_of(_mm_cmpgt_epi16(_mm_add_epi16(v, WIDE(0x7f80)), WIDE(0x877f))); }

/*
 * What stands between *source and `end`, or the first NUL where that ends the text, up to a vector with a lone surrogate
 * or one that does not surely fit.
 */
ALWAYS void convert_units(const uint8_t **source, const uint8_t *end, uint8_t **target, const uint8_t *stop, int stop_at_nul) {
  const uint8_t *at = *source;
  uint8_t *out = *target;
  const __m128i zero = _mm_setzero_si128();
  unsigned nul_wanted = stop_at_nul ? 0xffffffffu : 0;
  /* Steps that surely have a whole vector before them, and room behind. */
  ptrdiff_t steps = 0, used = 16, spare = 0;
  __m128i wanted = BYTES(-1);
  for (;;) {
    if (steps == 0) {
      if (at >= end || stop - out < UNITS_ROOM) break;
      steps = (end - at) >> 4;
      if (steps > (stop - out) >> 5) steps = (stop - out) >> 5;
      if (steps == 0) {
        /* Lanes behind the text become NULs, of one byte each. */
        used = end - at;
        spare = 8 - (used >> 1);
        wanted = first_bytes(used);
        steps = 1;
      }
    }
    steps--;
    __m128i v = _mm_and_si128(loadv(at), wanted);
    __m128i high = _mm_and_si128(v, WIDE(0xf800));
    __m128i small = _mm_cmpeq_epi16(high, zero);
    __m128i ascii = _mm_cmpeq_epi16(_mm_and_si128(v, WIDE(0xff80)), zero);
    /* The bits of ASCII units, and above them those below U+0800. */
    unsigned shape = bits_of(_mm_packs_epi16(ascii, small));
    if (shape & 0xff) {
      unsigned nul = bits_of(_mm_cmpeq_epi16(v, zero)) & nul_wanted;
      if (nul && __builtin_ctz(nul) < used) {
        end = at + __builtin_ctz(nul);
        steps = 0;
        continue;
      }
    }
    if (shape == 0xffff) {
      storev(out, _mm_packus_epi16(v, v));
      at += used;
      out += 8 - spare;
      for (; steps > 1; steps -= 2, at += 32, out += 16) {
        __m128i packed = _mm_packus_epi16(loadv(at), loadv(at + 16));
        if (bits_of(_mm_cmpgt_epi8(packed, zero)) != 0xffff) break;
        storev(out, packed);
      }
      continue;
    }
    if (shape >= 0xff00) {
      unsigned mask = shape & 0xff;
      __m128i both = _mm_blendv_epi8(two_byte_lanes(v), v, ascii);
      storev(out, _mm_shuffle_epi8(both, _mm_load_si128((const __m128i *)shuffle2[mask])));
      at += used;
      out += 16 - spare - __builtin_popcount(mask);
      if (mask) continue;
      /* Runs of one length need no tables. */
      for (; steps > 0; steps--, at += 16, out += 16) {
        v = loadv(at);
        if (no_two_bytes(v)) break;
        storev(out, two_byte_lanes(v));
      }
      /* The run may end within a vector, together with the text. */
      ptrdiff_t rest = end - at;
      if (steps == 0 && rest < 16 && stop - out >= UNITS_ROOM) {
        v = loadv(at);
        if (no_two_bytes(v) & ((1u << rest) - 1)) continue;
        storev(out, two_byte_lanes(v));
        at += rest;
        out += rest;
      }
      continue;
    }
    __m128i surrogate = _mm_cmpeq_epi16(high, WIDE(0xd800));
    unsigned surrogates = bits_of(surrogate);
    if (shape == 0 && surrogates == 0) {
      const __m128i pack = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
      for (;;) {
        __m128i front = three_byte_lanes(v, WIDE(0x80e0));
        __m128i last = _mm_or_si128(_mm_and_si128(v, WIDE(0x3f)), WIDE(0x80));
        storev(out, _mm_shuffle_epi8(_mm_unpacklo_epi16(front, last), pack));
        storev(out + 12, _mm_shuffle_epi8(_mm_unpackhi_epi16(front, last), pack));
        at += 16;
        out += 24;
        if (steps == 0) break;
        v = loadv(at);
        __m128i top = _mm_and_si128(v, WIDE(0xf800));
        if (!none(_mm_or_si128(_mm_cmpeq_epi16(top, zero), _mm_cmpeq_epi16(top, WIDE(0xd800))))) break;
        steps--;
      }
      continue;
    }
    /* The second byte of three, or the first of two. */
    __m128i marks = _mm_or_si128(WIDE(0x80e0), _mm_and_si128(small, WIDE(0x4000)));
    ptrdiff_t cut = 0;
    if (surrogates) {
      __m128i first = _mm_cmpeq_epi16(_mm_and_si128(v, WIDE(0xfc00)), WIDE(0xd800));
      unsigned firsts = bits_of(first);
      if (((firsts << 2) & 0xffff) != (surrogates ^ firsts)) break;
      /* A first half that stands last waits for the next step; its two bytes and its two of source do not count. */
      cut = (firsts >> 14) & 2;
      v = _mm_blendv_epi8(v, pair_units(v, first), surrogate);
      marks = _mm_or_si128(marks, _mm_and_si128(first, WIDE(0x7000)));
      small = _mm_or_si128(small, surrogate);
    }
    __m128i upper = _mm_and_si128(_mm_slli_epi16(v, 8), WIDE(0x3f00));
    __m128i ends = _mm_or_si128(_mm_or_si128(_mm_and_si128(v, WIDE(0x7f)), upper), WIDE(0x8000));
    __m128i starts = three_byte_lanes(v, marks);
    unsigned classes = bits_of(_mm_blendv_epi8(small, ascii, WIDE(0x00ff)));
    unsigned low = classes & 0xff;
    storev(out, _mm_shuffle_epi8(_mm_unpacklo_epi16(ends, starts), _mm_load_si128((const __m128i *)shuffle3[low])));
    storev(out + 12 - __builtin_popcount(low),
           _mm_shuffle_epi8(_mm_unpackhi_epi16(ends, starts), _mm_load_si128((const __m128i *)shuffle3[classes >> 8])));
    out += 24 - spare - cut - __builtin_popcount(classes);
    at += used - cut;
  }
  *source = at;
  *target = out;
}

/* Sixteen units as signed bytes: what is not ASCII becomes negative, or 0. */
ALWAYS __m128i packed_at(const uint8_t *at) { return _mm_packus_epi16(loadv(at), loadv(at + 16)); }

#endif

static int32_t utf16_to_utf8(const uint8_t *source, int32_t units, uint8_t *target, int32_t limit, int policy) {
  const uint8_t *at = source, *end = source + 2 * (ptrdiff_t)units;
  uint8_t *out = target;
  const uint8_t *stop = target + limit;
  int stop_at_nul = policy == POLICY_LINUX;
  /* A size that counts the NUL is the usual one: it need not be looked for then. */
  if (stop_at_nul && units > 0 && load16(end - 2) == 0) end -= 2;
  while (at < end) {
#ifdef __SSE4_1__
    /* ASCII other than NUL, 32 units a step: only that is above 0 when narrowed to signed bytes. */
    if (load16(at) < 0x80 && stop - out >= 32) {
      const __m128i zero = _mm_setzero_si128();
      __m128i a = packed_at(at), b = packed_at(at + 32);
      unsigned found = bits_of(_mm_cmpgt_epi8(a, zero)) | bits_of(_mm_cmpgt_epi8(b, zero)) << 16;
      storev(out, a);
      storev(out + 16, b);
      if (found == 0xffffffffu && end - at > 64) {
        at += 64;
        out += 32;
        ptrdiff_t steps = (end - at) >> 7;
        if (steps > (stop - out) >> 6) steps = (stop - out) >> 6;
        for (; steps > 0; steps--, at += 128, out += 64) {
          a = packed_at(at);
          b = packed_at(at + 32);
          __m128i c = packed_at(at + 64), d = packed_at(at + 96);
          __m128i least = _mm_min_epi8(_mm_min_epi8(a, b), _mm_min_epi8(c, d));
          if (bits_of(_mm_cmpgt_epi8(least, zero)) != 0xffff) break;
          storev(out, a);
          storev(out + 16, b);
          storev(out + 32, c);
          storev(out + 48, d);
        }
        continue;
      }
      ptrdiff_t count = found == 0xffffffffu ? 32 : __builtin_ctz(~found);
      if (count > (end - at) >> 1) count = (end - at) >> 1;
      at += 2 * count;
      out += count;
      if (at == end) break;
    }
    if (stop_at_nul && load16(at) == 0) break;
    if (stop - out >= UNITS_ROOM) {
      convert_units(&at, end, &out, stop, stop_at_nul);
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
    /* Runs of two bytes, and of three. */
    for (; at < end && stop - out >= 2; at += 2, out += 2) {
      uint32_t c = load16(at);
      if (c - 0x80 >= 0x780) break;
      store16(out, (uint16_t)(0x80c0 | (c >> 6) | ((c & 0x3f) << 8)));
    }
    for (; at < end && stop - out >= 3; at += 2, out += 3) {
      uint32_t c = load16(at);
      if (c - 0x800 >= 0xd000) break;
      store16(out, (uint16_t)(0x80e0 | (c >> 12) | ((c << 2) & 0x3f00)));
      out[2] = (uint8_t)(0x80 | (c & 0x3f));
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
