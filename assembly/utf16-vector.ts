/** Eight UTF-16 units, none of them a surrogate, to UTF-8. */
import { SHUFFLE2_BASE, SHUFFLE3_BASE } from '../src/wire/engine';

const DROP: i8 = -128;

/** The first `count` units; NULs in place of the others. */
// @ts-ignore: decorator
@inline
export function firstUnits(v: v128, count: i32): v128 {
  return v128.and(v, i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>count)));
}

/** Are all units from U+0080 to U+07FF? */
// @ts-ignore: decorator
@inline
export function areTwoByteUnits(v: v128): bool {
  return !v128.any_true(v128.or(v128.and(v, i16x8.splat(<i16>0xf800)), i16x8.lt_s(v, i16x8.splat(0x80))));
}

/** Are all units from U+0800 on, and no surrogates? */
// @ts-ignore: decorator
@inline
export function areThreeByteUnits(v: v128): bool {
  const high = v128.and(v, i16x8.splat(<i16>0xf800));
  return !v128.any_true(v128.or(i16x8.eq(high, i16x8.splat(0)), i16x8.eq(high, i16x8.splat(<i16>0xd800))));
}

/** Lead and continuation of two-byte characters in u16 lanes, lead byte low: 0x80c0 | v >> 6 | (v & 0x3f) << 8. */
// @ts-ignore: decorator
@inline
export function twoByteLanes(v: v128): v128 {
  return v128.or(
    v128.or(i16x8.shr_u(v, 6), i16x8.shl(v128.and(v, i16x8.splat(0x3f)), 8)),
    i16x8.splat(<i16>0x80c0),
  );
}

/** The first two bytes of three-byte characters in u16 lanes: 0x80e0 | v >> 12 | (v << 2) & 0x3f00. */
// @ts-ignore: decorator
@inline
function threeByteLanes(v: v128): v128 {
  return v128.or(
    v128.or(i16x8.shr_u(v, 12), v128.and(i16x8.shl(v, 2), i16x8.splat(0x3f00))),
    i16x8.splat(<i16>0x80e0),
  );
}

/** The last byte of each character in u16 lanes. */
// @ts-ignore: decorator
@inline
function lastByteLanes(v: v128): v128 {
  return v128.or(v128.and(v, i16x8.splat(0x3f)), i16x8.splat(0x80));
}

/** Units below U+0800; `ascii` are the lanes below U+0080, `mask` their bits. Stores 16 bytes, returns how many count. */
// @ts-ignore: decorator
@inline
export function storeTwoByteUnits(target: usize, v: v128, ascii: v128, mask: i32): usize {
  const both = v128.bitselect(v, twoByteLanes(v), ascii);
  v128.store(target, i8x16.swizzle(both, v128.load(<usize>SHUFFLE2_BASE + ((<usize>mask) << 4))));
  return <usize>(16 - popcnt(mask));
}

/** Units from U+0800 on: 24 bytes, and 8 more are stored. */
// @ts-ignore: decorator
@inline
export function storeThreeByteUnits(target: usize, v: v128): void {
  const front = threeByteLanes(v);
  const last = lastByteLanes(v);
  v128.store(
    target,
    v128.or(
      i8x16.swizzle(front, i8x16(0, 1, DROP, 2, 3, DROP, 4, 5, DROP, 6, 7, DROP, 8, 9, DROP, 10)),
      i8x16.swizzle(last, i8x16(DROP, DROP, 0, DROP, DROP, 2, DROP, DROP, 4, DROP, DROP, 6, DROP, DROP, 8, DROP)),
    ),
  );
  v128.store(
    target,
    v128.or(
      i8x16.swizzle(
        front,
        i8x16(11, DROP, 12, 13, DROP, 14, 15, DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP),
      ),
      i8x16.swizzle(
        last,
        i8x16(DROP, 10, DROP, DROP, 12, DROP, DROP, 14, DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP),
      ),
    ),
    16,
  );
}

/** Any units; `small` are the lanes below U+0800. Stores up to 28 bytes and returns how many count. */
// @ts-ignore: decorator
@inline
export function storeUnits(target: usize, v: v128, small: v128): usize {
  const ascii = i16x8.eq(v128.and(v, i16x8.splat(<i16>0xff80)), i16x8.splat(0));
  const front = v128.bitselect(v128.bitselect(v, twoByteLanes(v), ascii), threeByteLanes(v), small);
  const last = lastByteLanes(v);
  // Two bits for each unit: below U+0080, below U+0800.
  const classes = i8x16.bitmask(
    v128.or(v128.and(ascii, i16x8.splat(0x00ff)), v128.and(small, i16x8.splat(<i16>0xff00))),
  );
  const low = classes & 0xff;
  const high = classes >> 8;
  const first = <usize>(12 - popcnt(low));
  v128.store(
    target,
    i8x16.swizzle(
      i16x8.shuffle(front, last, 0, 8, 1, 9, 2, 10, 3, 11),
      v128.load(<usize>SHUFFLE3_BASE + ((<usize>low) << 4)),
    ),
  );
  v128.store(
    target + first,
    i8x16.swizzle(
      i16x8.shuffle(front, last, 4, 12, 5, 13, 6, 14, 7, 15),
      v128.load(<usize>SHUFFLE3_BASE + ((<usize>high) << 4)),
    ),
  );
  return first + <usize>(12 - popcnt(high));
}
