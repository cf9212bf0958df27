/** UTF-16 to UTF-8, eight units a step. */
import { SHUFFLE2_BASE, SHUFFLE3_BASE } from '../src/wire/engine';
import { reached } from './reached';
import { needTables } from './shuffle-tables';
import {
  constant,
  FOUR_LEAD,
  firstBytes,
  HIGH_SURROGATE,
  LOW_10,
  LOW_6,
  LOW_7,
  PLANE,
  SHARED,
  THREE_MARKS,
  TOP_5,
  TOP_6,
  TOP_9,
  TWO_LEAD,
  TWO_MARKS,
  UPPER_6,
  UPPER_MARK,
} from './vector-constants';

/** A step stores at most this many bytes, of which the last may be nobody's. */
export const UNITS_ROOM: i32 = 32;
const UNITS_ROOM_LOG2: i32 = 5;

/** Lead and continuation of two-byte characters in u16 lanes, lead byte low: 0x80c0 | v >> 6 | (v & 0x3f) << 8. */
// @ts-ignore: decorator
@inline
function twoByteLanes(v: v128, low6: v128, marks: v128): v128 {
  return v128.or(v128.or(i16x8.shr_u(v, 6), i16x8.shl(v128.and(v, low6), 8)), marks);
}

/** The first two bytes of three-byte characters likewise: marks | v >> 12 | (v << 2) & 0x3f00. */
// @ts-ignore: decorator
@inline
function threeByteLanes(v: v128, upper6: v128, marks: v128): v128 {
  return v128.or(v128.or(i16x8.shr_u(v, 12), v128.and(i16x8.shl(v, 2), upper6)), marks);
}

