/**
 * Pool records in bulk (protocol.md 5.2): the index, lookups by key and the search for changes, over pieces of a pool
 * file that are loaded one after another. Nothing keeps a record: the index holds a hash and a number for each.
 */
import { requireBytes, requireInteger, requireList } from '../arguments.js';
import { type Engine, requireEngine } from '../engine/engine.js';
import type { Region } from '../engine/memory.js';
import { KvpError, MisuseError } from '../errors.js';
import { KEY_BYTES, RECORD_BYTES, RECORD_VALUE, VALUE_BYTES } from '../wire/kvp.js';

/** Records that one engine call looks at: 640 KiB. */
const CHUNK_RECORDS = 256;
const SLOT_BYTES = 8;
const FINGERPRINT_BYTES = 8;
/** As many as engine memory could ever hold the table of. */
const MOST_RECORDS = 2 ** 26;

/** What is wrong with a record. None of it keeps a reader from reading it as the stock daemon does. */
export type RecordFlaw = 'empty-key' | 'key-without-nul' | 'value-without-nul' | 'stale-tail';

/** The flaws of the record at `at`; stale bytes behind a NUL are what the stock daemon leaves when texts get shorter. */
export function recordFlaws(file: Uint8Array, at = 0): RecordFlaw[] {
  requireBytes('file', file);
  requireInteger('at', at, 0, Number.MAX_SAFE_INTEGER);
  if (file.length - at < RECORD_BYTES) {
    throw new KvpError('ERR_CODEC_SHORT', { offset: file.length, expected: RECORD_BYTES, actual: file.length - at });
  }
  const key = file.subarray(at, at + KEY_BYTES);
  const value = file.subarray(at + RECORD_VALUE, at + RECORD_VALUE + VALUE_BYTES);
  const flaws: RecordFlaw[] = [];
  const [keyEnd, valueEnd] = [key.indexOf(0), value.indexOf(0)];
  if (keyEnd === 0) flaws.push('empty-key');
  if (keyEnd < 0) flaws.push('key-without-nul');
  if (valueEnd < 0) flaws.push('value-without-nul');
  const stale = (field: Uint8Array, end: number): boolean => end >= 0 && field.subarray(end).some((byte) => byte !== 0);
  if (stale(key, keyEnd) || stale(value, valueEnd)) flaws.push('stale-tail');
  return flaws;
}

/**
 * An index of a pool: add its records in order, then ask for the candidates of a key. A candidate must still be
 * compared with its record ({@link decodeRecord}), as different keys may share a hash. Several records may have one
 * key; they come in file order. For keys that nobody crafts to collide.
 */
export class RecordIndex {
  readonly #engine: Engine;
  readonly #chunk: Region;
  readonly #hashes: Region;
  readonly #table: Region;
  readonly #mask: number;
  readonly #capacity: number;
  #count = 0;

  /** @param capacity most records it will hold; it costs 16 to 32 bytes for each. */
  constructor(engine: Engine, capacity: number) {
    requireEngine(engine);
    requireInteger('capacity', capacity, 1, MOST_RECORDS);
    let slots = 2;
    // At most half full, so that a search is short and always ends.
    while (slots < 2 * capacity) slots *= 2;
    this.#engine = engine;
    this.#capacity = capacity;
    this.#mask = slots - 1;
    [this.#table, this.#chunk, this.#hashes] = engine.memory.allocateAll([
      slots * SLOT_BYTES,
      CHUNK_RECORDS * RECORD_BYTES,
      CHUNK_RECORDS * 4,
    ]);
  }

  /** Records added so far: slots 0 to count - 1. */
  get count(): number {
    return this.#count;
  }

  /** Adds the whole records in `bytes`; what is left of a last, cut one is ignored. Returns how many were added. */
  add(bytes: Uint8Array): number {
    requireBytes('bytes', bytes);
    const added = Math.floor(bytes.length / RECORD_BYTES);
    if (this.#count + added > this.#capacity) throw new MisuseError(`more than ${this.#capacity} records`);
    for (let first = 0; first < added; first += CHUNK_RECORDS) {
      const count = Math.min(CHUNK_RECORDS, added - first);
      this.#chunk.view.set(bytes.subarray(first * RECORD_BYTES, (first + count) * RECORD_BYTES));
      this.#engine.recordHashes(this.#chunk.address, count, this.#hashes.address);
      this.#engine.indexInsert(this.#table.address, this.#mask, this.#hashes.address, count, this.#count);
      this.#count += count;
    }
    return added;
  }

  /** Numbers of the records whose key may be `key` (UTF-8, without NUL). */
  candidates(key: Uint8Array): number[] {
    requireBytes('key', key);
    if (key.length > KEY_BYTES) return [];
    this.#chunk.view.set(key);
    const hash = this.#engine.hashKey(this.#chunk.address, key.length);
    const found: number[] = [];
    for (let slot = -1; ; slot++) {
      slot = this.#engine.indexFind(this.#table.address, this.#mask, hash, slot);
      if (slot < 0) return found;
      found.push(this.#engine.memory.i32[(this.#table.address + slot * SLOT_BYTES + 4) >> 2]! - 1);
    }
  }

  /** {@link RecordIndex.candidates} for many keys. */
  candidatesOf(keys: readonly Uint8Array[]): number[][] {
    requireList('keys', keys);
    return keys.map((key) => this.candidates(key));
  }

  free(): void {
    for (const region of [this.#table, this.#chunk, this.#hashes]) region.free();
  }
}

/** Finds the records that changed between two readings of a pool, by 64-bit fingerprints of key and value. */
export class RecordChanges {
  readonly #engine: Engine;
  readonly #chunk: Region;
  readonly #changed: Region;
  readonly #prints: Region;
  readonly #capacity: number;

  /** @param capacity most records of the pool; 8 bytes each. */
  constructor(engine: Engine, capacity: number) {
    requireEngine(engine);
    requireInteger('capacity', capacity, 1, MOST_RECORDS);
    this.#engine = engine;
    this.#capacity = capacity;
    [this.#chunk, this.#changed, this.#prints] = engine.memory.allocateAll([
      CHUNK_RECORDS * RECORD_BYTES,
      CHUNK_RECORDS * 4,
      capacity * FINGERPRINT_BYTES,
    ]);
  }

  /** Numbers of the records in `bytes`, the first of which is number `first`, that differ from the last reading. */
  update(bytes: Uint8Array, first = 0): number[] {
    requireBytes('bytes', bytes);
    const count = Math.floor(bytes.length / RECORD_BYTES);
    requireInteger('first', first, 0, this.#capacity - count);
    const { i32 } = this.#engine.memory;
    const changed: number[] = [];
    for (let at = 0; at < count; at += CHUNK_RECORDS) {
      const part = Math.min(CHUNK_RECORDS, count - at);
      this.#chunk.view.set(bytes.subarray(at * RECORD_BYTES, (at + part) * RECORD_BYTES));
      const prints = this.#prints.address + (first + at) * FINGERPRINT_BYTES;
      const found = this.#engine.recordFingerprints(this.#chunk.address, part, prints, this.#changed.address);
      for (let i = 0; i < found; i++) changed.push(first + at + i32[(this.#changed.address >> 2) + i]!);
    }
    return changed;
  }

  free(): void {
    for (const region of [this.#chunk, this.#changed, this.#prints]) region.free();
  }
}
