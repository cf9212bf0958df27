/** UTF-8 → UTF-16LE; see assembly/utf8.ts. */
import {
  CAUSE_UTF8,
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
const CONSUMED = resultWord(RESULT_CONSUMED);

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

export function utf8Kernel(memory: EngineMemory): EngineFunctions['utf8ToUtf16'] {
  const { u8, u16, i32 } = memory;

  return (source, bytes, target, limit, policy) => {
    const stopAtNul = policy === POLICY_LINUX;
    const end = source + bytes;
    const start = target >> 1;
    const last = start + limit;
    let i = source;
    let out = start;
    while (i < end) {
      // ASCII other than NUL, four bytes a step.
      if ((i & 3) === 0 && (out & 1) === 0) {
        let from = i >> 2;
        let to = out >> 1;
        for (const stop = from + Math.min((end - i) >> 2, (last - out) >> 2); from < stop; to += 2) {
          const four = i32[from]!;
          if (((four | (four - 0x1010101)) & 0x80808080) !== 0) break;
          i32[to] = (four & 0x7f) | ((four & 0x7f00) << 8);
          i32[to + 1] = ((four >>> 16) & 0x7f) | ((four >>> 24) << 16);
          from++;
        }
        i = from << 2;
        out = to << 1;
        if (i >= end) break;
      }
      const lead = u8[i]!;
      // A full target ends the text before it is judged.
      if ((lead === 0 && stopAtNul) || out >= last) break;
      if (lead < 0x80) {
        u16[out++] = lead;
        i++;
        continue;
      }
      // Runs of two or of three bytes; what begins or ends the ranges is judged with care below.
      if (lead >= 0xc2 && lead < 0xe0) {
        let first = lead;
        const before = i;
        for (const stop = out + Math.min((end - i) >> 1, last - out); out < stop; i += 2) {
          const second = u8[i + 1]!;
          if ((second & 0xc0) !== 0x80) break;
          u16[out++] = ((first & 0x1f) << 6) | (second & 0x3f);
          first = u8[i + 2]!;
          if (first < 0xc2 || first >= 0xe0) {
            i += 2;
            break;
          }
        }
        if (i > before) continue;
      } else if (lead >= 0xe1 && lead < 0xed) {
        let first = lead;
        const before = i;
        for (const stop = out + Math.min(Math.floor((end - i) / 3), last - out); out < stop; i += 3) {
          const second = u8[i + 1]!;
          const third = u8[i + 2]!;
          if ((second & 0xc0) !== 0x80 || (third & 0xc0) !== 0x80) break;
          u16[out++] = ((first & 0xf) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
          first = u8[i + 3]!;
          if (first < 0xe1 || first >= 0xed) {
            i += 3;
            break;
          }
        }
        if (i > before) continue;
      }
      const second = u8[i + 1]!;
      const length = sequenceLength(u8, i, lead, end - i);
      if (length === 3) u16[out++] = ((lead & 0xf) << 12) | ((second & 0x3f) << 6) | (u8[i + 2]! & 0x3f);
      else if (length === 4) {
        if (last - out < 2) break;
        const c =
          (((lead & 7) << 18) | ((second & 0x3f) << 12) | ((u8[i + 2]! & 0x3f) << 6) | (u8[i + 3]! & 0x3f)) - 0x10000;
        u16[out] = 0xd800 | (c >> 10);
        u16[out + 1] = 0xdc00 | (c & 0x3ff);
        out += 2;
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
  };
}
