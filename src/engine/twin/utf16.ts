/** UTF-16LE → UTF-8; see assembly/utf16.ts. */
import {
  CAUSE_UTF16,
  POLICY_FREEBSD,
  POLICY_LINUX,
  POLICY_REPLACE,
  POLICY_STRICT,
  RESULT_CONSUMED,
} from '../../wire/engine.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';
import { isWellFormed, nativeText } from './native-text.js';
import { fail, resultWord } from './result.js';

const REPLACEMENT = 0xfffd;
/** Bits that two ASCII units do not have. */
const NOT_ASCII_PAIR = 0xff80ff80 | 0;
/**
 * From here on Node's own conversion is the faster one: for ASCII and for texts that a NUL may end, for two-byte
 * characters, for longer ones.
 */
const NATIVE_UNITS = 400;
const NATIVE_TWO_BYTE_UNITS = 220;
const NATIVE_LONG_UNITS = 120;
const CONSUMED = resultWord(RESULT_CONSUMED);

const isSurrogate = (unit: number): boolean => (unit & 0xf800) === 0xd800;

export function utf16Kernel(memory: EngineMemory): EngineFunctions['utf16ToUtf8'] {
  const { u8, u16, i32, buffer } = memory;
  const native = nativeText(buffer);

  /** Bytes written, or -1 for a text that the loop must judge: malformed, or not surely whole. */
  function convertNatively(source: number, units: number, target: number, limit: number, policy: number): number {
    let text = native!.ucs2Slice(source, source + 2 * units);
    if (policy === POLICY_LINUX) {
      const nul = text.indexOf('\0');
      if (nul >= 0) text = text.slice(0, nul);
    }
    if (policy !== POLICY_REPLACE && !isWellFormed(text)) return -1;
    const bytes = native!.utf8Write(text, target, limit);
    if (bytes > limit - 4) return -1;
    i32[CONSUMED] = text.length;
    return bytes;
  }

  /** Is a text worth a string? What it is made of is told from three of its units. */
  function isLong(source: number, units: number, policy: number): boolean {
    if (units < NATIVE_LONG_UNITS || policy === POLICY_LINUX) return units >= NATIVE_UNITS;
    const at = source >> 1;
    const third = (units / 3) | 0;
    const seen = u16[at]! | u16[at + third]! | u16[at + 2 * third]!;
    return units >= (seen >= 0x800 ? NATIVE_LONG_UNITS : seen >= 0x80 ? NATIVE_TWO_BYTE_UNITS : NATIVE_UNITS);
  }

  return (source, units, target, limit, policy) => {
    if (native !== undefined && policy !== POLICY_FREEBSD && isLong(source, units, policy)) {
      const bytes = convertNatively(source, units, target, limit, policy);
      if (bytes >= 0) return bytes;
    }
    const stopAtNul = policy === POLICY_LINUX;
    const start = source >> 1;
    const end = start + units;
    const last = target + limit;
    let i = start;
    let out = target;
    while (i < end) {
      // ASCII other than NUL, four units a step.
      if ((i & 1) === 0 && (out & 3) === 0) {
        let from = i >> 1;
        let to = out >> 2;
        for (const stop = to + Math.min((end - i) >> 2, (last - out) >> 2); to < stop; from += 2) {
          const a = i32[from]!;
          const b = i32[from + 1]!;
          if (((a | b) & NOT_ASCII_PAIR) !== 0 || (((a - 0x10001) | (b - 0x10001)) & 0x80008000) !== 0) break;
          i32[to++] = (a & 0x7f) | (a >>> 8) | ((b & 0x7f) << 16) | ((b >>> 16) << 24);
        }
        i = from << 1;
        out = to << 2;
        if (i >= end) break;
      }
      let c = u16[i]!;
      if (c < 0x80) {
        if ((c === 0 && stopAtNul) || out >= last) break;
        u8[out++] = c;
        i++;
        continue;
      }
      if (c < 0x800) {
        if (last - out < 2) break;
        if ((out & 1) !== 0) {
          u8[out] = 0xc0 | (c >> 6);
          u8[out + 1] = 0x80 | (c & 0x3f);
          out += 2;
          i++;
          continue;
        }
        // A run of them, a character a store.
        const stop = i + Math.min(end - i, (last - out) >> 1);
        let to = out >> 1;
        for (; i < stop; i++) {
          c = u16[i]!;
          if (c < 0x80 || c >= 0x800) break;
          u16[to++] = 0x80c0 | (c >> 6) | ((c & 0x3f) << 8);
        }
        out = to << 1;
        continue;
      }
      if (policy === POLICY_FREEBSD && (isSurrogate(c) || c >= 0xf800)) {
        i++;
        continue;
      }
      if (isSurrogate(c)) {
        const low = i + 1 < end ? u16[i + 1]! : 0;
        if (c < 0xdc00 && (low & 0xfc00) === 0xdc00) {
          if (last - out < 4) break;
          c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
          u8[out] = 0xf0 | (c >> 18);
          u8[out + 1] = 0x80 | ((c >> 12) & 0x3f);
          u8[out + 2] = 0x80 | ((c >> 6) & 0x3f);
          u8[out + 3] = 0x80 | (c & 0x3f);
          out += 4;
          i += 2;
          continue;
        }
        if (policy === POLICY_STRICT) return fail(i32, CAUSE_UTF16, (i - start) << 1, 0, c);
        if (policy !== POLICY_REPLACE) {
          i++;
          continue;
        }
        c = REPLACEMENT;
      }
      const stop = i + Math.min(end - i, Math.floor((last - out) / 3));
      if (i === stop) break;
      do {
        u8[out] = 0xe0 | (c >> 12);
        u8[out + 1] = 0x80 | ((c >> 6) & 0x3f);
        u8[out + 2] = 0x80 | (c & 0x3f);
        out += 3;
        i++;
        if (i === stop) break;
        c = u16[i]!;
      } while (c >= 0x800 && c < 0xd800);
    }
    i32[CONSUMED] = i - start;
    return out - target;
  };
}
