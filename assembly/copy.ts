/** Copies and fills that choose between an inline loop and the bulk instruction, whose call costs about 5 ns (perf.md 1). */

const COPY_INLINE_BYTES: i32 = 704;
const FILL_INLINE_BYTES: i32 = 320;

/** Copies a multiple of 8 bytes between 8-byte aligned, disjoint areas. */
// @ts-ignore: decorator
@inline
export function copyWords(target: usize, source: usize, bytes: i32): void {
  if (bytes > COPY_INLINE_BYTES) {
    memory.copy(target, source, bytes);
    return;
  }
  const end = target + <usize>bytes;
  if (ASC_FEATURE_SIMD) {
    // V8 looks for interrupts in every step of a loop.
    while (target + 64 <= end) {
      const a = v128.load(source);
      const b = v128.load(source, 16);
      const c = v128.load(source, 32);
      const d = v128.load(source, 48);
      v128.store(target, a);
      v128.store(target, b, 16);
      v128.store(target, c, 32);
      v128.store(target, d, 48);
      target += 64;
      source += 64;
    }
    while (target + 16 <= end) {
      v128.store(target, v128.load(source));
      target += 16;
      source += 16;
    }
  }
  while (target < end) {
    store<u64>(target, load<u64>(source));
    target += 8;
    source += 8;
  }
}

/** Copies `bytes` bytes, of which the first `whole` stand at `first` and the others at `second`. */
export function copyAround(target: usize, first: usize, whole: i32, second: usize, bytes: i32): void {
  memory.copy(target, first, whole);
  memory.copy(target + <usize>whole, second, bytes - whole);
}

/** Copies `bytes` bytes between disjoint areas, reading and storing up to 15 more. */
// @ts-ignore: decorator
@inline
export function copyOver(target: usize, source: usize, bytes: i32): void {
  if (bytes > COPY_INLINE_BYTES) {
    memory.copy(target, source, bytes);
    return;
  }
  const end = target + <usize>bytes;
  while (target < end) {
    if (ASC_FEATURE_SIMD) {
      v128.store(target, v128.load(source));
      target += 16;
      source += 16;
    } else {
      store<u64>(target, load<u64>(source));
      target += 8;
      source += 8;
    }
  }
}

/** Clears exactly [from, to); nothing when `to` is not behind `from`. */
// @ts-ignore: decorator
@inline
export function clear(from: usize, to: usize): void {
  if (to <= from) return;
  const bytes = to - from;
  if (bytes > <usize>FILL_INLINE_BYTES || bytes < 8) {
    memory.fill(from, 0, bytes);
    return;
  }
  // The last store overlaps the one before instead of running over the end.
  const last = to - 8;
  if (ASC_FEATURE_SIMD) {
    const zero = i64x2.splat(0);
    while (from + 16 <= to) {
      v128.store(from, zero);
      from += 16;
    }
  }
  while (from < last) {
    store<u64>(from, 0);
    from += 8;
  }
  store<u64>(last, 0);
}

/**
 * Clears behind `used`, and not beyond `end`, what a conversion may have stored there, up to `overshoot` bytes (32 or
 * 64, and only with vectors), and what was there before, up to `dirty`.
 */
// @ts-ignore: decorator
@inline
export function clearBehind(base: usize, used: i32, dirty: i32, end: i32, overshoot: i32): void {
  let from = used;
  if (ASC_FEATURE_SIMD) {
    if (used + overshoot <= end) {
      const zero = i64x2.splat(0);
      const behind = base + <usize>used;
      v128.store(behind, zero);
      v128.store(behind, zero, 16);
      if (overshoot > 32) {
        v128.store(behind, zero, 32);
        v128.store(behind, zero, 48);
      }
      from += overshoot;
    } else dirty = end;
  }
  if (dirty > from) clear(base + <usize>from, base + <usize>min(dirty, end));
}
