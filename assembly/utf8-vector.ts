/** Blocks of UTF-8 to UTF-16: characters are found by a mask of 64 bytes and checked when they are put together. */
import { SPREAD_BASE, SPREAD_STEP_BASE } from '../src/wire/engine';
import { needSpreadTables, STEP_WIDE } from './shuffle-tables';

const BLOCK_BYTES: i32 = 64;
/** Units of room that a block needs: one for each byte, and what the last vector stores beyond. */
export const BLOCK_ROOM: i32 = BLOCK_BYTES + 16;

/** One bit for each byte that continues a character. */
// @ts-ignore: decorator
@inline
function continuations(v: v128): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.lt_s(v, i8x16.splat(-64))));
}

/**
 * Puts one- and two-byte characters in u16 lanes together, last byte low; stores them and says whether all were well
 * formed: below 0x80, or 0xc280 to 0xdfbf with a continuation as last byte.
 */
// @ts-ignore: decorator
@inline
function storeNarrow(out: usize, lanes: v128): bool {
  v128.store(
    out,
    v128.or(
      i16x8.shr_u(v128.and(lanes, i16x8.splat(0x1f00)), 2),
      v128.and(lanes, i16x8.splat(0x7f)),
    ),
  );
  const outside = v128.or(
    i16x8.gt_s(lanes, i16x8.splat(0x7f)),
    i16x8.lt_s(lanes, i16x8.splat(<i16>0xc280)),
  );
  const beyond = v128.and(i16x8.gt_s(lanes, i16x8.splat(<i16>0xdfbf)), i16x8.lt_s(lanes, i16x8.splat(0)));
  return !v128.any_true(v128.or(outside, beyond));
}

/** Characters of one to three bytes in u32 lanes, last byte low, joined. */
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

/** Non-zero in each lane of one to three bytes that is not a well-formed character. */
// @ts-ignore: decorator
@inline
function malformed(lanes: v128): v128 {
  const one = v128.and(i32x4.gt_s(lanes, i32x4.splat(0x7f)), i32x4.lt_s(lanes, i32x4.splat(0xc280)));
  const two = v128.and(i32x4.gt_s(lanes, i32x4.splat(0xdfbf)), i32x4.lt_s(lanes, i32x4.splat(0xe0a080)));
  const surrogate = i32x4.eq(v128.and(lanes, i32x4.splat(0xffe000)), i32x4.splat(0xeda000));
  const four = i32x4.gt_s(lanes, i32x4.splat(0xefbfbf));
  return v128.or(v128.or(one, two), v128.or(surrogate, four));
}

// @ts-ignore: decorator
@inline
function storeWide(out: usize, lanes: v128): bool {
  const units = joined(lanes);
  v128.store(out, i16x8.narrow_i32x4_u(units, units));
  return !v128.any_true(malformed(lanes));
}

/** Eight characters of two bytes each; false when they are something else, and what was stored is worth nothing. */
// @ts-ignore: decorator
@inline
function storeEightPairs(out: usize, at: usize): bool {
  const v = v128.load(at);
  v128.store(
    out,
    v128.or(
      i16x8.shl(v128.and(v, i16x8.splat(0x1f)), 6),
      v128.and(i16x8.shr_u(v, 8), i16x8.splat(0x3f)),
    ),
  );
  const shape = i16x8.ne(v128.and(v, i16x8.splat(<i16>0xc0e0)), i16x8.splat(<i16>0x80c0));
  const overlong = i16x8.eq(v128.and(v, i16x8.splat(0x1e)), i16x8.splat(0));
  return !v128.any_true(v128.or(shape, overlong));
}

/** Eight characters of three bytes each; false when they are something else. Loads 28 bytes. */
// @ts-ignore: decorator
@inline
function storeEightTriples(out: usize, at: usize): bool {
  const spread = i8x16(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1);
  const low = i8x16.swizzle(v128.load(at), spread);
  const high = i8x16.swizzle(v128.load(at, 12), spread);
  const units = i16x8.narrow_i32x4_u(joined(low), joined(high));
  v128.store(out, units);
  const mask = i32x4.splat(0xf0c0c0);
  const wanted = i32x4.splat(0xe08080);
  const shape = v128.or(v128.xor(v128.and(low, mask), wanted), v128.xor(v128.and(high, mask), wanted));
  const top = v128.and(units, i16x8.splat(<i16>0xf800));
  const outside = v128.or(i16x8.eq(top, i16x8.splat(0)), i16x8.eq(top, i16x8.splat(<i16>0xd800)));
  return !v128.any_true(v128.or(shape, outside));
}

