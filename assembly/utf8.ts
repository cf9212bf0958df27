import {
  CAUSE_UTF8,
  POLICY_FREEBSD,
  POLICY_LINUX,
  POLICY_REPLACE,
  POLICY_STRICT,
  RESULT_CONSUMED,
} from '../src/wire/engine';
import { atOf, outOf } from './reached';
import { fail, setResult } from './result';
import { BLOCK_ROOM, convertBlocks } from './utf8-vector';

/** Units that a step of ASCII stores. */
const ASCII_ROOM: i32 = 32;
const REPLACEMENT: u32 = 0xfffd;
/** Characters converted one by one before the faster loops are tried again. */
const SCALAR_RUN: i32 = 4;

/**
 * Converts `bytes` bytes of UTF-8 to UTF-16LE and returns the units written, never more than `limit` and never half
 * of a pair; RESULT_CONSUMED tells the bytes used. Malformed text under POLICY_STRICT and POLICY_LINUX returns
 * -CAUSE_UTF8; what lies behind the limit is not looked at. Loads up to 63 bytes beyond the text; stores nothing
 * beyond `limit`.
 */
export function utf8ToUtf16(source: usize, bytes: i32, target: usize, limit: i32, policy: i32): i32 {
  const stopAtNul = policy == POLICY_LINUX;
  let at = source;
  let out = target;
  const stop = target + ((<usize>limit) << 1);
  let end = source + <usize>bytes;
  while (at < end) {
    if (ASC_FEATURE_SIMD) {
      // ASCII other than NUL, 32 bytes a step: only that is above 0 as signed bytes.
      if (load<i8>(at) > 0 && <i32>(stop - out) >= ASCII_ROOM << 1) {
        const zero = i8x16.splat(0);
        const a = v128.load(at);
        const b = v128.load(at, 16);
        const found = i8x16.bitmask(i8x16.gt_s(a, zero)) | (i8x16.bitmask(i8x16.gt_s(b, zero)) << 16);
        storeWide(out, a);
        storeWide(out + 32, b);
        // A branch, not arithmetic: the processor goes on before it knows what was found.
        if (found == -1 && end - at > 32) {
          at += 32;
          out += 64;
          for (let steps = min(<i32>(end - at) >> 6, <i32>(stop - out) >> 7); steps > 0; steps--) {
            const a = v128.load(at);
            const b = v128.load(at, 16);
            const c = v128.load(at, 32);
            const d = v128.load(at, 48);
            const least = i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d));
            if (i8x16.bitmask(i8x16.gt_s(least, zero)) != 0xffff) break;
            storeWide(out, a);
            storeWide(out + 32, b);
            storeWide(out + 64, c);
            storeWide(out + 96, d);
            at += 64;
            out += 128;
          }
          continue;
        }
        const count = min(<usize>ctz(~found), end - at);
        at += count;
        out += count << 1;
        if (at == end) break;
      }
      if (stopAtNul && load<u8>(at) == 0) break;
      if (<i32>(stop - out) >= BLOCK_ROOM) {
        const place = convertBlocks(at, end, out, stop, stopAtNul);
        at = atOf(place);
        out = outOf(place);
        if (at == end) break;
      }
    } else {
      // ASCII other than NUL, 8 bytes a step.
      while (end - at >= 8 && stop - out >= 16) {
        const eight = load<u64>(at);
        if (((eight | (eight - 0x0101010101010101)) & 0x8080808080808080) != 0) break;
        store<u64>(out, spread(eight & 0xffffffff));
        store<u64>(out, spread(eight >> 32), 8);
        at += 8;
        out += 16;
      }
      // Runs of two bytes, and of three; what begins or ends the ranges is judged with care below.
      for (; end - at >= 2 && stop - out >= 2; at += 2, out += 2) {
        const two: u32 = load<u16>(at);
        if ((two & 0xc0e0) != 0x80c0 || (two & 0x1e) == 0) break;
        store<u16>(out, <u16>(((two & 0x1f) << 6) | ((two >> 8) & 0x3f)));
      }
      for (; end - at >= 3 && stop - out >= 2; at += 3, out += 2) {
        const lead: u32 = load<u8>(at);
        const two: u32 = load<u16>(at, 1);
        if (lead - 0xe1 >= 0xc || (two & 0xc0c0) != 0x8080) break;
        store<u16>(out, <u16>((lead << 12) | ((two & 0x3f) << 6) | ((two >> 8) & 0x3f)));
      }
    }
    for (let steps = SCALAR_RUN; steps > 0 && at < end; steps--) {
      const lead: u32 = load<u8>(at);
      const room = <i32>(stop - out) >> 1;
      // A full target ends the text before it is judged.
      if ((lead == 0 && stopAtNul) || room < 1) return finish(source, at, target, out);
      if (lead < 0x80) {
        store<u16>(out, <u16>lead);
        out += 2;
        at++;
        continue;
      }
      const length = sequenceLength(at, lead, <i32>(end - at));
      if (length <= 0) {
        if (policy == POLICY_STRICT || policy == POLICY_LINUX) return fail(CAUSE_UTF8, <i32>(at - source), 0, <i32>lead);
        if (policy == POLICY_REPLACE) {
          store<u16>(out, <u16>REPLACEMENT);
          out += 2;
        }
        at += policy == POLICY_FREEBSD ? 1 : <usize>-length;
        continue;
      }
      if (length == 4) {
        if (room < 2) return finish(source, at, target, out);
        const c =
          (((lead & 7) << 18) | (continuation(at, 1) << 12) | (continuation(at, 2) << 6) | continuation(at, 3)) - 0x10000;
        store<u32>(out, 0xdc00d800 | (c >> 10) | ((c & 0x3ff) << 16));
        out += 4;
      } else {
        const c =
          length == 2
            ? ((lead & 0x1f) << 6) | continuation(at, 1)
            : ((lead & 0xf) << 12) | (continuation(at, 1) << 6) | continuation(at, 2);
        store<u16>(out, <u16>c);
        out += 2;
      }
      at += <usize>length;
    }
  }
  return finish(source, at, target, out);
}

