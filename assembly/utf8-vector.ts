/** Blocks of UTF-8 to UTF-16. */
import { SPREAD_BASE, SPREAD_STEP_BASE } from '../src/wire/engine';
import { needTables, STEP_RUN, STEP_UNIT_BYTES } from './shuffle-tables';
import { continuations, isWellFormed } from './utf8-check';

const BLOCK_BYTES: i32 = 64;
/** Bytes of room that a block needs: two for each of its own, and what the last vector stores beyond. */
export const BLOCK_ROOM: i32 = 2 * BLOCK_BYTES + 32;

/** Well-formed characters of one to three bytes in u32 lanes, last byte low. */
// @ts-ignore: decorator
@inline
function joined(lanes: v128): v128 {
  return v128.or(
    v128.or(
      v128.and(lanes, i32x4.splat(0x7f)),
      i32x4.shr_u(v128.and(lanes, i32x4.splat(0x3f00)), 2),
    ),
    i32x4.shr_u(v128.and(lanes, i32x4.splat(0x0f0000)), 4),
  );
}

/** Eight characters of two bytes each; false when they are something else, and what was stored is worth nothing. */
// @ts-ignore: decorator
@inline
function storePairs(out: usize, v: v128): bool {
  v128.store(
    out,
    v128.or(
      i16x8.shl(v128.and(v, i16x8.splat(0x1f)), 6),
      v128.and(i16x8.shr_u(v, 8), i16x8.splat(0x3f)),
    ),
  );
  const shape = v128.xor(v128.and(v, i16x8.splat(<i16>0xc0e0)), i16x8.splat(<i16>0x80c0));
  const overlong = i16x8.eq(v128.and(v, i16x8.splat(0x1e)), i16x8.splat(0));
  return !v128.any_true(v128.or(shape, overlong));
}

/** The first `count` pairs; the least well-formed ones in place of the others. */
// @ts-ignore: decorator
@inline
function firstPairs(v: v128, count: i32): v128 {
  const wanted = i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>count));
  return v128.bitselect(v, i16x8.splat(<i16>0x80c2), wanted);
}

/** Four characters of three bytes, from 12 bytes, in u32 lanes, last byte low. */
// @ts-ignore: decorator
@inline
function triplesAt(at: usize): v128 {
  return i8x16.swizzle(v128.load(at), i8x16(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1));
}

/** As {@link storePairs}, from two times four lanes. */
// @ts-ignore: decorator
@inline
function storeTriples(out: usize, low: v128, high: v128): bool {
  const units = i16x8.narrow_i32x4_u(joined(low), joined(high));
  v128.store(out, units);
  const mask = i32x4.splat(0xf0c0c0);
  const wanted = i32x4.splat(0xe08080);
  const shape = v128.or(v128.xor(v128.and(low, mask), wanted), v128.xor(v128.and(high, mask), wanted));
  const top = v128.and(units, i16x8.splat(<i16>0xf800));
  const outside = v128.or(i16x8.eq(top, i16x8.splat(0)), i16x8.eq(top, i16x8.splat(<i16>0xd800)));
  return !v128.any_true(v128.or(shape, outside));
}

/** The lanes from `first` on that are below `count`; a well-formed character in place of the others. */
// @ts-ignore: decorator
@inline
function firstTriples(lanes: v128, first: i32, count: i32): v128 {
  const wanted = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count - first));
  return v128.bitselect(lanes, i32x4.splat(0xe0a080), wanted);
}

/** The first `count` bytes; NULs in place of the others. */
// @ts-ignore: decorator
@inline
function firstBytes(v: v128, count: i32): v128 {
  return v128.and(
    v,
    i8x16.lt_s(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>count)),
  );
}

/** How far the last call came. */
export let blockAt: usize = 0;
export let blockOut: usize = 0;

/**
 * Converts what stands between `start` and `end`, up to a block with something malformed or one that does not surely
 * fit: `blockAt` and `blockOut` say where it stopped. Loads up to 63 bytes beyond the text.
 */
