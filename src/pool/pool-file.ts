/**
 * One pool file, opened when it is needed: locks, detection of other programs' changes, and the index. Every use runs
 * alone, holding the file's locks from the first look to the last write.
 */
import { constants } from 'node:fs';
import type { WallClock } from '../clock.js';
import { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import { type Chunk, chunksOf } from './chunks.js';
import { type FileFacts, type PoolFiles, sameFile, unchanged } from './files.js';
import { JournalFile, type Remains } from './journal-file.js';
import { hashKey, KeyIndex } from './key-index.js';
import { acquire, type LockMode, type LockPort } from './lock.js';
import type { LockedPool } from './locked-pool.js';
import { backupFileName, journalFileName, poolFileName } from './names.js';
import { noticeOf, type PoolNotice } from './notice.js';
import { mayNotWrite, type OpenFile, OpenFiles, poolFailure } from './open-files.js';
import { PoolDirectory } from './pool-directory.js';
import { PoolSession } from './pool-session.js';
import { keyText } from './record.js';
import { settle } from './settle.js';
import { settledCopy } from './settled-copy.js';
import { letOthersRun } from './turns.js';

export interface PoolFileOptions {
  files: PoolFiles;
  locks: LockPort;
  /** The directory of the pools, and which of them it is. */
  root: string;
  number: number;
  /** Of files that are created; the process's umask applies. */
  mode: number;
  readOnly: boolean;
  durable: boolean;
  lockTimeoutMs: number;
  wallClock: WallClock;
  onNotice(notice: PoolNotice): void;
}

export interface UseOptions {
  /** Ends a wait for the locks, a load and a search; the use then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Coarser than the clock of any file system that pools live on. */
const CLOCK_TICK_NS = 20_000_000n;

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

export class PoolFile {
  readonly path: string;
  readonly #options: PoolFileOptions;
  readonly #directory: PoolDirectory;
  readonly #name: string;
  readonly #journal: JournalFile;
  readonly #index = new KeyIndex();
  readonly #open: OpenFiles;
  /** The file when the journal was last looked into, and when the index was built. */
  #settledAt: FileFacts | undefined;
  #indexedAt: FileFacts | undefined;
  /** The file may have changed within the clock tick of `#indexedAt`, so that equal facts prove nothing. */
  #racy = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: PoolFileOptions) {
    const { files, root, number, mode } = options;
    this.#options = options;
    this.#directory = new PoolDirectory(files, root);
    this.#name = poolFileName(number);
    this.path = this.#directory.shown(this.#name);
    this.#journal = new JournalFile(files, this.#directory, journalFileName(number), options);
    this.#open = new OpenFiles(files, this.#directory, this.#name, mode);
  }

  get wallClock(): WallClock {
    return this.#options.wallClock;
  }

  /** Runs `work` with the file locked for reading; `undefined` stands for a pool without a file, which is empty. */
  reading<T>(work: (session: PoolSession | undefined) => T | Promise<T>, { signal }: UseOptions = {}): Promise<T> {
    return this.#alone(() => this.#locked('shared', { create: false, signal }, work), signal);
  }

  /** Runs `work` with the file locked for writing. Without `create`, a pool without a file stays so. */
  writing<T>(
    work: (session: PoolSession | undefined) => T | Promise<T>,
    options: UseOptions & { create: false },
  ): Promise<T>;
  writing<T>(work: (session: PoolSession) => T | Promise<T>, options?: UseOptions): Promise<T>;
  writing<T>(
    work: (session: PoolSession) => T | Promise<T>,
    { create = true, signal }: UseOptions & { create?: boolean } = {},
  ): Promise<T> {
    if (this.#options.readOnly) throw new KvpError('ERR_POOL_READ_ONLY', { detail: this.path });
    const anyWork = work as (session: PoolSession | undefined) => T | Promise<T>;
    return this.#alone(() => this.#locked('exclusive', { create, signal }, anyWork), signal);
  }

  close(): Promise<void> {
    return this.#alone(async () => this.#closeFile());
  }

  /** One use after the other: two locks on one descriptor would be one lock. */
  #alone<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const result = this.#queue.then(() => letOthersRun(signal)).then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #locked<T>(
    mode: LockMode,
    options: UseOptions & { create: boolean },
    work: (session: PoolSession | undefined) => T | Promise<T>,
  ): Promise<T> {
    try {
      const locked = await this.#lock(mode, options);
      if (locked === undefined) return await work(undefined);
      try {
        return await work(await this.#settled(locked, mode, options.signal));
      } finally {
        // Not left to the closing: a child that is being started may share the descriptor for a moment.
        this.#options.locks.unlock(locked.fd);
      }
    } catch (error) {
      // Whatever failed half-way, the next use looks at the journal and the file again.
      this.#settledAt = undefined;
      this.#indexedAt = undefined;
      throw poolFailure(this.path, error);
    } finally {
      this.#endUse();
    }
  }

  #endUse(): void {
    try {
      if (this.#open.closeWriter()) this.#journal.close();
    } catch {
      // What was asked for is done or refused by now.
    }
  }

  /** Opens and locks the file that has the pool's name now: it may be replaced or removed while we wait. */
  async #lock(mode: LockMode, { create, signal }: UseOptions & { create: boolean }): Promise<LockedPool | undefined> {
    const { files, locks, durable } = this.#options;
    for (;;) {
      const open = mode === 'exclusive' ? this.#open.writer(create) : this.#open.reader();
      if (open === undefined) return undefined;
      await this.#acquire(open, mode, signal);
      const facts = files.factsOf(this.#directory.at(this.#name));
      if (facts !== undefined && sameFile(facts, open.facts)) {
        const { path } = this;
        return { files, path, fd: open.fd, facts, journal: this.#journal, durable, boot: files.bootId() };
      }
      locks.unlock(open.fd);
      this.#closeFile();
    }
  }

  #acquire({ fd, facts }: OpenFile, mode: LockMode, signal: AbortSignal | undefined): Promise<void> {
    const { locks, lockTimeoutMs } = this.#options;
    return acquire(locks, { fd, inode: facts.inode, path: this.path }, mode, { timeoutMs: lockTimeoutMs, signal });
  }

  async #settled(found: LockedPool, mode: LockMode, signal: AbortSignal | undefined): Promise<PoolSession> {
    const locked = await this.#withoutRemains(found, mode, signal);
    const state = {
      indexed: () => this.#indexed(locked, signal),
      confirmed: (isStale: boolean) => this.#confirmed(locked, isStale, signal),
      changed: () => this.#changed(locked),
      forgetIndex: () => {
        this.#indexedAt = undefined;
      },
      backUp: (chunks: AsyncIterable<Chunk>) => this.#backUp(chunks),
    };
    return new PoolSession(locked, this.#index, state, signal);
  }

  /** Looks into the journal when the file is not as we last saw it, and finishes what a dead process began. */
  async #withoutRemains(locked: LockedPool, mode: LockMode, signal: AbortSignal | undefined): Promise<LockedPool> {
    if (this.#settledAt !== undefined && unchanged(this.#settledAt, locked.facts)) return locked;
    const remains = this.#journal.read(locked.facts);
    this.#settledAt = locked.facts;
    if (remains === undefined) return locked;
    if (mode === 'exclusive') {
      await this.#settle(locked, remains);
      return locked;
    }
    if (await this.#exchangeForWriter(locked, signal)) {
      const again = this.#journal.read(locked.facts);
      if (again !== undefined) await this.#settle(locked, again);
      return locked;
    }
    this.#settledAt = undefined;
    this.#indexedAt = undefined;
    return settledCopy(locked, remains);
  }

  async #settle(locked: LockedPool, remains: Remains): Promise<void> {
    const settlement = await settle(locked, remains);
    if (settlement === 'finished' || settlement === 'part') this.#changed(locked);
    else this.#settledAt = this.#journal.mayHoldEntry ? undefined : locked.facts;
    if (settlement !== 'nothing') this.#options.onNotice(noticeOf(settlement, this.path));
  }

  /** False, and nothing has changed, for somebody who may only read. */
  async #exchangeForWriter(locked: LockedPool, signal: AbortSignal | undefined): Promise<boolean> {
    const { files, locks, readOnly } = this.#options;
    const writer = readOnly ? undefined : this.#writerIfAllowed();
    if (writer === undefined) return false;
    locks.unlock(locked.fd);
    locked.fd = writer.fd;
    await this.#acquire(writer, 'exclusive', signal);
    locked.facts = files.facts(writer.fd);
    return true;
  }

  #writerIfAllowed(): OpenFile | undefined {
    try {
      return this.#open.writer(false);
    } catch (error) {
      if (mayNotWrite(error)) return undefined;
      throw error;
    }
  }

  /** The change is made: nothing that fails from here on may look as if it were not. */
  #changed(locked: LockedPool): void {
    try {
      locked.facts = this.#stamped(locked.fd);
      this.#settledAt = locked.facts;
      this.#indexedAt = this.#indexFits(locked.facts) ? locked.facts : undefined;
    } catch {
      this.#settledAt = undefined;
      this.#indexedAt = undefined;
    }
    if (!this.#journal.mayHoldEntry) return;
    this.#settledAt = undefined;
    this.#options.onNotice(noticeOf('journal-stays', this.path));
  }

  /** Builds the index unless the file is as it was when it was built. */
  async #indexed(locked: LockedPool, signal: AbortSignal | undefined): Promise<void> {
    if (this.#indexedAt !== undefined && unchanged(this.#indexedAt, locked.facts)) return;
    await this.#load(locked, signal);
  }

  /** Makes sure that the index has every record; false when it was sure already. */
  async #confirmed(locked: LockedPool, isStale: boolean, signal: AbortSignal | undefined): Promise<boolean> {
    if (!isStale && !this.#racy) return false;
    await this.#load(locked, signal);
    return true;
  }

  async #load(locked: LockedPool, signal: AbortSignal | undefined): Promise<void> {
    const { facts } = locked;
    const now = BigInt(this.#options.wallClock()) * 1_000_000n;
    this.#indexedAt = undefined;
    this.#index.clear();
    for await (const { bytes } of chunksOf(locked, signal)) {
      for (let offset = 0; offset + RECORD_BYTES <= bytes.length; offset += RECORD_BYTES) {
        this.#index.append(hashKey(keyText(bytes, offset)));
      }
    }
    this.#indexedAt = this.#indexFits(facts) ? facts : undefined;
    this.#racy = facts.modifiedNs > now - CLOCK_TICK_NS || facts.changedNs > now - CLOCK_TICK_NS;
  }

  /** False when somebody who takes no lock made the file longer or shorter meanwhile. */
  #indexFits(facts: FileFacts): boolean {
    return this.#index.count === Math.floor(facts.size / RECORD_BYTES);
  }

  /**
   * Gives the file a time of modification that no clock tick produces, so that the next change by anybody shows, even
   * within the same tick. Where that is not allowed, the file counts as racy until the tick is over.
   */
  #stamped(fd: number): FileFacts {
    const { files, wallClock } = this.#options;
    const seconds = (wallClock() - Math.random()) / 1000;
    try {
      files.setModified(fd, seconds);
    } catch {
      // Only the owner may set times.
    }
    const facts = files.facts(fd);
    const difference = Number(facts.modifiedNs) / 1e9 - seconds;
    this.#racy = Math.abs(difference) > 1e-5;
    return facts;
  }

  /** A copy beside the pool, on the disk before it is named. Only for its owner: it may hold what others must not read. */
  async #backUp(chunks: AsyncIterable<Chunk>): Promise<string> {
    const { files, number, wallClock } = this.#options;
    const name = `${backupFileName(number)}_${new Date(wallClock()).toISOString().replaceAll(':', '')}`;
    const fd = files.open(this.#directory.at(name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      for await (const { bytes, slot } of chunks) files.write(fd, bytes, slot * RECORD_BYTES);
      await files.sync(fd);
    } finally {
      files.close(fd);
    }
    return this.#directory.shown(name);
  }

  #closeFile(): void {
    this.#open.close();
    this.#settledAt = undefined;
    this.#indexedAt = undefined;
    this.#journal.close();
  }
}
