/** Pool records and their index; see assembly/pool.ts. */
import { KEY_BYTES, RECORD_BYTES, RECORD_VALUE, VALUE_BYTES } from '../../wire/kvp.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';

const HASH_START = 0x9e3779b1 | 0;
const HASH_PRIME = 0x85ebca6b | 0;

type Names = 'hashKey' | 'recordHashes' | 'recordFingerprints' | 'indexInsert' | 'indexFind' | 'recordMatches';

export function poolKernels(memory: EngineMemory): Pick<EngineFunctions, Names> {
  const { u8, i32 } = memory;

  function textLength(source: number, limit: number): number {
    const end = source + limit;
    let at = source;
    while (at < end && u8[at] !== 0) at++;
    return at - source;
  }

  function hashBytes(source: number, bytes: number, seed: number): number {
    let hash = seed ^ bytes;
    const end = source + bytes;
    let at = source;
    if ((source & 3) === 0) {
      for (let word = source >> 2; at + 4 <= end; at += 4) {
        hash = Math.imul(hash ^ i32[word++]!, HASH_PRIME);
        hash ^= hash >>> 15;
      }
    } else {
      for (; at + 4 <= end; at += 4) {
        const word = u8[at]! | (u8[at + 1]! << 8) | (u8[at + 2]! << 16) | (u8[at + 3]! << 24);
        hash = Math.imul(hash ^ word, HASH_PRIME);
        hash ^= hash >>> 15;
      }
    }
    let tail = 0;
    for (let shift = 0; at < end; at++, shift += 8) tail |= u8[at]! << shift;
    hash = Math.imul(hash ^ tail, HASH_PRIME);
    return hash ^ (hash >>> 13);
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
