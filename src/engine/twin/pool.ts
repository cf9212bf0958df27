/** Pool records and their index; see assembly/pool.ts. */
import { KEY_BYTES, RECORD_BYTES, RECORD_VALUE, VALUE_BYTES } from '../../wire/kvp.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';

const HASH_START = 0x9e3779b1 | 0;
const HASH_PRIME = 0x85ebca6b | 0;
// What makes the four lanes of a hash differ.
const LANE_1 = 0x27d4eb2f;
const LANE_2 = 0x165667b1;
const LANE_3 = 0xc2b2ae3d | 0;

function mix(lane: number, word: number): number {
  const mixed = Math.imul(lane ^ word, HASH_PRIME);
  return mixed ^ (mixed >>> 15);
}

type Names = 'hashKey' | 'recordHashes' | 'recordFingerprints' | 'indexInsert' | 'indexFind' | 'recordMatches';

export function poolKernels(memory: EngineMemory): Pick<EngineFunctions, Names> {
  const { u8, i32 } = memory;

  /** Bytes before the first NUL, at most `limit`; four at a time where they stand at a multiple of four. */
  function textLength(source: number, limit: number): number {
    const end = source + limit;
    let at = source;
    if ((source & 3) === 0) {
      for (const stop = end - 3; at < stop; at += 4) {
        const word = i32[at >> 2]!;
        if (((word - 0x1010101) & ~word & 0x80808080) !== 0) break;
      }
    }
    while (at < end && u8[at] !== 0) at++;
    return at - source;
  }

  /** The word at `at`, of which only what lies before `end` counts. */
  function wordOf(at: number, end: number): number {
    if (at + 4 <= end && (at & 3) === 0) return i32[at >> 2]!;
    let word = 0;
    for (let shift = 0; at < end && shift < 32; at++, shift += 8) word |= u8[at]! << shift;
    return word;
  }

  /** Four words at a time, with zeros behind the bytes, of which there is at least one. */
  function hashBytes(source: number, bytes: number, start: number): number {
    const end = source + bytes;
    let a = start;
    let b = start ^ LANE_1;
    let c = start ^ LANE_2;
    let d = start ^ LANE_3;
    let at = source;
    if ((source & 3) === 0) {
      for (let word = source >> 2; at + 16 <= end; at += 16, word += 4) {
        a = mix(a, i32[word]!);
        b = mix(b, i32[word + 1]!);
        c = mix(c, i32[word + 2]!);
        d = mix(d, i32[word + 3]!);
      }
    }
    for (; at <= end; at += 16) {
      a = mix(a, wordOf(at, end));
      b = mix(b, wordOf(at + 4, end));
      c = mix(c, wordOf(at + 8, end));
      d = mix(d, wordOf(at + 12, end));
    }
    return mix(a ^ c, bytes) ^ b ^ d;
  }

  return {
    hashKey: (key, bytes) => hashBytes(key, bytes, HASH_START),
    recordHashes(records, count, hashes) {
      for (let i = 0; i < count; i++) {
        const record = records + i * RECORD_BYTES;
        i32[(hashes >> 2) + i] = hashBytes(record, textLength(record, KEY_BYTES), HASH_START);
      }
    },
    recordFingerprints(records, count, fingerprints, changed) {
      let found = 0;
      for (let i = 0; i < count; i++) {
        const record = records + i * RECORD_BYTES;
        const key = hashBytes(record, textLength(record, KEY_BYTES), HASH_START);
        const value = hashBytes(record + RECORD_VALUE, textLength(record + RECORD_VALUE, VALUE_BYTES), key);
        const print = (fingerprints >> 2) + 2 * i;
        if (i32[print] === key && i32[print + 1] === value) continue;
        i32[print] = key;
        i32[print + 1] = value;
        i32[(changed >> 2) + found++] = i;
      }
      return found;
    },
    indexInsert(index, mask, hashes, count, firstRecord) {
      const base = index >> 2;
      for (let i = 0; i < count; i++) {
        const hash = i32[(hashes >> 2) + i]!;
        let slot = hash & mask;
        while (i32[base + 2 * slot + 1] !== 0) slot = (slot + 1) & mask;
        i32[base + 2 * slot] = hash;
        i32[base + 2 * slot + 1] = firstRecord + i + 1;
      }
    },
    indexFind(index, mask, hash, from) {
      const base = index >> 2;
      let slot = (from < 0 ? hash : from) & mask;
      while (i32[base + 2 * slot + 1] !== 0) {
        if (i32[base + 2 * slot] === hash) return slot;
        slot = (slot + 1) & mask;
      }
      return -1;
    },
    recordMatches(record, key, bytes) {
      if (bytes > KEY_BYTES || (bytes < KEY_BYTES && u8[record + bytes] !== 0)) return 0;
      for (let i = 0; i < bytes; i++) if (u8[record + i] !== u8[key + i]) return 0;
      return 1;
    },
  };
}
