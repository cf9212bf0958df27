/** UTF-16LE ⇄ UTF-8; see assembly/utf16.ts and assembly/utf8.ts. */
import {
  CAUSE_UTF8,
  CAUSE_UTF16,
  POLICY_FREEBSD,
  POLICY_LINUX,
  POLICY_REPLACE,
  POLICY_STRICT,
  RESULT_CONSUMED,
} from '../../wire/engine.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';
import { fail, resultWord } from './result.js';

const REPLACEMENT = 0xfffd;
/** Bits that two ASCII units do not have. */
const NOT_ASCII_PAIR = 0xff80ff80 | 0;
const CONSUMED = resultWord(RESULT_CONSUMED);

const isSurrogate = (unit: number): boolean => (unit & 0xf800) === 0xd800;

/**
 * Length of the well-formed sequence at `at` (2 to 4), or the negated length of the maximal malformed part (Unicode
 * 3.9, the part that one U+FFFD replaces).
 */
function sequenceLength(u8: Uint8Array, at: number, lead: number, available: number): number {
  if (lead < 0xc2 || lead > 0xf4 || available < 2) return -1;
  const second = u8[at + 1]!;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return -1;
  if (lead < 0xe0) return 2;
  if (available < 3 || (u8[at + 2]! & 0xc0) !== 0x80) return -2;
  if (lead < 0xf0) return 3;
  if (available < 4 || (u8[at + 3]! & 0xc0) !== 0x80) return -3;
  return 4;
}

export function textKernels(memory: EngineMemory): Pick<EngineFunctions, 'utf16ToUtf8' | 'utf8ToUtf16'> {
  const { u8, u16, i32 } = memory;

  function utf16ToUtf8(source: number, units: number, target: number, limit: number, policy: number): number {
    const stopAtNul = policy === POLICY_LINUX;
    const start = source >> 1;
    const end = start + units;
    const last = target + limit;
    let i = start;
    let out = target;
    while (i < end) {
      // ASCII, two units a step.
      if ((i & 1) === 0) {
        for (const stop = Math.min(end - 1, i + last - out - 1); i < stop; i += 2) {
          const pair = i32[i >> 1]!;
          if ((pair & NOT_ASCII_PAIR) !== 0) break;
          const high = pair >>> 16;
          if (stopAtNul && ((pair & 0xff) === 0 || high === 0)) break;
          u8[out++] = pair;
          u8[out++] = high;
        }
        if (i >= end) break;
      }
      let c = u16[i]!;
      if (c < 0x80) {
        if ((c === 0 && stopAtNul) || out >= last) break;
        u8[out++] = c;
        i++;
        continue;
      }
      let used = 1;
      if (policy === POLICY_FREEBSD) {
        if (isSurrogate(c) || c >= 0xf800) {
          i++;
          continue;
        }
      } else if (isSurrogate(c)) {
        const low = i + 1 < end ? u16[i + 1]! : 0;
        if (c < 0xdc00 && (low & 0xfc00) === 0xdc00) {
          c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
          used = 2;
        } else if (policy === POLICY_STRICT) return fail(i32, CAUSE_UTF16, (i - start) << 1, 0, c);
        else if (policy === POLICY_REPLACE) c = REPLACEMENT;
        else {
          i++;
          continue;
        }
      }
      if (c < 0x800) {
        if (last - out < 2) break;
        u8[out++] = 0xc0 | (c >> 6);
      } else {
        if (c < 0x10000) {
          if (last - out < 3) break;
          u8[out++] = 0xe0 | (c >> 12);
        } else {
          if (last - out < 4) break;
          u8[out++] = 0xf0 | (c >> 18);
          u8[out++] = 0x80 | ((c >> 12) & 0x3f);
        }
        u8[out++] = 0x80 | ((c >> 6) & 0x3f);
      }
      u8[out++] = 0x80 | (c & 0x3f);
      i += used;
    }
    i32[CONSUMED] = i - start;
    return out - target;
  }

  function utf8ToUtf16(source: number, bytes: number, target: number, limit: number, policy: number): number {
    const stopAtNul = policy === POLICY_LINUX;
    const end = source + bytes;
    const start = target >> 1;
    const last = start + limit;
    let i = source;
    let out = start;
    while (i < end) {
      const lead = u8[i]!;
      // A full target ends the text before it is judged.
      if ((lead === 0 && stopAtNul) || out >= last) break;
      if (lead < 0x80) {
        u16[out++] = lead;
        i++;
        continue;
      }
      const length = sequenceLength(u8, i, lead, end - i);
      if (length === 2) u16[out++] = ((lead & 0x1f) << 6) | (u8[i + 1]! & 0x3f);
      else if (length === 3) u16[out++] = ((lead & 0xf) << 12) | ((u8[i + 1]! & 0x3f) << 6) | (u8[i + 2]! & 0x3f);
      else if (length === 4) {
        if (last - out < 2) break;
        const c =
          (((lead & 7) << 18) | ((u8[i + 1]! & 0x3f) << 12) | ((u8[i + 2]! & 0x3f) << 6) | (u8[i + 3]! & 0x3f)) -
          0x10000;
        u16[out++] = 0xd800 | (c >> 10);
        u16[out++] = 0xdc00 | (c & 0x3ff);
      } else {
        if (policy === POLICY_STRICT || policy === POLICY_LINUX) return fail(i32, CAUSE_UTF8, i - source, 0, lead);
        if (policy === POLICY_REPLACE) u16[out++] = REPLACEMENT;
        i += policy === POLICY_FREEBSD ? 1 : -length;
        continue;
      }
      i += length;
    }
    i32[CONSUMED] = i - source;
    return out - start;
  }

  return { utf16ToUtf8, utf8ToUtf16 };
}
