import { optional, requireChoice, requireInteger } from '../arguments.js';
import { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import { requireIterable, requireKeyOrValue, requireOptions, requirePattern, type Text } from './arguments.js';
import { Checker, type Finding } from './check.js';
import { entryAt, keyBytesOf, type PoolEntry, storableKey, storableValue } from './entry.js';
import { POOL_NAMES, type PoolName } from './names.js';
import type { PoolFile } from './pool-file.js';
import type { PoolSession } from './pool-session.js';
import { decodeText, sameBytes, valueText } from './record.js';
import { mending, type RepairOptions } from './repair.js';
import { LONGEST_POLL_MS, type PoolChange, type WatchOptions, watchPool } from './watch.js';

export interface CallOptions {
  /** Ends the call while it waits for locks or looks through the file: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /** Of several records with the key, takes the last instead of the first. Default false. */
  last?: boolean;
}

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

  /** The value of the first record with this key, or of the last; undefined when there is none. */
  async get(key: Text, options: GetOptions = {}): Promise<string | undefined> {
    const value = await this.getBytes(key, options);
    return value === undefined ? undefined : decodeText(value);
  }

  async getBytes(key: Text, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    const bytes = keyBytesOf(key);
    requireOptions(options, 'last');
    const found = await this.#file.reading(
      (session) => (options.last ? session?.last(bytes) : session?.first(bytes)),
      options,
    );
    return found === undefined ? undefined : valueText(found.record);
  }

  /** Every record with this key, in file order: some programs repeat a key on purpose. */
  async entriesOf(key: Text, options: CallOptions = {}): Promise<PoolEntry[]> {
    const bytes = keyBytesOf(key);
    requireOptions(options);
    const entries = await this.#file.reading(
      (session) => session?.all(bytes, ({ slot, record }) => entryAt(record, 0, slot)) ?? [],
      options,
    );
    return entries.filter((entry) => entry !== undefined);
  }

  /** Changes the first record with this key and takes out the others, or adds one. */
  async set(key: Text, value: Text, options: CallOptions = {}): Promise<void> {
    await this.setMany([[key, value]], options);
  }

  /**
   * Sets all in their order under one lock. Every item is checked before the first is written; a process that dies
   * half-way leaves the items before that point, and so does an error, which says how many.
   */
  async setMany(items: Iterable<readonly [key: Text, value: Text]>, options: CallOptions = {}): Promise<void> {
    requireIterable('items', items);
    requireOptions(options);
    const checked = Array.from(items, (item) => {
      requireIterable('item', item);
      const [key, value] = item;
      return [storableKey(key), storableValue(value)] as const;
    });
    await this.#file.writing(async (session) => {
      for (const [done, [key, value]] of checked.entries()) {
        await session.set(key, value).catch((error: unknown) => {
          throw done === 0 ? error : afterSome(error, done, checked.length);
        });
      }
    }, options);
  }

  /** Removes every record with this key; resolves to how many there were. */
  async delete(key: Text, options: CallOptions = {}): Promise<number> {
    const bytes = keyBytesOf(key);
    requireOptions(options);
    return this.#file.writing((session) => session?.delete(bytes) ?? 0, { ...options, create: false });
  }

  /** Every record that holds text, in file order, as of one moment. */
  async entries(options: CallOptions = {}): Promise<PoolEntry[]> {
    requireOptions(options);
    return this.#file.reading((session) => (session === undefined ? [] : readEntries(session)), options);
  }

  /** The file's bytes as they are. */
  bytes(): Promise<Uint8Array> {
    return this.#file.reading((session) => session?.readAll() ?? new Uint8Array());
  }

  /** Changes from this call on, each with old and new value. */
  watch(options: WatchOptions = {}): AsyncIterableIterator<PoolChange> {
    requireOptions(options, 'initial');
    if (options.pollMs !== undefined) requireInteger('pollMs', options.pollMs, 1, LONGEST_POLL_MS);
    const { path, wallClock } = this.#file;
    return watchPool({ path, wallClock, entries: () => this.entries() }, options);
  }

  /**
   * Resolves to the value of `key` as soon as it is there and matches, and to undefined when `timeoutMs` have passed
   * or `signal` is aborted before.
   */
  async wait(key: Text, options: WaitOptions = {}): Promise<string | undefined> {
    const wanted = keyBytesOf(key);
    requireOptions(options);
    const { value, timeoutMs, signal } = options;
    optional(requirePattern, 'value', value);
    if (timeoutMs !== undefined) requireInteger('timeoutMs', timeoutMs, 0, Number.MAX_SAFE_INTEGER);
    const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const signals = [signal, timeout].filter((each) => each !== undefined);
    for await (const { keyBytes, newValue } of this.watch({ initial: true, signal: AbortSignal.any(signals) })) {
      if (newValue === undefined || !sameBytes(keyBytes, wanted)) continue;
      if (value === undefined || (typeof value === 'string' ? value === newValue : value.test(newValue)))
        return newValue;
    }
    return undefined;
  }

  /** What is wrong with the records; nothing is changed. */
  async check(options: CallOptions = {}): Promise<Finding[]> {
    requireOptions(options);
    return (await this.#file.reading((session) => inspect(session), options)).findings();
  }

  /**
   * Cleans the records, takes out empty ones and a partial one at the end, and what the options say. A record whose key
   * stands several times, and one whose text ends inside a character, are left as they are unless their key is named. A
   * copy of the file as it was is made first. Safe while others use the pool; killed half-way, the rest is as it was.
   */
  async repair(
    options: RepairOptions & CallOptions = {},
  ): Promise<{ findings: Finding[]; backup: string | undefined }> {
    requireOptions(options, 'replaceInvalid');
    optional(requireIterable, 'keys', options.keys);
    const requireDuplicates = (what: string, value: string) => requireChoice(what, value, ['keep', 'first', 'last']);
    optional(requireDuplicates, 'duplicates', options.duplicates);
    for (const key of options.keys ?? []) requireKeyOrValue('keys', key);
    return this.#file.writing(
      async (session) => {
        const checker = await inspect(session);
        const backup = await session?.rewrite(mending(checker, options));
        return { findings: checker.findings(), backup };
      },
      { ...options, create: false },
    );
  }
}

/** An error after the first items of several were stored. */
function afterSome(error: unknown, done: number, all: number): unknown {
  if (!(error instanceof KvpError)) return error;
  const detail = [error.detail, `${done} of ${all} items were set`].filter((part) => part !== undefined).join('; ');
  return new KvpError(error.code, { detail, cause: error });
}

async function inspect(session: PoolSession | undefined): Promise<Checker> {
  const checker = new Checker();
  if (session === undefined) return checker;
  for await (const { bytes, slot } of session.chunks()) checker.look(bytes, slot);
  return checker;
}

async function readEntries(session: PoolSession): Promise<PoolEntry[]> {
  const entries: PoolEntry[] = [];
  for await (const { bytes, slot } of session.chunks()) {
    for (let offset = 0, index = slot; offset + RECORD_BYTES <= bytes.length; offset += RECORD_BYTES, index++) {
      const entry = entryAt(bytes, offset, index);
      if (entry !== undefined) entries.push(entry);
    }
  }
  return entries;
}
