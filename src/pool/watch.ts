/** Changes of a pool as they happen: a hint from the system or a passing second, then a comparison of the contents. */
import { watch as watchDirectory } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { WallClock } from '../clock.js';
import { KvpError } from '../errors.js';
import type { PoolEntry } from './entry.js';

export interface PoolChange {
  kind: 'added' | 'changed' | 'removed';
  key: string;
  keyBytes: Uint8Array;
  /** Undefined for 'added'. */
  oldValue: string | undefined;
  /** Undefined for 'removed'. */
  newValue: string | undefined;
  /** When it was noticed. */
  time: Date;
}

export interface WatchOptions {
  /** Ends the iteration; it does not throw. */
  signal?: AbortSignal;
  /** Begins with every record that is there, as 'added'. Default false. */
  initial?: boolean;
  /** The contents are compared at least this often, where the system gives no hint. Milliseconds, default 1,000. */
  pollMs?: number;
}

/** What a watch needs of a pool. */
export interface Watched {
  path: string;
  wallClock: WallClock;
  entries(): Promise<PoolEntry[]>;
}

/** The longest that a timer can wait. */
export const LONGEST_POLL_MS = 2 ** 31 - 1;
/** Hints come in bursts, one for each call of the writer. */
const SETTLE_MS = 5;

type Values = Map<string, PoolEntry[]>;

/**
 * Changes from this call on. A value that changes twice between two looks is reported once. The directory need not
 * exist. Several records with one key are told apart by their order.
 */
export function watchPool(pool: Watched, options: WatchOptions = {}): AsyncIterableIterator<PoolChange> {
  const hints = new Hints(pool.path, options);
  const start = pool.entries();
  // Reported by the iteration, if there is one.
  start.catch(() => undefined);
  return changes(pool, start, hints, options.initial ?? false);
}

async function* changes(
  pool: Watched,
  start: Promise<PoolEntry[]>,
  hints: Hints,
  initial: boolean,
): AsyncGenerator<PoolChange, void, undefined> {
  try {
    const first = byKey(await start);
    let known: Values = initial ? new Map() : first;
    if (initial) yield* difference(known, first, pool.wallClock);
    known = first;
    while (await hints.next()) {
      const entries = await entriesUnlessLocked(pool);
      if (entries === undefined) continue;
      const now = byKey(entries);
      yield* difference(known, now, pool.wallClock);
      known = now;
    }
  } finally {
    hints.close();
  }
}

/** Somebody who keeps the pool locked delays a watch; it does not end it. */
async function entriesUnlessLocked(pool: Watched): Promise<PoolEntry[] | undefined> {
  try {
    return await pool.entries();
  } catch (error) {
    if (error instanceof KvpError && error.code === 'ERR_POOL_LOCKED') return undefined;
    throw error;
  }
}

function byKey(entries: PoolEntry[]): Values {
  const values: Values = new Map();
  for (const entry of entries) {
    const key = Buffer.from(entry.keyBytes).toString('latin1');
    const same = values.get(key);
    if (same === undefined) values.set(key, [entry]);
    else same.push(entry);
  }
  return values;
}

function* difference(before: Values, after: Values, wallClock: WallClock): Generator<PoolChange> {
  const time = new Date(wallClock());
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key) ?? [], after.get(key) ?? []];
    for (let place = 0; place < Math.max(old.length, now.length); place++) {
      const [was, is] = [old[place], now[place]];
      if (was !== undefined && is !== undefined && Buffer.compare(was.valueBytes, is.valueBytes) === 0) continue;
      const { key: text, keyBytes } = (is ?? was)!;
      const kind = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
      yield { kind, key: text, keyBytes, oldValue: was?.value, newValue: is?.value, time };
    }
  }
}

/** Resolves when it is worth another look. */
class Hints {
  readonly #pollMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #stop: () => void;
  #hinted = false;
  #wake: () => void = () => {};

  constructor(path: string, { signal, pollMs = 1_000 }: WatchOptions) {
    this.#pollMs = pollMs;
    this.#signal = signal;
    const wake = () => this.#wake();
    signal?.addEventListener('abort', wake);
    const hint = (name: string | null) => {
      if (name !== null && name !== basename(path)) return;
      this.#hinted = true;
      this.#wake();
    };
    const unwatch = startWatching(dirname(path), hint);
    this.#stop = () => {
      signal?.removeEventListener('abort', wake);
      unwatch();
    };
  }

  /** False when the watch is over. */
  async next(): Promise<boolean> {
    if (!this.#hinted) await this.#pause(this.#pollMs);
    else await this.#pause(SETTLE_MS, false);
    this.#hinted = false;
    return this.#signal?.aborted !== true;
  }

  close(): void {
    this.#stop();
    this.#wake();
  }

  async #pause(milliseconds: number, endedByHint = true): Promise<void> {
    if (this.#signal?.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        if (endedByHint || this.#signal?.aborted) resolve();
      };
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }
}

/** The directory, not the file: a pool may be created or replaced. Where it cannot be watched, polling remains. */
function startWatching(directory: string, hint: (name: string | null) => void): () => void {
  try {
    const watcher = watchDirectory(directory, (_event, name) => hint(name));
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
