import { KEY_BYTES, RECORD_BYTES, RECORD_VALUE, VALUE_BYTES } from '../src/wire/kvp';

const HASH_START: u32 = 0x9e3779b1;
const HASH_PRIME: u32 = 0x85ebca6b;

/** A pool index slot: the key's hash and the record's number plus one; 0 is free. */
const SLOT_BYTES: usize = 8;

/** Bytes before the first NUL, at most `limit`. Loads up to 15 bytes beyond the field. */
// @ts-ignore: decorator
@inline
function textLength(source: usize, limit: i32): i32 {
  if (ASC_FEATURE_SIMD) {
    for (let i: i32 = 0; i < limit; i += 16) {
      const nul = i8x16.bitmask(i8x16.eq(v128.load(source + <usize>i), i8x16.splat(0)));
      if (nul != 0) return min(limit, i + ctz(nul));
    }
    return limit;
  }
  for (let i: i32 = 0; i < limit; i++) if (load<u8>(source + <usize>i) == 0) return i;
  return limit;
}

/** Hash of `bytes` bytes, four at a time; the twin computes the same. */
function hashBytes(source: usize, bytes: i32, seed: u32): u32 {
  let hash = seed ^ <u32>bytes;
  let i: i32 = 0;
  for (; i + 4 <= bytes; i += 4) {
    hash = (hash ^ load<u32>(source + <usize>i)) * HASH_PRIME;
    hash ^= hash >> 15;
  }
  let tail: u32 = 0;
  for (let shift: u32 = 0; i < bytes; i++, shift += 8) tail |= <u32>load<u8>(source + <usize>i) << shift;
  hash = (hash ^ tail) * HASH_PRIME;
  return hash ^ (hash >> 13);
}

/** The hash under which a record with this key is entered. */
export function hashKey(key: usize, bytes: i32): i32 {
  return <i32>hashBytes(key, bytes, HASH_START);
}

/** Writes one u32 for each record: the hash of its key, the bytes before the first NUL. */
export function recordHashes(records: usize, count: i32, hashes: usize): void {
  for (; count > 0; count--, records += RECORD_BYTES, hashes += 4) {
    store<u32>(hashes, hashBytes(records, textLength(records, KEY_BYTES), HASH_START));
  }
}

/**
 * Compares each record's key and value with the fingerprints of an earlier call, writes the numbers of those that
 * differ to `changed`, replaces their fingerprints (8 bytes a record) and returns how many there are.
 */
export function recordFingerprints(records: usize, count: i32, fingerprints: usize, changed: usize): i32 {
  let found: i32 = 0;
  for (let i: i32 = 0; i < count; i++, records += RECORD_BYTES, fingerprints += 8) {
    const key = hashBytes(records, textLength(records, KEY_BYTES), HASH_START);
    const value = hashBytes(records + RECORD_VALUE, textLength(records + RECORD_VALUE, VALUE_BYTES), key);
    if (load<u32>(fingerprints) == key && load<u32>(fingerprints, 4) == value) continue;
    store<u32>(fingerprints, key);
    store<u32>(fingerprints, value, 4);
    store<i32>(changed + ((<usize>found) << 2), i);
    found++;
  }
  return found;
}

/** Enters `count` hashes, of the records from `firstRecord` on, into an index of `mask + 1` slots that has room. */
export function indexInsert(index: usize, mask: i32, hashes: usize, count: i32, firstRecord: i32): void {
  for (let i: i32 = 0; i < count; i++) {
    const hash = load<u32>(hashes + ((<usize>i) << 2));
    let slot = <i32>hash & mask;
    while (load<i32>(index + <usize>slot * SLOT_BYTES, 4) != 0) slot = (slot + 1) & mask;
    store<u32>(index + <usize>slot * SLOT_BYTES, hash);
    store<i32>(index + <usize>slot * SLOT_BYTES, firstRecord + i + 1, 4);
  }
}

/**
 * The first slot at or after `from` whose hash is `hash`, in the order of insertion; -1 when there is none. `from` is
 * -1 to begin with, then the slot after the last one found.
 */
export function indexFind(index: usize, mask: i32, hash: i32, from: i32): i32 {
  let slot = from < 0 ? hash & mask : from & mask;
  while (load<i32>(index + <usize>slot * SLOT_BYTES, 4) != 0) {
    if (load<i32>(index + <usize>slot * SLOT_BYTES) == hash) return slot;
    slot = (slot + 1) & mask;
  }
  return -1;
}

/** 1 when the record's key is exactly the `bytes` bytes at `key`. */
export function recordMatches(record: usize, key: usize, bytes: i32): i32 {
  if (bytes > KEY_BYTES || (bytes < KEY_BYTES && load<u8>(record + <usize>bytes) != 0)) return 0;
  for (let i: i32 = 0; i < bytes; i++) {
    if (load<u8>(record + <usize>i) != load<u8>(key + <usize>i)) return 0;
  }
  return 1;
}
