/** The pools of one directory. */
import { resolve } from 'node:path';
import { optional, requireBytes, requireChoice, requireFunction, requireInteger, requirePath } from '../arguments.js';
import type { WallClock } from '../clock.js';
import { KvpError } from '../errors.js';
import { POOL_COUNT } from '../wire/kvp.js';
import { requireOptions } from './arguments.js';
import { nodeFiles, type PoolFiles, systemCode } from './files.js';
import { type LockPort, osLocks } from './lock.js';
import { poolNumber } from './names.js';
import type { PoolNotice } from './notice.js';
import { Pool } from './pool.js';
import { PoolFile } from './pool-file.js';
import { checkKey, checkValue, keyText, valueText } from './record.js';

export interface PoolStoreOptions {
  /** Never creates or changes anything. Default false. */
  readOnly?: boolean;
  /**
   * What a resolved write has survived: 'none' (default) the death of the process at any moment, 'disk' also a loss
   * of power; that costs three flushes a write.
   */
  durability?: 'none' | 'disk';
  /** How long to wait for locks that others hold before ERR_POOL_LOCKED. Milliseconds, default 3,000. */
  lockTimeoutMs?: number;
  /** Mode of the files that are created, before the umask. Default 0644, on FreeBSD 0600, as the stock daemons do. */
  mode?: number;
  /** Creates the directory and the files of all five pools, as a daemon does. Default: a file appears with its first record. */
  createAll?: boolean;
  /** Creates the directory when it is missing. Default: as `createAll`; a change is then ERR_POOL_DIRECTORY. */
  createDirectory?: boolean;
  /** Told what was found of a process that died in a change. Must not throw. */
  onNotice?: (notice: PoolNotice) => void;
}

/** The outside world, for tests. */
export interface PoolStorePorts {
  files?: PoolFiles;
  locks?: LockPort;
  /** Dates changes, backups and what is watched. Default `Date.now`; it must be the clock of the files' times. */
  wallClock?: WallClock;
}

/** A host counts records in 32 bits; whatever else is whole is past the end. */
const LARGEST = Number.MAX_VALUE;
const LONGEST_LOCK_TIMEOUT_MS = 2 ** 31 - 1;
const DEFAULT_LOCK_TIMEOUT_MS = 3_000;
const isFreeBsd = process.platform === 'freebsd';

/**
 * The five pools, by number and in bytes, as the daemon asks for them; {@link PoolStore.pool} is the same for people,
 * by name and in strings. Safe to use by any number of processes at once, the stock daemon among them.
 */
export class PoolStore {
  readonly directory: string;
  /** Pools that could not be opened when the store was; they answer every call with such an error. */
  readonly failures: ReadonlyMap<number, KvpError>;
  readonly #files: PoolFile[];

  /** Use {@link openPools}. */
  constructor(directory: string, files: PoolFile[], failures: Map<number, KvpError>) {
    this.directory = directory;
    this.#files = files;
    this.failures = failures;
  }

  /** One pool by name ("guest") or number. Throws ERR_POOL_NAME. */
  pool(nameOrNumber: string | number): Pool {
    const number = poolNumber(nameOrNumber);
    return new Pool(number, this.#file(number));
  }

  /** The value of the first record with this key. The bytes are the caller's. Rejects with ERR_POOL_*. */
  async get(pool: number, key: Uint8Array): Promise<Uint8Array | undefined> {
    requireBytes('key', key);
    checkKey(key);
    const found = await this.#file(pool).reading((session) => session?.first(key));
    return found === undefined ? undefined : valueText(found.record);
  }

  /**
   * Changes the first record with this key and takes out the others, or adds one. Key and value may fill their fields
   * (512, 2,048 bytes).
   */
  async set(pool: number, key: Uint8Array, value: Uint8Array): Promise<void> {
    requireBytes('key', key);
    requireBytes('value', value);
    checkKey(key);
    checkValue(value);
    await this.#file(pool).writing((session) => session.set(key, value));
  }

  /** Removes every record with this key; resolves to how many there were. */
  async delete(pool: number, key: Uint8Array): Promise<number> {
    requireBytes('key', key);
    checkKey(key);
    return this.#file(pool).writing((session) => session?.delete(key) ?? 0, { create: false });
  }

  /** The record at `index` in file order, empty ones included; undefined past the end. */
  async at(pool: number, index: number): Promise<{ key: Uint8Array; value: Uint8Array } | undefined> {
    requireInteger('index', index, -LARGEST, LARGEST);
    if (index < 0) return undefined;
    const record = await this.#file(pool).reading((session) => session?.read(index));
    return record === undefined || record.length === 0 ? undefined : { key: keyText(record), value: valueText(record) };
  }

  /** Waits for calls under way and closes the files. */
  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }

  #file(number: number): PoolFile {
    requireInteger('pool', number, 0, POOL_COUNT - 1);
    return this.#files[number]!;
  }
}

/**
 * Opens the pools of a directory. A pool that cannot be used does not disturb the others; see `failures`.
 *
 * ```ts
 * const pools = await openPools('/var/lib/hyperv');
 * await pools.pool('guest').set('Build', '42');
 * ```
 */
export async function openPools(
  directory: string,
  options: PoolStoreOptions = {},
  { files = nodeFiles, locks = osLocks, wallClock = Date.now }: PoolStorePorts = {},
): Promise<PoolStore> {
  check(directory, options);
  const root = resolve(directory);
  const readOnly = options.readOnly ?? false;
  const poolFiles = Array.from(
    { length: POOL_COUNT },
    (_, number) =>
      new PoolFile({
        files,
        locks,
        root,
        number,
        mode: options.mode ?? (isFreeBsd ? 0o600 : 0o644),
        readOnly,
        durable: options.durability === 'disk',
        lockTimeoutMs: options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS,
        wallClock,
        onNotice: options.onNotice ?? (() => {}),
      }),
  );
  const failures = new Map<number, KvpError>();
  const createAll = options.createAll ?? false;
  if (options.createDirectory ?? createAll) makeDirectory(files, root);
  if (createAll) {
    for (const [number, file] of poolFiles.entries()) {
      await file
        .writing(() => undefined)
        .catch((error: unknown) => {
          if (!(error instanceof KvpError)) throw error;
          failures.set(number, error);
        });
    }
  }
  return new PoolStore(root, poolFiles, failures);
}

/** @throws MisuseError */
function check(directory: string, options: PoolStoreOptions): void {
  requirePath('directory', directory);
  requireOptions(options, 'readOnly', 'createAll', 'createDirectory');
  const { durability = 'none', lockTimeoutMs = 0, mode = 0, onNotice } = options;
  optional(requireFunction, 'onNotice', onNotice);
  requireChoice('durability', durability, ['none', 'disk']);
  requireInteger('lockTimeoutMs', lockTimeoutMs, 0, LONGEST_LOCK_TIMEOUT_MS);
  requireInteger('mode', mode, 0, 0o777);
}

function makeDirectory(files: PoolFiles, root: string): void {
  try {
    files.makeDirectory(root, isFreeBsd ? 0o700 : 0o755);
  } catch (cause) {
    // Nothing to be made on a read-only file system, where the pools can be read all the same.
    if (systemCode(cause) === 'EROFS' && files.factsOf(root) !== undefined) return;
    throw new KvpError('ERR_POOL_IO', { detail: `${root}, ${systemCode(cause)}`, cause });
  }
}
