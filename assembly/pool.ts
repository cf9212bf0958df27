import { DIGITS_BASE } from '../src/wire/engine';
import { KEY_BYTES, RECORD_BYTES, RECORD_VALUE, VALUE_BYTES } from '../src/wire/kvp';
import { needTables } from './shuffle-tables';
import { firstBytes } from './vector-constants';

const HASH_START: u32 = 0x9e3779b1;
const HASH_PRIME: u32 = 0x85ebca6b;
// What makes the four lanes of a hash differ.
const LANE_1: u32 = 0x27d4eb2f;
const LANE_2: u32 = 0x165667b1;
const LANE_3: u32 = 0xc2b2ae3d;

/** A pool index slot: the key's hash and the record's number plus one; 0 is free. */
const SLOT_BYTES: usize = 8;

// @ts-ignore: decorator
@inline
function mix(lane: u32, word: u32): u32 {
  const mixed = (lane ^ word) * HASH_PRIME;
  return mixed ^ (mixed >> 15);
}

// @ts-ignore: decorator
@inline
function mix4(lanes: v128, words: v128): v128 {
  const mixed = i32x4.mul(v128.xor(lanes, words), i32x4.splat(HASH_PRIME));
  return v128.xor(mixed, i32x4.shr_u(mixed, 15));
}

/** The four lanes that a hash begins with. */
// @ts-ignore: decorator
@inline
function firstLanes(seed: u32): v128 {
  return v128.xor(i32x4.splat(seed), i32x4(0, LANE_1, LANE_2, LANE_3));
}

// @ts-ignore: decorator
@inline
function joinLanes(lanes: v128, bytes: i32): u32 {
  const pairs = v128.xor(lanes, i32x4.shuffle(lanes, lanes, 2, 3, 0, 1));
  return mix(i32x4.extract_lane(pairs, 0), bytes) ^ i32x4.extract_lane(pairs, 1);
}

/** The word at `source + at`, of which only what lies before `bytes` counts. */
// @ts-ignore: decorator
@inline
function wordOf(source: usize, at: i32, bytes: i32): u32 {
  const left = bytes - at;
  if (left <= 0) return 0;
  const word = load<u32>(source + <usize>at);
  return left >= 4 ? word : word & ((1 << (left << 3)) - 1);
}

/**
 * Hash of `bytes` bytes: 16 at a time in four lanes, with zeros behind them, of which there is at least one. The twin
 * computes the same. Loads up to 16 bytes beyond.
 */
// @ts-ignore: decorator
@inline
function hashBytes(source: usize, bytes: i32, seed: u32): u32 {
  if (ASC_FEATURE_SIMD) {
    let lanes = firstLanes(seed);
    let left = bytes;
    for (; left >= 16; left -= 16, source += 16) lanes = mix4(lanes, v128.load(source));
    return joinLanes(mix4(lanes, v128.and(v128.load(source), firstBytes(left))), bytes);
  }
  let a = seed;
  let b = seed ^ LANE_1;
  let c = seed ^ LANE_2;
  let d = seed ^ LANE_3;
  for (let at: i32 = 0; at <= bytes; at += 16) {
    a = mix(a, wordOf(source, at, bytes));
    b = mix(b, wordOf(source, at + 4, bytes));
    c = mix(c, wordOf(source, at + 8, bytes));
    d = mix(d, wordOf(source, at + 12, bytes));
  }
  return mix(a ^ c, bytes) ^ b ^ d;
}

/** Hash of what stands before the first NUL, at most `limit` bytes, a multiple of 16. Loads up to 16 bytes beyond the field. */
// @ts-ignore: decorator
@inline
function hashText(source: usize, limit: i32, seed: u32): u32 {
  if (ASC_FEATURE_SIMD) {
    const zero = i64x2.splat(0);
    let lanes = firstLanes(seed);
    for (let at: i32 = 0; at < limit; at += 16) {
      const v = v128.load(source + <usize>at);
      const nul = i8x16.bitmask(i8x16.eq(v, zero));
      if (nul != 0) {
        const rest = ctz(nul);
        return joinLanes(mix4(lanes, v128.and(v, firstBytes(rest))), at + rest);
      }
      lanes = mix4(lanes, v);
    }
    return joinLanes(mix4(lanes, zero), limit);
  }
  let bytes: i32 = 0;
  while (bytes < limit && load<u8>(source + <usize>bytes) != 0) bytes++;
  return hashBytes(source, bytes, seed);
}

/** The hash under which a record with this key is entered. */
export function hashKey(key: usize, bytes: i32): i32 {
  if (ASC_FEATURE_SIMD) needTables();
  return <i32>hashBytes(key, bytes, HASH_START);
}

/** Records whose first cache line is asked for at once: as many misses as a processor core has under way. */
const TOUCHED_RECORDS: i32 = 16;

/**
 * Loads a byte of each record: records stand on pages of their own, and a processor looks ahead of a hash by too few
 * instructions to fetch the next ones meanwhile.
 */
// @ts-ignore: decorator
@inline
function touch(records: usize, count: i32): void {
  let touched: u32 = 0;
  for (let i: i32 = 0; i < count; i++) touched |= load<u8>(records + <usize>i * RECORD_BYTES);
  // Stored where nobody looks, so that the loads have a purpose.
  store<u32>(DIGITS_BASE, touched);
}

/** Writes one u32 for each record: the hash of its key, the bytes before the first NUL. */
export function recordHashes(records: usize, count: i32, hashes: usize): void {
  if (ASC_FEATURE_SIMD) needTables();
  while (count > 0) {
    const group = min(count, TOUCHED_RECORDS);
    touch(records, group);
    for (let i: i32 = 0; i < group; i++, records += RECORD_BYTES, hashes += 4) {
      store<u32>(hashes, hashText(records, KEY_BYTES, HASH_START));
    }
    count -= group;
  }
}

/**
 * Compares each record's key and value with the fingerprints of an earlier call, writes the numbers of those that
 * differ to `changed`, replaces their fingerprints (8 bytes a record) and returns how many there are.
 */
export function recordFingerprints(records: usize, count: i32, fingerprints: usize, changed: usize): i32 {
  if (ASC_FEATURE_SIMD) needTables();
  let found: i32 = 0;
  for (let i: i32 = 0; i < count; i++, records += RECORD_BYTES, fingerprints += 8) {
    const key = hashText(records, KEY_BYTES, HASH_START);
    const value = hashText(records + RECORD_VALUE, VALUE_BYTES, key);
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
