/** Blocks of UTF-8 to UTF-16. */
import { SPREAD_BASE } from '../src/wire/engine';
import { atOf, outOf, reached } from './reached';
import { needTables } from './shuffle-tables';
import { convertPairs, convertTriples } from './utf8-runs';
import {
  constant,
  FAULTS,
  firstBytes,
  HIGH_SURROGATE,
  LOW_7,
  LOW_SHARE,
  LOW_SURROGATE,
  NIBBLE,
  PLANES,
  THREE_LEAD_MOST,
  THREE_WANTED,
  TOP_BIT,
  TWO_WANTED,
  UPPER_6,
} from './vector-constants';

const BLOCK_BYTES: i32 = 64;
/** Bytes of room that a block needs: two for each of its own, and what the last vector stores beyond. */
export const BLOCK_ROOM: i32 = 2 * BLOCK_BYTES + 32;

/** The lanes one further on; the first is 0. */
// @ts-ignore: decorator
@inline
function movedOn(v: v128): v128 {
  return i8x16.shuffle(i64x2.splat(0), v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
}

/**
 * Surrogate pairs in place of four bytes that were taken for three and one: 15 bits where `leads` is that of four, and
 * the other 6 in the next lane.
 */
// @ts-ignore: decorator
@inline
function withPairs(units: v128, leads: v128): v128 {
  const first = i16x8.gt_s(leads, constant(THREE_LEAD_MOST));
  const highs = i16x8.add(i16x8.shr_u(i16x8.sub(units, constant(PLANES)), 4), constant(HIGH_SURROGATE));
  const share = v128.and(i16x8.shl(movedOn(units), 6), constant(LOW_SHARE));
  const lows = v128.or(v128.or(units, share), constant(LOW_SURROGATE));
  return v128.bitselect(highs, v128.bitselect(lows, units, movedOn(first)), first);
}

/**
 * Converts what stands between `start` and `textEnd`, or the first NUL where that ends the text, up to a block with
 * something malformed or one that does not surely fit. Returns where it stopped (reached.ts).
 * Loads up to 23 bytes beyond the text.
 */
export function convertBlocks(start: usize, textEnd: usize, target: usize, stop: usize, stopAtNul: bool): u64 {
  needTables();
  const zero = i64x2.splat(0);
  const nulWanted = stopAtNul ? -1 : 0;
  let end = textEnd;
  let at = start;
  let out = target;
  while (at < end && <i32>(stop - out) >= BLOCK_ROOM) {
    const shape = i8x16.bitmask(i8x16.lt_s(v128.load(at), i8x16.splat(-64)));
    if (shape == 0xaaaa || shape == 0x6db6) {
      const place =
        shape == 0xaaaa ? convertPairs(at, end, out, stop, nulWanted) : convertTriples(at, end, out, stop, nulWanted);
      if (atOf(place) != at) {
        at = atOf(place);
        out = outOf(place);
        continue;
      }
    }
    const nibble = constant(NIBBLE);
    const firstHigh = constant(FAULTS);
    const firstLow = constant(FAULTS + 1);
    const secondHigh = constant(FAULTS + 2);
    const twoWanted = constant(TWO_WANTED);
    const threeWanted = constant(THREE_WANTED);
    const topBit = constant(TOP_BIT);
    let bytes = <i32>min<usize>(end - at, BLOCK_BYTES);
    let before = zero;
    let beforeHigh = zero;
    let faults = zero;
    let continued: u64 = 0;
    // With the bytes behind the text, NULs, where it ends with a vector: a character may be cut off there.
    for (let i: i32 = 0; i <= bytes && i < BLOCK_BYTES; i += 16) {
      let v = v128.load(at + <usize>i);
      const nul = i8x16.bitmask(i8x16.eq(v, zero)) & nulWanted;
      if (nul != 0 && i + ctz(nul) < bytes) {
        bytes = i + ctz(nul);
        end = at + <usize>bytes;
      }
      if (bytes - i < 16) v = v128.and(v, firstBytes(bytes - i));
      continued |= <u64>i8x16.bitmask(i8x16.lt_s(v, i8x16.splat(-64))) << i;
      const high = v128.and(i16x8.shr_u(v, 4), nibble);
      const one = i8x16.shuffle(before, v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
      const two = i8x16.shuffle(before, v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
      const three = i8x16.shuffle(before, v, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
      const oneHigh = i8x16.shuffle(beforeHigh, high, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
      const pairs = v128.and(
        v128.and(i8x16.swizzle(firstHigh, oneHigh), i8x16.swizzle(firstLow, v128.and(one, nibble))),
        i8x16.swizzle(secondHigh, high),
      );
      // A lead of three or four bytes two before, or of four three before, wants a continuation here.
      const wanted = v128.or(i8x16.sub_sat_u(two, twoWanted), i8x16.sub_sat_u(three, threeWanted));
      faults = v128.or(faults, v128.xor(v128.and(wanted, topBit), pairs));
      before = v;
      beforeHigh = high;
    }
    // A character at the end of a block may be cut off: it is judged in the block where it is whole.
    if (bytes == 0 || v128.any_true(faults)) break;
    // A byte ends a character when the next one continues none; of the last of 64 that is not known.
    let ends = ~continued >> 1;
    // Four bytes, of which three in a row continue, are taken for three and one.
    let thirds = ((continued & (continued >> 1) & (continued >> 2)) << 1) & 0x3fffffffffffffff;
    ends |= thirds;
    if (bytes < BLOCK_BYTES) ends &= (<u64>1 << bytes) - 1;
    const low7 = constant(LOW_7);
    const upper6 = constant(UPPER_6);
    while (ends != 0) {
      const fours = <i32>thirds & 0xff;
      // The three wait when the one is not among the 8.
      const row = <i32>ends & 0xff & ~(fours & 0x80);
      const v = v128.load(at);
      const last = i8x16.swizzle(v, v128.load(<usize>row << 5, SPREAD_BASE));
      const leads = i8x16.swizzle(v, v128.load(<usize>row << 5, SPREAD_BASE + 16));
      let units = v128.or(
        v128.or(v128.and(last, low7), i16x8.shr_u(v128.and(last, upper6), 2)),
        i16x8.shl(leads, 12),
      );
      if (fours != 0) units = withPairs(units, leads);
      v128.store(out, units);
      const used = 32 - clz(row);
      at += <usize>used;
      out += <usize>(popcnt(row) << 1);
      ends >>= <u64>used;
      thirds >>= <u64>used;
    }
  }
  return reached(at, out);
}