export function convertBlocks(start: usize, end: usize, target: usize, stop: usize): void {
  needTables();
  let at = start;
  let out = target;
  while (at < end && <i32>(stop - out) >= BLOCK_ROOM) {
    const bytes = <i32>min<usize>(end - at, BLOCK_BYTES);
    let a = v128.load(at);
    let b = v128.load(at, 16);
    let c = v128.load(at, 32);
    let d = v128.load(at, 48);
    if (bytes < BLOCK_BYTES) {
      a = firstBytes(a, bytes);
      b = firstBytes(b, bytes - 16);
      c = firstBytes(c, bytes - 32);
      d = firstBytes(d, bytes - 48);
    }
    // A byte ends a character when the next one continues none; of the last of 64 that is not known.
    let left = ~continuations(a, b, c, d) >> 1;
    const before = at;
    const blockEnd = at + <usize>bytes;
    let run = false;
    let checked = false;
    while (at < blockEnd) {
      const row = <usize>left & 0xff;
      const step = load<u32>(<usize>SPREAD_STEP_BASE + (row << 2));
      if (step & STEP_RUN && ((left & 0xffff) == 0xaaaa || (left & 0xffffff) == 0x924924)) {
        run = true;
        break;
      }
      if (!checked) {
        if (!isWellFormed(a, b, c, d)) break;
        checked = true;
      }
      let v = v128.load(at);
      if (blockEnd - at < 16) v = firstBytes(v, <i32>(blockEnd - at));
      let used = step & 15;
      if (step & STEP_RUN && (left & 0xffff) == 0xffff) {
        v128.store(out, i16x8.extend_low_i8x16_u(v));
        v128.store(out, i16x8.extend_high_i8x16_u(v), 16);
        used = 16;
        out += 32;
      } else if (used != 0) {
        const last = i8x16.swizzle(v, v128.load(<usize>SPREAD_BASE + (row << 5)));
        const lead = i8x16.swizzle(v, v128.load(<usize>SPREAD_BASE + (row << 5), 16));
        v128.store(
          out,
          v128.or(
            v128.or(v128.and(last, i16x8.splat(0x7f)), i16x8.shr_u(v128.and(last, i16x8.splat(0x3f00)), 2)),
            i16x8.shl(lead, 12),
          ),
        );
        out += <usize>((step >> STEP_UNIT_BYTES) & 31);
      } else {
        // Four bytes, or a character that goes on in the next block.
        if ((left & 15) != 8) break;
        const four = load<u32>(at);
        const c =
          (((four & 7) << 18) | ((four & 0x3f00) << 4) | ((four >> 10) & 0xfc0) | ((four >> 24) & 0x3f)) - 0x10000;
        store<u32>(out, 0xdc00d800 | (c >> 10) | ((c & 0x3ff) << 16));
        used = 4;
        out += 4;
      }
      at += <usize>used;
      left >>= used;
    }
    // The NULs behind the text are not part of it.
    if (at > blockEnd) {
      out -= (at - blockEnd) << 1;
      at = blockEnd;
    }
    if (run) {
      // Texts of one script are runs of one length, which need no mask.
      while (end - at >= 16 && <i32>(stop - out) >= BLOCK_ROOM && storePairs(out, v128.load(at))) {
        at += 16;
        out += 16;
      }
      while (end - at >= 24 && <i32>(stop - out) >= BLOCK_ROOM && storeTriples(out, triplesAt(at), triplesAt(at + 12))) {
        at += 24;
        out += 16;
      }
      const rest = <i32>(end - at);
      if (rest < 24 && rest > 0 && <i32>(stop - out) >= BLOCK_ROOM) {
        const third = rest / 3;
        if (rest < 16 && (rest & 1) == 0 && storePairs(out, firstPairs(v128.load(at), rest >> 1))) {
          at = end;
          out += <usize>rest;
        } else if (
          third * 3 == rest &&
          storeTriples(out, firstTriples(triplesAt(at), 0, third), firstTriples(triplesAt(at + 12), 4, third))
        ) {
          at = end;
          out += <usize>third << 1;
        }
      }
    }
    if (at == before) break;
  }
  blockAt = at;
  blockOut = out;
}
