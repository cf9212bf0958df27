/**
 * One pool file, opened when it is needed: locks, detection of other programs' changes, and the index. Every use runs
 * alone, holding the file's locks from the first look to the last write.
 */
import { constants } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { WallClock } from '../clock.js';
import { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import { type LockedPool, settle } from './changes.js';
import { type FileFacts, type PoolFiles, sameFile, unchanged } from './files.js';
import { JournalFile } from './journal-file.js';
import { hashKey, KeyIndex } from './key-index.js';
import { acquire, type LockMode, type LockPort } from './lock.js';
import { mayNotWrite, type OpenFile, OpenFiles, poolFailure } from './open-files.js';
import { CHUNK_RECORDS, PoolSession } from './pool-session.js';
import { keyText } from './record.js';
import { settledCopy } from './settled-copy.js';

export interface PoolFileOptions {
  files: PoolFiles;
  locks: LockPort;
  path: string;
  journalPath: string;
  /** Of copies made by a repair; the time is appended. */
  backupPath: string;
  /** Of files that are created; the process's umask applies. */
  mode: number;
  readOnly: boolean;
  durable: boolean;
  lockTimeoutMs: number;
  wallClock: WallClock;
}

/** Coarser than the clock of any file system that pools live on. */
const CLOCK_TICK_NS = 20_000_000n;

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

/** How long uses may follow one another before timers and input get their turn. */
const LONGEST_RUN_MS = 10;
let lastTurn = 0;

/** No use waits for anything unless somebody else holds the pool, so a loop of them would keep all else from running. */
async function letOthersRun(): Promise<void> {
  if (performance.now() - lastTurn < LONGEST_RUN_MS) return;
  await setImmediate();
  lastTurn = performance.now();
}

export class PoolFile {
  readonly #options: PoolFileOptions;
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
    this.#options = options;
    this.#journal = new JournalFile(options.files, options.journalPath, options);
    this.#open = new OpenFiles(options.files, options.path, options.mode);
  }

  get path(): string {
    return this.#options.path;
  }

  get wallClock(): WallClock {
    return this.#options.wallClock;
  }

  /** Runs `work` with the file locked for reading; `undefined` stands for a pool without a file, which is empty. */
  reading<T>(work: (session: PoolSession | undefined) => T | Promise<T>): Promise<T> {
    return this.#alone(() => this.#locked('shared', false, work));
  }

  /** Runs `work` with the file locked for writing. Without `create`, a pool without a file stays so. */
  writing<T>(work: (session: PoolSession) => T | Promise<T>): Promise<T>;
  writing<T>(work: (session: PoolSession | undefined) => T | Promise<T>, options: { create: false }): Promise<T>;
  writing<T>(work: (session: PoolSession) => T | Promise<T>, { create = true } = {}): Promise<T> {
    if (this.#options.readOnly) throw new KvpError('ERR_POOL_READ_ONLY', { detail: this.path });
    return this.#alone(() =>
      this.#locked('exclusive', create, work as (session: PoolSession | undefined) => T | Promise<T>),
    );
  }

  close(): Promise<void> {
    return this.#alone(async () => this.#closeFile());
  }

  /** One use after the other: two locks on one descriptor would be one lock. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(letOthersRun).then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #locked<T>(
    mode: LockMode,
    create: boolean,
    work: (session: PoolSession | undefined) => T | Promise<T>,
  ): Promise<T> {
    const locked = await this.#lock(mode, create);
    if (locked === undefined) return work(undefined);
    try {
      const session = await this.#settled(locked, mode);
      return await work(session);
    } catch (error) {
      // Whatever failed half-way, the next use looks at the journal and the file again.
      this.#settledAt = undefined;
      this.#indexedAt = undefined;
      throw poolFailure(this.path, error);
    } finally {
      this.#release(locked.fd);
    }
  }

  #release(fd: number): void {
    // Not left to the closing: a child that is being started may share the descriptor for a moment.
    this.#options.locks.unlock(fd);
    if (this.#open.closeWriter()) this.#journal.close();
  }

  /** Opens and locks the file that has the pool's name now: it may be replaced or removed while we wait. */
  async #lock(mode: LockMode, create: boolean): Promise<LockedPool | undefined> {
    const { files, locks, path, lockTimeoutMs, durable } = this.#options;
    for (;;) {
      const open = mode === 'exclusive' ? this.#open.writer(create) : this.#open.reader();
      if (open === undefined) return undefined;
      try {
        await acquire(locks, { fd: open.fd, inode: open.facts.inode, path }, mode, lockTimeoutMs);
        const facts = files.factsOf(path);
        if (facts !== undefined && sameFile(facts, open.facts)) {
          return { files, path, fd: open.fd, facts, journal: this.#journal, durable };
        }
      } catch (error) {
        this.#release(open.fd);
        throw poolFailure(path, error);
      }
      this.#closeFile();
    }
  }

  /** Looks into the journal when the file is not as we last saw it, and finishes what a dead process began. */
  async #settled(found: LockedPool, mode: LockMode): Promise<PoolSession> {
    let locked = found;
    if (this.#settledAt === undefined || !unchanged(this.#settledAt, locked.facts)) {
      const entry = this.#journal.read(locked.facts);
      this.#settledAt = locked.facts;
      if (entry !== undefined) {
        const mayWrite = mode === 'exclusive' || (await this.#exchangeForWriter(locked));
        if (mayWrite) {
          const again = mode === 'shared' ? this.#journal.read(locked.facts) : entry;
          if (again !== undefined && (await settle(locked, again))) locked.facts = this.#stamped(locked.fd);
          this.#settledAt = locked.facts;
        } else {
          locked = await settledCopy(locked, entry);
          this.#settledAt = undefined;
          this.#indexedAt = undefined;
        }
      }
    }
    return new PoolSession(locked, this.#index, {
      indexed: () => this.#indexed(locked),
      confirmed: (isStale) => this.#confirmed(locked, isStale),
      changed: () => {
        locked.facts = this.#stamped(locked.fd);
        this.#settledAt = locked.facts;
        this.#indexedAt = this.#indexFits(locked.facts) ? locked.facts : undefined;
      },
      forgetIndex: () => {
        this.#indexedAt = undefined;
      },
      backUp: (chunks) => this.#backUp(chunks),
    });
  }

  /** False, and nothing has changed, for somebody who may only read. */
  async #exchangeForWriter(locked: LockedPool): Promise<boolean> {
    const { files, locks, path, lockTimeoutMs, readOnly } = this.#options;
    const writer = readOnly ? undefined : this.#writerIfAllowed();
    if (writer === undefined) return false;
    locks.unlock(locked.fd);
    locked.fd = writer.fd;
    await acquire(locks, { fd: writer.fd, inode: writer.facts.inode, path }, 'exclusive', lockTimeoutMs);
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

  /** Builds the index unless the file is as it was when it was built. */
  async #indexed(locked: LockedPool): Promise<void> {
    if (this.#indexedAt !== undefined && unchanged(this.#indexedAt, locked.facts)) return;
    await this.#load(locked);
  }

  /** Makes sure that the index has every record; false when it was sure already. */
  async #confirmed(locked: LockedPool, isStale: boolean): Promise<boolean> {
    if (!isStale && !this.#racy) return false;
    await this.#load(locked);
    return true;
  }

  async #load(locked: LockedPool): Promise<void> {
    const { files, fd, facts } = locked;
    const now = BigInt(this.#options.wallClock()) * 1_000_000n;
    this.#index.clear();
    const chunk = new Uint8Array(CHUNK_RECORDS * RECORD_BYTES);
    for (let at = 0; at < facts.size; at += chunk.length) {
      const length = files.read(fd, chunk, at);
      for (let offset = 0; offset + RECORD_BYTES <= length; offset += RECORD_BYTES) {
        this.#index.append(hashKey(keyText(chunk, offset)));
      }
      if (length < chunk.length) break;
      await setImmediate();
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
  async #backUp(chunks: Iterable<{ bytes: Uint8Array; slot: number }>): Promise<string> {
    const { files, backupPath, wallClock } = this.#options;
    const path = `${backupPath}_${new Date(wallClock()).toISOString().replaceAll(':', '')}`;
    const fd = files.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      for (const { bytes, slot } of chunks) files.write(fd, bytes, slot * RECORD_BYTES);
      await files.sync(fd);
    } finally {
      files.close(fd);
    }
    return path;
  }

  #closeFile(): void {
    this.#open.close();
    this.#settledAt = undefined;
    this.#indexedAt = undefined;
    this.#journal.close();
  }
}
