import { isUtf8 } from 'node:buffer';
import { RECORD_BYTES } from '../wire/kvp.js';
import { Checker, type Finding, mending, type RepairOptions } from './check.js';
import { type PoolEntry, storableKey, storableValue, type Text, toBytes } from './entry.js';
import { POOL_NAMES, type PoolName } from './names.js';
import type { PoolFile } from './pool-file.js';
import type { PoolSession } from './pool-session.js';
import { checkKey, decodeText, keyText, sameBytes, valueText } from './record.js';
import { type PoolChange, type WatchOptions, watchPool } from './watch.js';

export interface WaitOptions {
  /** Default: any value. */
  value?: string | RegExp;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** One pool, by keys and values. Calls reject with ERR_POOL_*, ERR_LIMIT_KEY, ERR_LIMIT_VALUE. */
export class Pool {
  readonly number: number;
  readonly name: PoolName;
  readonly #file: PoolFile;

  /** Use {@link PoolStore.pool}. */
  constructor(number: number, file: PoolFile) {
    this.number = number;
    this.name = POOL_NAMES[number]!;
    this.#file = file;
  }

  /** The pool's file, which need not exist. */
  get path(): string {
    return this.#file.path;
  }

  /** The first value of `key`; undefined when there is none. */
  async get(key: Text): Promise<string | undefined> {
    const value = await this.getBytes(key);
    return value === undefined ? undefined : decodeText(value);
  }

  async getBytes(key: Text): Promise<Uint8Array | undefined> {
    const bytes = toBytes(key);
    checkKey(bytes);
    const [found] = await this.#file.reading((session) => session?.find(bytes) ?? []);
    return found === undefined ? undefined : valueText(found.record);
  }

  /** Changes the first record with this key or adds one. */
  async set(key: Text, value: Text): Promise<void> {
    await this.setMany([[key, value]]);
  }

  /**
   * Sets all in their order under one lock. Every item is checked before the first is written; a process that dies
   * half-way leaves the items before that point.
   */
  async setMany(items: Iterable<readonly [key: Text, value: Text]>): Promise<void> {
    const checked = Array.from(items, ([key, value]) => [storableKey(key), storableValue(value)] as const);
    await this.#file.writing(async (session) => {
      for (const [key, value] of checked) await session.set(key, value);
    });
  }

  /** Removes every record with this key; resolves to how many there were. */
  async delete(key: Text): Promise<number> {
    const bytes = toBytes(key);
    checkKey(bytes);
    return this.#file.writing((session) => session?.delete(bytes) ?? 0, { create: false });
  }

  /** Every record that holds text, in file order, as of one moment. */
  entries(): Promise<PoolEntry[]> {
    return this.#file.reading((session) => (session === undefined ? [] : readEntries(session)));
  }

  /** The file's bytes as they are. */
  bytes(): Promise<Uint8Array> {
    return this.#file.reading((session) => session?.readAll() ?? new Uint8Array());
  }

  /** Changes from this call on, each with old and new value. */
  watch(options: WatchOptions = {}): AsyncIterableIterator<PoolChange> {
    const { path, wallClock } = this.#file;
    return watchPool({ path, wallClock, entries: () => this.entries() }, options);
  }

  /**
   * Resolves to the value of `key` as soon as it is there and matches, and to undefined when `timeoutMs` have passed
   * or `signal` is aborted before.
   */
  async wait(key: Text, { value, timeoutMs, signal }: WaitOptions = {}): Promise<string | undefined> {
    const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const signals = [signal, timeout].filter((each) => each !== undefined);
    const wanted = toBytes(key);
    for await (const { keyBytes, newValue } of this.watch({ initial: true, signal: AbortSignal.any(signals) })) {
      if (newValue === undefined || !sameBytes(keyBytes, wanted)) continue;
      if (value === undefined || (typeof value === 'string' ? value === newValue : value.test(newValue)))
        return newValue;
    }
    return undefined;
  }

  /** What is wrong with the records; nothing is changed. */
  async check(): Promise<Finding[]> {
    return (await this.#file.reading((session) => inspect(session))).findings;
  }

  /**
   * Cleans the records, takes out empty ones and a partial one at the end, and what the options say. A copy of the file
   * as it was is made first. Safe while others use the pool; killed half-way, the rest is as it was.
   */
  async repair(options: RepairOptions = {}): Promise<{ findings: Finding[]; backup: string | undefined }> {
    return this.#file.writing(
      async (session) => {
        const checker = inspect(session);
        const { duplicates = 'keep' } = options;
        const dropped = duplicates === 'keep' ? new Set<number>() : checker.surplus(duplicates);
        const backup = await session?.rewrite(mending(dropped, options));
        return { findings: checker.findings, backup };
      },
      { create: false },
    );
  }
}

function inspect(session: PoolSession | undefined): Checker {
  const checker = new Checker();
  for (const { bytes, slot } of session?.chunks() ?? []) checker.look(bytes, slot);
  return checker;
}

function readEntries(session: PoolSession): PoolEntry[] {
  const entries: PoolEntry[] = [];
  for (const { bytes, slot } of session.chunks()) {
    for (let offset = 0, index = slot; offset + RECORD_BYTES <= bytes.length; offset += RECORD_BYTES, index++) {
      const [keyBytes, valueBytes] = [new Uint8Array(keyText(bytes, offset)), new Uint8Array(valueText(bytes, offset))];
      if (keyBytes.length === 0 && valueBytes.length === 0) continue;
      const valid = isUtf8(keyBytes) && isUtf8(valueBytes);
      entries.push({ index, key: decodeText(keyBytes), value: decodeText(valueBytes), keyBytes, valueBytes, valid });
    }
  }
  return entries;
}
