/**
 * Where a key's records are: a hash of every key by slot, and an open-addressed table from hash to slots. It holds no
 * key and no value, so a candidate slot must be compared with the file. 16 to 32 bytes a record, whatever the keys.
 */
import { randomInt } from 'node:crypto';

/** Of one process, so that nobody can prepare keys that all collide. */
const SEED = randomInt(2 ** 32 - 1);
const FIRST_CAPACITY = 64;

/** FNV-1a over the key, mixed so that the low bits depend on all of it. */
export function hashKey(key: Uint8Array): number {
  let hash = SEED;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key[at]!, 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export class KeyIndex {
  #hashes = new Uint32Array(FIRST_CAPACITY);
  /** The slots of one hash form a ring in their order: from each slot to the next, from the last to the first. */
  #next = new Uint32Array(FIRST_CAPACITY);
  /** The last slot of a hash + 1, or 0; a power of two at most half full. */
  #table = new Uint32Array(FIRST_CAPACITY * 2);
  #count = 0;

  /** Records indexed: slots 0 to count - 1. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#hashes = new Uint32Array(FIRST_CAPACITY);
    this.#next = new Uint32Array(FIRST_CAPACITY);
    this.#table = new Uint32Array(FIRST_CAPACITY * 2);
  }

  /** Adds the record of slot `count`. */
  append(hash: number): void {
    if (this.#count === this.#hashes.length) this.#grow();
    this.#hashes[this.#count++] = hash;
    this.#place(this.#count - 1);
  }

  /** Slots whose key has this hash, lowest first. The index must not change meanwhile. */
  *slots(hash: number): Generator<number, void, undefined> {
    const last = this.#table[this.#entry(hash)]! - 1;
    if (last < 0) return;
    for (let slot = this.#next[last]!; ; slot = this.#next[slot]!) {
      yield slot;
      if (slot === last) return;
    }
  }

  /** Takes these slots (ascending) out; later ones move up. */
  remove(slots: readonly number[]): void {
    let kept = slots[0] ?? this.#count;
    let next = 0;
    for (let slot = kept; slot < this.#count; slot++) {
      if (slot === slots[next]) next++;
      else this.#hashes[kept++] = this.#hashes[slot]!;
    }
    this.#count = kept;
    this.#rebuild();
  }

  #grow(): void {
    const hashes = new Uint32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#next = new Uint32Array(hashes.length);
    this.#table = new Uint32Array(hashes.length * 2);
    this.#rebuild();
  }

  #rebuild(): void {
    this.#table.fill(0);
    for (let slot = 0; slot < this.#count; slot++) this.#place(slot);
  }

  /** Slots are placed in ascending order. */
  #place(slot: number): void {
    const entry = this.#entry(this.#hashes[slot]!);
    const last = this.#table[entry]! - 1;
    this.#table[entry] = slot + 1;
    if (last < 0) {
      this.#next[slot] = slot;
      return;
    }
    this.#next[slot] = this.#next[last]!;
    this.#next[last] = slot;
  }

  /** The table's entry of a hash, or the free one where it belongs. Equal hashes share one, so a run of them is no longer. */
  #entry(hash: number): number {
    const mask = this.#table.length - 1;
    let at = hash & mask;
    while (this.#table[at] !== 0 && this.#hashes[this.#table[at]! - 1] !== hash) at = (at + 1) & mask;
    return at;
  }
}
