/**
 * Where a key's records are: a hash of every key by slot, and an open-addressed table from hash to slots. It holds no
 * key and no value, so a candidate slot must be compared with the file. 12 to 24 bytes a record.
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
  /** Slot + 1, or 0; a power of two at most half full. */
  #table = new Uint32Array(FIRST_CAPACITY * 2);
  #count = 0;

  /** Records indexed: slots 0 to count - 1. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#hashes = new Uint32Array(FIRST_CAPACITY);
    this.#table = new Uint32Array(FIRST_CAPACITY * 2);
  }

  /** Adds the record of slot `count`. */
  append(hash: number): void {
    if (this.#count === this.#hashes.length) this.#grow();
    this.#hashes[this.#count++] = hash;
    this.#place(this.#count - 1);
  }

  /** Slots whose key has this hash, lowest first. */
  slots(hash: number): number[] {
    const found: number[] = [];
    const mask = this.#table.length - 1;
    for (let at = hash & mask; this.#table[at] !== 0; at = (at + 1) & mask) {
      const slot = this.#table[at]! - 1;
      if (this.#hashes[slot] === hash) found.push(slot);
    }
    return found.sort((left, right) => left - right);
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
    this.#table = new Uint32Array(hashes.length * 2);
    this.#rebuild();
  }

  #rebuild(): void {
    this.#table.fill(0);
    for (let slot = 0; slot < this.#count; slot++) this.#place(slot);
  }

  #place(slot: number): void {
    const mask = this.#table.length - 1;
    let at = this.#hashes[slot]! & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = slot + 1;
  }
}
