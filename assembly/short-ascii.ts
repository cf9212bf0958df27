/** Most keys and values are ASCII of up to 32 characters: without a call, a loop or a table. */

/** Units converted at `target`: all of `units`, or -1 when they are more than 32 or not ASCII. Stores 32 bytes. */
// @ts-ignore: decorator
@inline
export function shortToUtf8(source: usize, units: i32, target: usize): i32 {
  if (units > 32 || load<u16>(source) >= 0x80) return -1;
  const zero = i64x2.splat(0);
  const a = i8x16.narrow_i16x8_u(v128.load(source), v128.load(source, 16));
  const b = i8x16.narrow_i16x8_u(v128.load(source, 32), v128.load(source, 48));
  const others = ~(i8x16.bitmask(i8x16.gt_s(a, zero)) | (i8x16.bitmask(i8x16.gt_s(b, zero)) << 16));
  const count = ctz(others);
  // NUL ends a text before its stated size.
  if (count < units && load<u16>(source + ((<usize>count) << 1)) != 0) return -1;
  v128.store(target, a);
  v128.store(target, b, 16);
  return min(count, units);
}

/** Units made of a text that a NUL ends, at `target`, or -1 when there is none in 32 bytes, or not ASCII. Stores 64 bytes. */
// @ts-ignore: decorator
@inline
export function shortToUtf16(source: usize, target: usize): i32 {
  if (load<i8>(source) < 0) return -1;
  const zero = i64x2.splat(0);
  const a = v128.load(source);
  const b = v128.load(source, 16);
  const others = ~(i8x16.bitmask(i8x16.gt_s(a, zero)) | (i8x16.bitmask(i8x16.gt_s(b, zero)) << 16));
  if (others == 0) return -1;
  const count = ctz(others);
  if (load<u8>(source + <usize>count) != 0) return -1;
  v128.store(target, i16x8.extend_low_i8x16_u(a));
  v128.store(target, i16x8.extend_high_i8x16_u(a), 16);
  v128.store(target, i16x8.extend_low_i8x16_u(b), 32);
  v128.store(target, i16x8.extend_high_i8x16_u(b), 48);
  return count;
}