/** The lanes one further on; the first is 0. */
// @ts-ignore: decorator
@inline
function movedOn(v: v128): v128 {
  return i8x16.shuffle(i64x2.splat(0), v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
}

/**
 * Units that, put through the lanes of two-byte characters, give the four bytes of surrogate pairs: the upper nine of
 * the first half's eleven bits (with the plane added), and the second half's ten with the first's last two above them.
 */
// @ts-ignore: decorator
@inline
function pairUnits(v: v128, first: v128): v128 {
  const ten = v128.and(v, constant(LOW_10));
  const eleven = i16x8.add(ten, constant(PLANE));
  const second = v128.or(ten, v128.and(i16x8.shl(movedOn(eleven), 10), constant(SHARED)));
  return v128.bitselect(i16x8.shr_u(eleven, 2), second, first);
}

/**
 * Converts what stands between `start` and `textEnd`, or the first NUL where that ends the text, up to a vector with a
 * lone surrogate or one that does not surely fit. Returns where it stopped (reached.ts). Loads up to 15
 * bytes beyond the text.
 */
export function convertUnits(start: usize, textEnd: usize, target: usize, stop: usize, stopAtNul: bool): u64 {
  needTables();
  const zero = i64x2.splat(0);
  const top5 = constant(TOP_5);
  const top9 = constant(TOP_9);
  const low6 = constant(LOW_6);
  const twoMarks = constant(TWO_MARKS);
  const nulWanted = stopAtNul ? -1 : 0;
  let end = textEnd;
  let at = start;
  let out = target;
  // Steps that surely have a whole vector before them, and room behind.
  let steps: i32 = 0;
  let wanted = firstBytes(16);
  let used: i32 = 16;
  let spare: i32 = 0;
  for (;;) {
    if (steps == 0) {
      if (at >= end) break;
      if (<i32>(stop - out) < UNITS_ROOM) break;
      steps = min(<i32>(end - at) >> 4, <i32>(stop - out) >> UNITS_ROOM_LOG2);
      if (steps == 0) {
        // Lanes behind the text become NULs, of one byte each.
        used = <i32>(end - at);
        spare = 8 - (used >> 1);
        wanted = firstBytes(used);
        steps = 1;
      }
    }
    steps--;
    let v = v128.and(v128.load(at), wanted);
    const high = v128.and(v, top5);
    let small = i16x8.eq(high, zero);
    const ascii = i16x8.eq(v128.and(v, top9), zero);
    // The bits of ASCII units, and above them those below U+0800.
    const shape = i8x16.bitmask(i8x16.narrow_i16x8_s(ascii, small));
    if (shape & 0xff) {
      const nul = i8x16.bitmask(i16x8.eq(v, zero)) & nulWanted;
      if (nul != 0) {
        if (ctz(nul) < used) {
          end = at + <usize>ctz(nul);
          steps = 0;
          continue;
        }
      }
    }
    if (shape == 0xffff) {
      v128.store(out, i8x16.narrow_i16x8_u(v, v));
      at += <usize>used;
      out += <usize>(8 - spare);
      for (; steps > 1; steps -= 2) {
        const packed = i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
        if (i8x16.bitmask(i8x16.gt_s(packed, zero)) != 0xffff) break;
        v128.store(out, packed);
        at += 32;
        out += 16;
      }
      continue;
    }
    if (shape >= 0xff00) {
      const mask = shape & 0xff;
      const both = v128.bitselect(v, twoByteLanes(v, low6, twoMarks), ascii);
      v128.store(out, i8x16.swizzle(both, v128.load(<usize>mask << 4, SHUFFLE2_BASE)));
      at += <usize>used;
      out += <usize>(16 - spare - popcnt(mask));
      if (mask != 0) continue;
      // Runs of one length have faster loops. A unit from U+0080 to U+07FF is, less U+0080, below U+0780.
      const shift = i16x8.splat(0x7f80);
      const most = i16x8.splat(<i16>0x877f);
      for (; steps > 0; steps--) {
        v = v128.load(at);
        if (i8x16.bitmask(i16x8.gt_s(i16x8.add(v, shift), most)) != 0) break;
        v128.store(out, twoByteLanes(v, low6, twoMarks));
        at += 16;
        out += 16;
      }
      // The run may end within a vector, together with the text.
      const rest = end - at;
      if (steps == 0 && rest < 16 && <i32>(stop - out) >= UNITS_ROOM) {
        v = v128.load(at);
        const others = i8x16.bitmask(i16x8.gt_s(i16x8.add(v, shift), most));
        if ((others & ((1 << <i32>rest) - 1)) != 0) continue;
        v128.store(out, twoByteLanes(v, low6, twoMarks));
        at += rest;
        out += rest;
      }
      continue;
    }
    const upper6 = constant(UPPER_6);
    const threeMarks = constant(THREE_MARKS);
    const highSurrogate = constant(HIGH_SURROGATE);
    const surrogate = i16x8.eq(high, highSurrogate);
    const surrogates = i8x16.bitmask(surrogate);
    if (shape == 0 && surrogates == 0) {
      const pack = i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
      for (;;) {
        const front = threeByteLanes(v, upper6, threeMarks);
        const last = v128.or(v128.and(v, low6), i16x8.splat(0x80));
        v128.store(out, i8x16.swizzle(i16x8.shuffle(front, last, 0, 8, 1, 9, 2, 10, 3, 11), pack));
        v128.store(out, i8x16.swizzle(i16x8.shuffle(front, last, 4, 12, 5, 13, 6, 14, 7, 15), pack), 12);
        at += 16;
        out += 24;
        if (steps == 0) break;
        v = v128.load(at);
        const top = v128.and(v, top5);
        if (i8x16.bitmask(v128.or(i16x8.eq(top, zero), i16x8.eq(top, highSurrogate))) != 0) break;
        steps--;
      }
      continue;
    }
    // The second byte of three, or the first of two.
    let marks = v128.or(threeMarks, v128.and(small, constant(TWO_LEAD)));
    let cut: i32 = 0;
    if (surrogates != 0) {
      const first = i16x8.eq(v128.and(v, constant(TOP_6)), highSurrogate);
      const firsts = i8x16.bitmask(first);
      if (((firsts << 2) & 0xffff) != (surrogates ^ firsts)) break;
      // A first half that stands last waits for the next step; its two bytes and its two of source do not count.
      cut = (firsts >> 14) & 2;
      v = v128.bitselect(pairUnits(v, first), v, surrogate);
      marks = v128.or(marks, v128.and(first, constant(FOUR_LEAD)));
      small = v128.or(small, surrogate);
    }
    const ends = v128.or(v128.or(v128.and(v, constant(LOW_7)), v128.and(i16x8.shl(v, 8), upper6)), constant(UPPER_MARK));
    const starts = threeByteLanes(v, upper6, marks);
    // Two bits for each unit: below U+0080, below U+0800.
    const classes = i8x16.bitmask(v128.or(i16x8.shr_u(ascii, 8), i16x8.shl(small, 8)));
    const low = classes & 0xff;
    v128.store(
      out,
      i8x16.swizzle(
        i16x8.shuffle(ends, starts, 0, 8, 1, 9, 2, 10, 3, 11),
        v128.load(<usize>low << 4, SHUFFLE3_BASE),
      ),
    );
    v128.store(
      out + <usize>(12 - popcnt(low)),
      i8x16.swizzle(
        i16x8.shuffle(ends, starts, 4, 12, 5, 13, 6, 14, 7, 15),
        v128.load(<usize>(classes >> 8) << 4, SHUFFLE3_BASE),
      ),
    );
    out += <usize>(24 - spare - cut - popcnt(classes));
    at += <usize>(used - cut);
  }
  return reached(at, out);
}
