/**
 * The three ways a pool file is ever changed: one record written in place, records added at the end, and records
 * taken out by moving the later ones towards the front. Each is a journalled step, so that a process that dies at any
 * call leaves the pool as before or as after once the next one opens it. The caller holds the exclusive locks.
 */
import { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import { type FileFacts, type PoolFiles, systemCode } from './files.js';
import type { JournalEntry } from './journal-entry.js';
import { type JournalFile, journalFailure, STEP_RECORDS } from './journal-file.js';
import { keyText, sameBytes } from './record.js';
import { stepState } from './settle.js';

/** An open, locked pool file. `facts` are of the moment when the locks were taken. */
export interface LockedPool {
  files: Pick<PoolFiles, 'read' | 'write' | 'truncate' | 'sync'>;
  path: string;
  fd: number;
  facts: FileFacts;
  journal: Journal;
  durable: boolean;
}

export type Journal = Pick<JournalFile, 'write' | 'reserve' | 'clear' | 'truncate' | 'writtenJustBefore'>;

/** How long after its journal entry a step may still be writing: beyond it, a change is taken for somebody else's. */
const UNDISTURBED_NS = 2_000_000_000n;

/** Puts `after` where `before` stands; `after` may reach past the end of the file. All or nothing. */
export async function put(pool: LockedPool, at: number, before: Uint8Array, after: Uint8Array): Promise<void> {
  await journalStep(pool, { at, before, after });
  try {
    pool.files.write(pool.fd, after, at);
    if (pool.durable) await pool.files.sync(pool.fd);
  } catch (cause) {
    throw undo(pool, at, before, after, cause);
  }
  pool.journal.clear(pool.facts);
}

/** Takes out every record with this key from `first` (a byte offset, of the first of them) on. */
export async function remove(pool: LockedPool, key: Uint8Array, first: number): Promise<void> {
  reserveFor(pool, first);
  await moveDown(pool, { key, step: 0, to: first, from: first }, (records) => without(records, key));
}

/** What becomes of the bytes that stand at `offset`: whole records, and a partial one at the end of the file. */
export type Rewrite = (bytes: Uint8Array, offset: number) => Uint8Array;

/** Passes the whole file through `rewrite`, which makes no record longer. */
export async function rewriteAll(pool: LockedPool, rewrite: Rewrite): Promise<void> {
  reserveFor(pool, 0);
  await moveDown(pool, { key: undefined, step: 0, to: 0, from: 0 }, rewrite);
}

/** A removal of several steps that has begun must not run out of space half-way. */
function reserveFor(pool: LockedPool, first: number): void {
  if (pool.facts.size - first <= STEP_RECORDS * RECORD_BYTES) return;
  try {
    pool.journal.reserve(pool.facts);
  } catch (cause) {
    throw journalFailure(pool.path, cause);
  }
}

/** Finishes or forgets what a dead process left in the journal; true when the pool was changed. */
export async function settle(pool: LockedPool, entry: JournalEntry): Promise<boolean> {
  const { facts, journal } = pool;
  if (entry.device !== facts.device || entry.inode !== facts.inode) {
    journal.truncate(facts);
    return false;
  }
  const current = readAt(pool, entry.at, entry.after.length);
  const state = stepState(current, entry, journal.writtenJustBefore(facts, UNDISTURBED_NS));
  const { removal } = entry;
  if (removal === undefined) {
    if (state === 'between') await writeBack(pool, entry.at, entry.after);
    journal.clear(facts);
    return state === 'between';
  }
  const { key, step, next, left } = removal;
  const notBegun = state === 'before' && step === 0;
  // Once the file is cut, what stood behind the moved bytes is gone, or is what somebody else appended since.
  const isCut = !sameBytes(readAt(pool, next - left.length, left.length), left);
  if (state === 'foreign' || notBegun || isCut) {
    journal.truncate(facts);
    return false;
  }
  await writeBack(pool, entry.at, entry.after);
  const keep: Rewrite = key === undefined ? (bytes) => bytes : (bytes) => without(bytes, key);
  await moveDown(pool, { key, step: step + 1, to: entry.at + entry.after.length, from: next }, keep);
  return true;
}

/** Moves what `rewrite` keeps from `from` on to `to`, step by step, and cuts the file behind it. */
async function moveDown(
  pool: LockedPool,
  { key, step, to, from }: { key: Uint8Array | undefined; step: number; to: number; from: number },
  rewrite: Rewrite,
): Promise<void> {
  const { files, fd, facts, journal, path, durable } = pool;
  let [target, source, number] = [to, from, step];
  try {
    while (source < facts.size) {
      const moved = readAt(pool, source, Math.min(STEP_RECORDS * RECORD_BYTES, facts.size - source));
      if (moved.length === 0) {
        throw new KvpError('ERR_POOL_IO', { detail: `${path} became shorter by somebody who took no lock` });
      }
      const next = source + moved.length;
      const after = rewrite(moved, source);
      const before = readAt(pool, target, after.length);
      if (!sameBytes(before, after)) {
        const behind = Math.max(target + after.length, source);
        const left = readAt(pool, behind, next - behind);
        await journalStep(pool, { at: target, before, after, removal: { key, step: number, next, left } });
        number++;
        files.write(fd, after, target);
        if (durable) await files.sync(fd);
      }
      target += after.length;
      source = next;
    }
    if (target < facts.size) files.truncate(fd, target);
    if (durable) await files.sync(fd);
  } catch (error) {
    if (error instanceof KvpError && number === step) throw error;
    const outcome = number === step ? '' : '; the removal is finished when the pool is used again';
    throw new KvpError('ERR_POOL_IO', { detail: `${path}, ${systemCode(error)}${outcome}`, cause: error });
  }
  if (number > 0) journal.truncate(facts);
}

/** The bytes without the records that have this key. A partial record at the end stays. */
function without(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  const kept = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
    const record = bytes.subarray(at, at + RECORD_BYTES);
    if (record.length === RECORD_BYTES && sameBytes(keyText(record), key)) continue;
    kept.set(record, length);
    length += record.length;
  }
  return kept.subarray(0, length);
}

async function journalStep(pool: LockedPool, step: Omit<JournalEntry, 'device' | 'inode'>): Promise<void> {
  const { device, inode } = pool.facts;
  try {
    await pool.journal.write(pool.facts, { device, inode, ...step });
  } catch (cause) {
    throw journalFailure(pool.path, cause);
  }
}

async function writeBack(pool: LockedPool, at: number, bytes: Uint8Array): Promise<void> {
  pool.files.write(pool.fd, bytes, at);
  if (pool.durable) await pool.files.sync(pool.fd);
}

/** Restores what a failed write may have begun to change, and names the failure. */
function undo(pool: LockedPool, at: number, before: Uint8Array, after: Uint8Array, cause: unknown): KvpError {
  const detail = `${pool.path}, ${systemCode(cause)}`;
  try {
    if (before.length > 0) pool.files.write(pool.fd, before, at);
    if (after.length > before.length) pool.files.truncate(pool.fd, at + before.length);
    pool.journal.clear(pool.facts);
  } catch {
    return new KvpError('ERR_POOL_IO', {
      detail: `${detail}; the record is mended when the pool is used again`,
      cause,
    });
  }
  return new KvpError('ERR_POOL_IO', { detail, cause });
}

export function readAt({ files, fd }: Pick<LockedPool, 'files' | 'fd'>, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, files.read(fd, bytes, at));
}
