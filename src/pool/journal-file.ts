/**
 * The journal of one pool, a file beside it. It is written before the pool is touched and emptied after, always under
 * the pool's exclusive locks, so an entry found under those locks was left by a process that died.
 */
import { constants } from 'node:fs';
import { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import type { FileFacts, PoolFiles } from './files.js';
import { decodeEntry, ENTRY_HEADER_BYTES, encodeEntry, type JournalEntry } from './journal-entry.js';
import type { PoolDirectory } from './pool-directory.js';

/** Records moved by one step of a removal: 64 KB, which stay in the processor's cache (bench/pool-store.ts). */
export const STEP_RECORDS = 25;
/**
 * The steps of a removal take turns at two places, so that an entry cut short leaves the one before it. Each holds
 * header and key, and three times a step with a trailing partial record.
 */
const PLACE_BYTES = ENTRY_HEADER_BYTES + 512 + 3 * (STEP_RECORDS + 1) * RECORD_BYTES;

/** The longest entry of a single write. Every entry takes this much, so that a full disk stops no later change in place. */
const SINGLE_BYTES = ENTRY_HEADER_BYTES + 2 * RECORD_BYTES;

/** Until it is known who may read the pool. */
const OWNER_ONLY = 0o600;

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

export interface Remains {
  entry: JournalEntry;
  /** The step of the same removal before it. */
  previous: JournalEntry | undefined;
}

export class JournalFile {
  readonly #files: PoolFiles;
  readonly #directory: PoolDirectory;
  readonly #name: string;
  readonly #durable: boolean;
  #open: { fd: number; inode: bigint; writable: boolean } | undefined;
  /** The journal whose name is known to be on the disk. */
  #named: bigint | undefined;
  /** Bytes of the entry at the first place, to be zeroed. */
  #used = 0;
  /** A removal's entries stand at both places: only the end of the whole file forgets them at once. */
  #hasRemoval = false;
  #mayHoldEntry = false;

  constructor(files: PoolFiles, directory: PoolDirectory, name: string, { durable }: { durable: boolean }) {
    this.#files = files;
    this.#directory = directory;
    this.#name = name;
    this.#durable = durable;
  }

  /** What a dead process left, if anything. Never creates the file. Throws ERR_POOL_JOURNAL. */
  read(pool: FileFacts): Remains | undefined {
    if ((this.#files.factsOf(this.#path())?.size ?? 0) === 0) return undefined;
    const fd = this.#descriptor(pool, false);
    const { size } = this.#files.facts(fd);
    const [first, second] = [this.#readPlace(fd, 0, size), this.#readPlace(fd, PLACE_BYTES, size)];
    this.#used = Math.min(size, PLACE_BYTES);
    this.#hasRemoval = size > PLACE_BYTES || first?.removal !== undefined;
    if (first?.removal === undefined || second?.removal === undefined) {
      const entry = first ?? second;
      return entry && { entry, previous: undefined };
    }
    const [entry, previous] = first.removal.step > second.removal.step ? [first, second] : [second, first];
    return { entry, previous };
  }

  #readPlace(fd: number, at: number, size: number): JournalEntry | undefined {
    const header = new Uint8Array(ENTRY_HEADER_BYTES);
    if (this.#files.read(fd, header, at) < header.length || header.every((byte) => byte === 0)) return undefined;
    const bytes = new Uint8Array(Math.min(PLACE_BYTES, size - at));
    try {
      return decodeEntry(bytes.subarray(0, this.#files.read(fd, bytes, at)));
    } catch (error) {
      if (error instanceof KvpError) throw this.#refusal(`is not of this version: ${error.detail}`, error);
      throw error;
    }
  }

  /** Allocates both places, so that a removal that has begun cannot run out of space half-way. */
  reserve(pool: FileFacts): void {
    this.#files.write(this.#descriptor(pool, true), new Uint8Array(2 * PLACE_BYTES), 0);
    this.#hasRemoval = true;
  }

  async write(pool: FileFacts, entry: JournalEntry): Promise<void> {
    const fd = this.#descriptor(pool, true);
    const encoded = encodeEntry(entry);
    const bytes = new Uint8Array(Math.max(encoded.length, SINGLE_BYTES));
    bytes.set(encoded);
    const place = (entry.removal?.step ?? 0) % 2;
    this.#mayHoldEntry = true;
    if (entry.removal !== undefined) this.#hasRemoval = true;
    if (place === 0) this.#used = Math.max(this.#used, bytes.length);
    this.#files.write(fd, bytes, place * PLACE_BYTES);
    if (!this.#durable) return;
    await this.#files.sync(fd);
    const inode = this.#open?.inode;
    if (this.#named === inode) return;
    // The journal may be new, and so may the pool file beside it.
    await this.#files.syncDirectory(this.#directory.at('.'));
    this.#named = inode;
  }

  /** Whether the pool's last change came at most `withinNs` after the entry was written. */
  poolChangedWithin(pool: FileFacts, withinNs: bigint): boolean {
    const written = this.#files.factsOf(this.#path())?.modifiedNs ?? 0n;
    return pool.modifiedNs - written <= withinNs;
  }

  /**
   * Forgets what was written. Never throws: the change that the entry describes is made or undone, and an entry that stays
   * changes nothing. {@link mayHoldEntry} tells that it could not be removed.
   */
  forget(pool: FileFacts): void {
    const zero = () => this.#files.write(this.#descriptor(pool, true), new Uint8Array(this.#used), 0);
    const truncate = () => this.#files.truncate(this.#descriptor(pool, true), 0);
    // Zeros, not a shorter file, where that will do: its blocks stay ours when the disk fills up.
    const ways = this.#hasRemoval ? [truncate] : [zero, truncate];
    this.#mayHoldEntry = !ways.some(succeeds);
    if (this.#mayHoldEntry) return;
    this.#used = 0;
    this.#hasRemoval = false;
  }

  /** An entry was written, and is there still. */
  get mayHoldEntry(): boolean {
    return this.#mayHoldEntry;
  }

  /** Called after every use that may have written: an open descriptor would keep the file system busy. */
  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) this.#files.close(open.fd);
  }

  #descriptor(pool: FileFacts, writable: boolean): number {
    if (this.#open !== undefined) {
      // Open for writing it is only during one use, under the locks.
      if (this.#open.writable) return this.#open.fd;
      if (!writable && this.#files.factsOf(this.#path())?.inode === this.#open.inode) return this.#open.fd;
      this.close();
    }
    const flags = O_NOFOLLOW | O_NONBLOCK | (writable ? O_RDWR | O_CREAT : O_RDONLY);
    const fd = this.#files.open(this.#path(), flags, OWNER_ONLY);
    try {
      const facts = this.#files.facts(fd);
      this.#mustBeTrusted(facts, pool);
      if (writable) this.#shareAsPool(fd, facts, pool);
      this.#open = { fd, inode: facts.inode, writable };
    } catch (error) {
      this.#files.close(fd);
      throw error;
    }
    return fd;
  }

  /** The journal holds values of the pool: whoever may not read the pool must not read them here. */
  #shareAsPool(fd: number, journal: FileFacts, pool: FileFacts): void {
    let mode = pool.mode & 0o666;
    if (journal.owner !== pool.owner || journal.group !== pool.group) {
      const isOurs = succeeds(() => this.#files.setOwner(fd, pool.owner, pool.group));
      // The bits of the pool's group would be for another group here.
      if (!isOurs) mode &= ~0o060;
    }
    if ((journal.mode & 0o777) !== mode) this.#files.setMode(fd, mode);
  }

  /** In a directory that everybody may write to, somebody could lay a journal that rewrites the pool. */
  #mustBeTrusted(facts: FileFacts, pool: FileFacts): void {
    if (facts.kind !== 'file') throw this.#refusal('is not a regular file');
    if (facts.links > 1) throw this.#refusal(`has ${facts.links} names`);
    const trusted = [pool.owner, 0n, BigInt(process.geteuid?.() ?? 0)];
    if (!trusted.includes(facts.owner)) throw this.#refusal(`belongs to user ${facts.owner}`);
  }

  #path(): string {
    return this.#directory.at(this.#name);
  }

  #refusal(what: string, cause?: unknown): KvpError {
    return new KvpError('ERR_POOL_JOURNAL', { detail: `${this.#directory.shown(this.#name)} ${what}`, cause });
  }
}

function succeeds(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
