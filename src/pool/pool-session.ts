/** What can be done with a pool file while it is locked. */
import { RECORD_BYTES } from '../wire/kvp.js';
import { type LockedPool, put, type Rewrite, readAt, remove, rewriteAll } from './changes.js';
import { hashKey, type KeyIndex } from './key-index.js';
import { encodeRecord, keyText, sameBytes } from './record.js';

/** Read with one call when the whole file is gone through. */
export const CHUNK_RECORDS = 256;

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
  backUp(chunks: Iterable<{ bytes: Uint8Array; slot: number }>): Promise<string>;
}

/** A pool file while it is locked. */
export class PoolSession {
  readonly #pool: LockedPool;
  readonly #index: KeyIndex;
  readonly #state: SessionState;

  constructor(pool: LockedPool, index: KeyIndex, state: SessionState) {
    this.#pool = pool;
    this.#index = index;
    this.#state = state;
  }

  /** Complete records; a partial one at the end does not count. */
  get count(): number {
    return Math.floor(this.#pool.facts.size / RECORD_BYTES);
  }

  /** Bytes behind the last complete record. */
  get partialBytes(): number {
    return this.#pool.facts.size % RECORD_BYTES;
  }

  /** The bytes of records from `slot` on; fewer when the file ends. */
  read(slot: number, records = 1): Uint8Array {
    if (slot >= this.count) return new Uint8Array();
    const bytes = readAt(this.#pool, slot * RECORD_BYTES, records * RECORD_BYTES);
    return bytes.subarray(0, bytes.length - (bytes.length % RECORD_BYTES));
  }

  /** The whole file in parts of whole records; the last has the partial record, if there is one. */
  *chunks(): Generator<{ bytes: Uint8Array; slot: number }> {
    const length = CHUNK_RECORDS * RECORD_BYTES;
    for (let at = 0; at < this.#pool.facts.size; at += length) {
      yield { bytes: readAt(this.#pool, at, Math.min(length, this.#pool.facts.size - at)), slot: at / RECORD_BYTES };
    }
  }

  readAll(): Uint8Array {
    return readAt(this.#pool, 0, this.#pool.facts.size);
  }

  /** Records with this key, in file order. Where one is enough, others may be missing while `all` is false. */
  async find(key: Uint8Array, { all = false } = {}): Promise<Found[]> {
    await this.#state.indexed();
    const hash = hashKey(key);
    const candidates = () => this.#index.slots(hash).map((slot): Found => ({ slot, record: this.read(slot) }));
    const hasKey = ({ record }: Found) => record.length > 0 && sameBytes(keyText(record), key);
    const looked = candidates();
    const found = looked.filter(hasKey);
    // Somebody who takes no lock changed the file under the index.
    const isStale = looked.some(({ record }) => record.length === 0 || hashKey(keyText(record)) !== hash);
    if (!isStale && found.length > 0 && !all) return found;
    return (await this.#state.confirmed(isStale)) ? candidates().filter(hasKey) : found;
  }

  /** Changes the first record with this key, or adds one. */
  async set(key: Uint8Array, value: Uint8Array): Promise<void> {
    const record = encodeRecord(key, value);
    const [found] = await this.find(key);
    if (found !== undefined) {
      if (sameBytes(found.record, record)) return;
      await put(this.#pool, found.slot * RECORD_BYTES, found.record, record);
    } else {
      const end = this.count * RECORD_BYTES;
      await put(this.#pool, end, readAt(this.#pool, end, this.partialBytes), record);
      this.#index.append(hashKey(key));
    }
    this.#state.changed();
  }

  /** Passes the file through `change` after a copy was made, whose path is returned; undefined when nothing changes. */
  async rewrite(change: Rewrite): Promise<string | undefined> {
    const same = ({ bytes, slot }: { bytes: Uint8Array; slot: number }) =>
      sameBytes(bytes, change(bytes, slot * RECORD_BYTES));
    if ([...this.chunks()].every(same)) return undefined;
    const backup = await this.#state.backUp(this.chunks());
    await rewriteAll(this.#pool, change);
    this.#state.changed();
    this.#state.forgetIndex();
    return backup;
  }

  /** Takes out every record with this key; returns how many there were. */
  async delete(key: Uint8Array): Promise<number> {
    const slots = (await this.find(key, { all: true })).map(({ slot }) => slot);
    if (slots.length === 0) return 0;
    await remove(this.#pool, key, slots[0]! * RECORD_BYTES);
    this.#index.remove(slots);
    this.#state.changed();
    return slots.length;
  }
}
