/** What can be done with a pool file while it is locked. */
import { RECORD_BYTES } from '../wire/kvp.js';
import { put, remove, rewriteAll } from './changes.js';
import { type Chunk, chunksOf } from './chunks.js';
import { hashKey, type KeyIndex } from './key-index.js';
import { type LockedPool, readAt } from './locked-pool.js';
import type { Rewrite } from './move-down.js';
import { encodeRecord, keyText, sameBytes } from './record.js';
import { letOthersRun } from './turns.js';
import { type Twin, twinOf } from './twins.js';

/** A record where it stands in the file. */
export interface Found {
  slot: number;
  record: Uint8Array;
}

/** What the file's owner does for a session. */
export interface SessionState {
  indexed(): Promise<void>;
  /** Makes sure that the index has every record; false when it was sure already. */
  confirmed(isStale: boolean): Promise<boolean>;
  /** The session wrote to the file and brought the index up to date. */
  changed(): void;
  forgetIndex(): void;
  backUp(chunks: AsyncIterable<Chunk>): Promise<string>;
}

/** A pool file while it is locked. */
export class PoolSession {
  readonly #pool: LockedPool;
  readonly #index: KeyIndex;
  readonly #state: SessionState;
  readonly #signal: AbortSignal | undefined;

  /** `signal` ends what only looks; a change that has begun is brought to its end. */
  constructor(pool: LockedPool, index: KeyIndex, state: SessionState, signal: AbortSignal | undefined) {
    this.#pool = pool;
    this.#index = index;
    this.#state = state;
    this.#signal = signal;
  }

  /** Complete records; a partial one at the end does not count. */
  get count(): number {
    return Math.floor(this.#pool.facts.size / RECORD_BYTES);
  }

  /** Bytes behind the last complete record. */
  get partialBytes(): number {
    return this.#pool.facts.size % RECORD_BYTES;
  }

  /** The record at `slot`, or nothing when there is no whole one. */
  read(slot: number): Uint8Array {
    if (slot >= this.count) return new Uint8Array();
    const record = readAt(this.#pool, slot * RECORD_BYTES, RECORD_BYTES);
    return record.length < RECORD_BYTES ? new Uint8Array() : record;
  }

  /** The whole file in parts. */
  chunks(): AsyncGenerator<Chunk, void, undefined> {
    return chunksOf(this.#pool, this.#signal);
  }

  readAll(): Uint8Array {
    return readAt(this.#pool, 0, this.#pool.facts.size);
  }

  /** The first record with this key. */
  async first(key: Uint8Array): Promise<Found | undefined> {
    await this.#state.indexed();
    const hash = hashKey(key);
    for (let mayLookAgain = true; ; mayLookAgain = false) {
      let isStale = false;
      for (const slot of this.#index.slots(hash)) {
        const record = this.read(slot);
        isStale = isNotAsIndexed(record, hash);
        if (isStale) break;
        if (sameBytes(keyText(record), key)) return { slot, record };
      }
      if (!mayLookAgain || !(await this.#state.confirmed(isStale))) return undefined;
    }
  }

  /** The last record with this key. */
  async last(key: Uint8Array): Promise<Found | undefined> {
    const slots = await this.all(key, ({ slot }) => slot);
    const slot = slots.at(-1);
    return slot === undefined ? undefined : { slot, record: this.read(slot) };
  }

  /** What `take` makes of every record with this key, in file order. */
  async all<T>(key: Uint8Array, take: (found: Found) => T): Promise<T[]> {
    await this.#state.indexed();
    const hash = hashKey(key);
    for (let mayLookAgain = true; ; mayLookAgain = false) {
      const taken: T[] = [];
      let isStale = false;
      for (const slot of this.#index.slots(hash)) {
        await letOthersRun(this.#signal);
        const record = this.read(slot);
        if (isNotAsIndexed(record, hash)) isStale = true;
        else if (sameBytes(keyText(record), key)) taken.push(take({ slot, record }));
      }
      if (!mayLookAgain || !(await this.#state.confirmed(isStale))) return taken;
    }
  }

  /**
   * Changes the first record with this key and takes out the others, or adds one. Whichever record another program reads
   * has the value then.
   */
  async set(key: Uint8Array, value: Uint8Array): Promise<void> {
    const record = encodeRecord(key, value);
    const [first, ...others] = await this.#twins(key);
    if (first === undefined) {
      const end = this.count * RECORD_BYTES;
      await put(this.#pool, end, readAt(this.#pool, end, this.partialBytes), record);
      this.#index.append(hashKey(key));
    } else if (others.length === 0) {
      await put(this.#pool, first.at, readAt(this.#pool, first.at, RECORD_BYTES), record);
    } else {
      await this.#remove(key, others, { at: first.at, record });
    }
    this.#state.changed();
  }

  /** Takes out every record with this key; returns how many there were. */
  async delete(key: Uint8Array): Promise<number> {
    const twins = await this.#twins(key);
    if (twins.length === 0) return 0;
    await this.#remove(key, twins);
    this.#state.changed();
    return twins.length;
  }

  /** Passes the file through `change` after a copy was made, whose path is returned; undefined when nothing changes. */
  async rewrite(change: Rewrite): Promise<string | undefined> {
    if (!(await this.#wouldChange(change))) return undefined;
    const backup = await this.#state.backUp(this.chunks());
    await rewriteAll(this.#pool, change);
    this.#state.changed();
    this.#state.forgetIndex();
    return backup;
  }

  #twins(key: Uint8Array): Promise<Twin[]> {
    return this.all(key, ({ slot, record }) => twinOf(record, slot * RECORD_BYTES));
  }

  async #remove(key: Uint8Array, twins: Twin[], changed?: { at: number; record: Uint8Array }): Promise<void> {
    await remove(this.#pool, { key, twins, ...(changed && { changed }) });
    this.#index.remove(twins.map(({ at }) => at / RECORD_BYTES));
  }

  async #wouldChange(change: Rewrite): Promise<boolean> {
    for await (const { bytes, slot } of this.chunks()) {
      if (!sameBytes(bytes, change(bytes, slot * RECORD_BYTES))) return true;
    }
    return false;
  }
}

/** Somebody who takes no lock changed the file under the index. */
const isNotAsIndexed = (record: Uint8Array, hash: number): boolean =>
  record.length === 0 || hashKey(keyText(record)) !== hash;