/** Sixteen bytes as units. */
// @ts-ignore: decorator
@inline
function storeWide(out: usize, bytes: v128): void {
  v128.store(out, i16x8.extend_low_i8x16_u(bytes));
  v128.store(out, i16x8.extend_high_i8x16_u(bytes), 16);
}

/** Four bytes as units. */
// @ts-ignore: decorator
@inline
function spread(four: u64): u64 {
  const pairs = (four | (four << 16)) & 0x0000ffff0000ffff;
  return (pairs | (pairs << 8)) & 0x00ff00ff00ff00ff;
}

/** Says how many bytes were used, and returns how many units were written. */
// @ts-ignore: decorator
@inline
function finish(source: usize, at: usize, target: usize, out: usize): i32 {
  setResult(RESULT_CONSUMED, <i32>(at - source));
  return <i32>((out - target) >> 1);
}

// @ts-ignore: decorator
@inline
function continuation(at: usize, offset: usize): u32 {
  return <u32>load<u8>(at + offset) & 0x3f;
}

/**
 * Length of the well-formed sequence at `at` (2 to 4), or the negated length of the maximal malformed part (Unicode
 * 3.9, the part that one U+FFFD replaces).
 */
function sequenceLength(at: usize, lead: u32, available: i32): i32 {
  if (lead < 0xc2 || lead > 0xf4) return -1;
  if (available < 2) return -1;
  const second: u32 = load<u8>(at, 1);
  let low: u32 = 0x80;
  let high: u32 = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  else if (lead == 0xed) high = 0x9f;
  else if (lead == 0xf0) low = 0x90;
  else if (lead == 0xf4) high = 0x8f;
  if (second < low || second > high) return -1;
  if (lead < 0xe0) return 2;
  if (available < 3 || (load<u8>(at, 2) & 0xc0) != 0x80) return -2;
  if (lead < 0xf0) return 3;
  if (available < 4 || (load<u8>(at, 3) & 0xc0) != 0x80) return -3;
  return 4;
}
