/** Eight UTF-16 units, none of them a surrogate, to UTF-8. */
import { SHUFFLE2_BASE, SHUFFLE3_BASE } from '../src/wire/engine';

const DROP: i8 = -128;

/** Lead and continuation of two-byte characters in u16 lanes, lead byte low: 0x80c0 | v >> 6 | (v & 0x3f) << 8. */
// @ts-ignore: decorator
@inline
function twoByteLanes(v: v128): v128 {
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

/** Units below U+0800; `ascii` are the lanes below U+0080. Stores 16 bytes and returns how many count. */
// @ts-ignore: decorator
@inline
export function storeTwoByteUnits(target: usize, v: v128, ascii: v128): usize {
  const mask = i16x8.bitmask(ascii);
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

/** Any units. Stores up to 28 bytes and returns how many count. */
// @ts-ignore: decorator
@inline
export function storeUnits(target: usize, v: v128): usize {
  const ascii = i16x8.lt_u(v, i16x8.splat(0x80));
  const small = i16x8.lt_u(v, i16x8.splat(0x800));
  const front = v128.bitselect(v128.bitselect(v, twoByteLanes(v), ascii), threeByteLanes(v), small);
  const last = lastByteLanes(v);
  const two = ~i16x8.bitmask(ascii) & 0xff;
  const three = ~i16x8.bitmask(small) & 0xff;
  const low = (two & 15) | ((three & 15) << 4);
  const high = (two >> 4) | (three & 0xf0);
  const first: usize = <usize>(4 + popcnt(low));
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
  return first + <usize>(4 + popcnt(high));
}
