/**
 * The journal of one pool, a file beside it. It is written before the pool is touched and emptied after, always under
 * the pool's exclusive locks, so an entry found under those locks was left by a process that died.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import { type FileFacts, type PoolFiles, systemCode } from './files.js';
import { decodeEntry, ENTRY_HEADER_BYTES, encodeEntry, type JournalEntry } from './journal-entry.js';

/** Records moved by one step of a removal: 64 KB, which stay in the processor's cache (bench/pool-store.ts). */
export const STEP_RECORDS = 25;
/**
 * The steps of a removal take turns at two places, so that an entry cut short leaves the one before it. Each holds
 * header and key, and three times a step with a trailing partial record.
 */
const PLACE_BYTES = ENTRY_HEADER_BYTES + 512 + 3 * (STEP_RECORDS + 1) * RECORD_BYTES;

/** The longest entry of a single write. Every entry takes this much, so that a full disk stops no later change in place. */
const SINGLE_BYTES = ENTRY_HEADER_BYTES + 2 * RECORD_BYTES;

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

export class JournalFile {
  readonly #files: PoolFiles;
  readonly #path: string;
  readonly #mode: number;
  readonly #durable: boolean;
  #open: { fd: number; inode: bigint; writable: boolean } | undefined;
  /** The journal whose name is known to be on the disk. */
  #named: bigint | undefined;
  /** Bytes of the entry at the first place, to be zeroed; removals empty the whole file. */
  #used = 0;

  constructor(files: PoolFiles, path: string, { mode, durable }: { mode: number; durable: boolean }) {
    this.#files = files;
    this.#path = path;
    this.#mode = mode;
    this.#durable = durable;
  }

  /** The newest entry, if any. Never creates the file. Throws ERR_POOL_JOURNAL. */
  read(pool: FileFacts): JournalEntry | undefined {
    if ((this.#files.factsOf(this.#path)?.size ?? 0) === 0) return undefined;
    const fd = this.#descriptor(pool, false);
    const { size } = this.#files.facts(fd);
    const [first, second] = [this.#readPlace(fd, 0, size), this.#readPlace(fd, PLACE_BYTES, size)];
    this.#used = Math.min(size, PLACE_BYTES);
    if (first?.removal === undefined || second?.removal === undefined) return first ?? second;
    return first.removal.step > second.removal.step ? first : second;
  }

  #readPlace(fd: number, at: number, size: number): JournalEntry | undefined {
    const header = new Uint8Array(ENTRY_HEADER_BYTES);
    if (this.#files.read(fd, header, at) < header.length || header.every((byte) => byte === 0)) return undefined;
    const bytes = new Uint8Array(Math.min(PLACE_BYTES, size - at));
    return decodeEntry(bytes.subarray(0, this.#files.read(fd, bytes, at)));
  }

  /** Allocates both places, so that a removal that has begun cannot run out of space half-way. */
  reserve(pool: FileFacts): void {
    this.#files.write(this.#descriptor(pool, true), new Uint8Array(2 * PLACE_BYTES), 0);
  }

  async write(pool: FileFacts, entry: JournalEntry): Promise<void> {
    const fd = this.#descriptor(pool, true);
    const encoded = encodeEntry(entry);
    const bytes = new Uint8Array(Math.max(encoded.length, SINGLE_BYTES));
    bytes.set(encoded);
    const place = (entry.removal?.step ?? 0) % 2;
    if (place === 0) this.#used = Math.max(this.#used, bytes.length);
    this.#files.write(fd, bytes, place * PLACE_BYTES);
    if (!this.#durable) return;
    await this.#files.sync(fd);
    const inode = this.#open?.inode;
    if (this.#named === inode) return;
    // The journal may be new, and so may the pool file beside it.
    await this.#files.syncDirectory(dirname(this.#path));
    this.#named = inode;
  }

  /** Whether the pool's last change came within `withinNs` after the entry was written. */
  writtenJustBefore(pool: FileFacts, withinNs: bigint): boolean {
    const written = this.#files.factsOf(this.#path)?.modifiedNs ?? 0n;
    return pool.modifiedNs >= written && pool.modifiedNs - written <= withinNs;
  }

  /** Forgets the entry of a single write. Zeros, not a shorter file: its blocks stay ours when the disk fills up. */
  clear(pool: FileFacts): void {
    this.#files.write(this.#descriptor(pool, true), new Uint8Array(this.#used), 0);
    this.#used = 0;
  }

  /** Forgets both places at once, so that no older step outlives the newest. */
  truncate(pool: FileFacts): void {
    this.#files.truncate(this.#descriptor(pool, true), 0);
    this.#used = 0;
  }

  /** Called after every use that may have written: an open descriptor would keep the file system busy. */
  close(): void {
    if (this.#open !== undefined) this.#files.close(this.#open.fd);
    this.#open = undefined;
  }

  #descriptor(pool: FileFacts, writable: boolean): number {
    if (this.#open !== undefined) {
      // Open for writing it is only during one use, under the locks.
      if (this.#open.writable) return this.#open.fd;
      if (!writable && this.#files.factsOf(this.#path)?.inode === this.#open.inode) return this.#open.fd;
      this.close();
    }
    const flags = O_NOFOLLOW | O_NONBLOCK | (writable ? O_RDWR | O_CREAT : O_RDONLY);
    const fd = this.#files.open(this.#path, flags, this.#mode);
    try {
      const facts = this.#files.facts(fd);
      this.#mustBeTrusted(facts, pool);
      this.#open = { fd, inode: facts.inode, writable };
    } catch (error) {
      this.#files.close(fd);
      throw error;
    }
    return fd;
  }

  /** In a directory that everybody may write to, somebody could lay a journal that rewrites the pool. */
  #mustBeTrusted(facts: FileFacts, pool: FileFacts): void {
    const refuse = (what: string) => new KvpError('ERR_POOL_JOURNAL', { detail: `${this.#path} ${what}` });
    if (facts.kind !== 'file') throw refuse('is not a regular file');
    const trusted = [pool.owner, 0n, BigInt(process.geteuid?.() ?? 0)];
    if (!trusted.includes(facts.owner)) throw refuse(`belongs to user ${facts.owner}`);
  }
}

/** What a failed call on the journal means for the caller; nothing was changed in the pool yet. */
export function journalFailure(path: string, error: unknown): KvpError {
  if (error instanceof KvpError) return error;
  return new KvpError('ERR_POOL_IO', { detail: `${path}, its journal: ${systemCode(error)}`, cause: error });
}