/** How far the last call came. */
export let blockAt: usize = 0;
export let blockOut: usize = 0;

/**
 * Converts what stands between `at` and `end`, up to the first character that is malformed, cut off, or whose block
 * does not surely fit: `blockAt` and `blockOut` say where it stopped. Loads up to 63 bytes beyond the text.
 */
export function convertBlocks(start: usize, end: usize, target: usize, stop: usize): void {
  needSpreadTables();
  let at = start;
  let out = target;
  while (at < end && <i32>(stop - out) >= BLOCK_ROOM << 1) {
    const bytes = <i32>min<usize>(end - at, BLOCK_BYTES);
    const continued =
      continuations(v128.load(at)) |
      (continuations(v128.load(at, 16)) << 16) |
      (continuations(v128.load(at, 32)) << 32) |
      (continuations(v128.load(at, 48)) << 48);
    // A byte ends a character when the next one continues none; behind the text every byte counts as one.
    let ends = ~continued >> 1;
    if (bytes < BLOCK_BYTES) ends |= ~(<u64>0) << (bytes - 1);
    else ends |= <u64>(load<i8>(at, BLOCK_BYTES) >= -64) << (BLOCK_BYTES - 1);
    const before = at;
    let used: i32 = 0;
    let run = false;
    while (used < bytes) {
      const left = ends >> used;
      if ((left & 0xffff) == 0xaaaa || (left & 0xffffff) == 0x924924) {
        run = true;
        break;
      }
      const from = at + <usize>used;
      // Bytes behind the text become NULs.
      const v = v128.and(
        v128.load(from),
        i8x16.lt_s(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>(bytes - used))),
      );
      if ((left & 0xffff) == 0xffff) {
        if (v128.any_true(v128.and(v, i8x16.splat(-128)))) break;
        v128.store(out, i16x8.extend_low_i8x16_u(v));
        v128.store(out, i16x8.extend_high_i8x16_u(v), 16);
        used += 16;
        out += 32;
        continue;
      }
      const row = <usize>left & 0xff;
      const step = load<u32>(<usize>SPREAD_STEP_BASE + (row << 2));
      const lanes = i8x16.swizzle(v, v128.load(<usize>SPREAD_BASE + (row << 4)));
      if ((step & 15) == 0) {
        // Four bytes, or a character that is cut off or malformed.
        if ((left & 15) != 8) break;
        const four = load<u32>(from);
        if ((four & 0xc0c0c0f8) != 0x808080f0) break;
        const c =
          (((four & 7) << 18) | ((four & 0x3f00) << 4) | ((four >> 10) & 0xfc0) | ((four >> 24) & 0x3f)) - 0x10000;
        if (c > 0xfffff) break;
        store<u32>(out, 0xdc00d800 | (c >> 10) | ((c & 0x3ff) << 16));
        used += 4;
        out += 4;
        continue;
      }
      if (step & STEP_WIDE) {
        if (!storeWide(out, lanes)) break;
      } else if (!storeNarrow(out, lanes)) break;
      used += <i32>(step & 15);
      out += <usize>((step >> 4) & 15) << 1;
    }
    // The NULs behind the text are not part of it.
    if (used > bytes) {
      out -= <usize>(used - bytes) << 1;
      used = bytes;
    }
    at += <usize>used;
    if (run) {
      // Texts of one script are runs of one length, which need no mask.
      while (end - at >= 16 && <i32>(stop - out) >= BLOCK_ROOM << 1 && storeEightPairs(out, at)) {
        at += 16;
        out += 16;
      }
      while (end - at >= 24 && <i32>(stop - out) >= BLOCK_ROOM << 1 && storeEightTriples(out, at)) {
        at += 24;
        out += 16;
      }
    }
    if (at == before) break;
  }
  blockAt = at;
  blockOut = out;
}
