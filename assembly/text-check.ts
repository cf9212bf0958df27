/** A look at texts that are to be sent: nearly all of them need no closer one. */

/**
 * Is any of these units a NUL or half of a surrogate pair? Looks at whole vectors: at up to 7 units behind the last one
 * too, which the caller has set.
 */
export function hasNulOrSurrogate(source: usize, units: i32): i32 {
  const end = source + ((<usize>units) << 1);
  if (ASC_FEATURE_SIMD) {
    const zero = i64x2.splat(0);
    const kind = i16x8.splat(<i16>0xf800);
    const surrogate = i16x8.splat(<i16>0xd800);
    let found = zero;
    while (source < end) {
      const v = v128.load(source);
      found = v128.or(found, v128.or(i16x8.eq(v, zero), i16x8.eq(v128.and(v, kind), surrogate)));
      source += 16;
    }
    return v128.any_true(found) ? 1 : 0;
  }
  let found: u64 = 0;
  const last = source + (((end - source) + 15) & ~15);
  while (source < last) {
    const v = load<u64>(source);
    const other = (v & 0xf800f800f800f800) ^ 0xd800d800d800d800;
    found |= ((v - 0x0001000100010001) & ~v) | ((other - 0x0001000100010001) & ~other);
    source += 8;
  }
  return (found & 0x8000800080008000) != 0 ? 1 : 0;
}
