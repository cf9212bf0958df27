/** An open pool file under its locks, as the changes see it. */
import { KvpError } from '../errors.js';
import { type FileFacts, type PoolFiles, systemCode } from './files.js';
import type { JournalEntry } from './journal-entry.js';
import type { JournalFile } from './journal-file.js';

/** `facts` are of the moment when the locks were taken. */
export interface LockedPool {
  files: Pick<PoolFiles, 'read' | 'write' | 'truncate' | 'sync'>;
  path: string;
  fd: number;
  facts: FileFacts;
  journal: Journal;
  durable: boolean;
  /** See {@link JournalEntry.boot}. */
  boot: string;
}

export type Journal = Pick<JournalFile, 'write' | 'reserve' | 'forget' | 'poolChangedWithin'>;

/** At most `length` bytes; fewer when the file ends. */
export function readAt({ files, fd }: Pick<LockedPool, 'files' | 'fd'>, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, files.read(fd, bytes, at));
}

/** Writes and, where asked for, flushes. */
export async function writeAt(pool: LockedPool, at: number, bytes: Uint8Array): Promise<void> {
  pool.files.write(pool.fd, bytes, at);
  if (pool.durable) await pool.files.sync(pool.fd);
}

/** Writes down a step before it is made. Nothing was changed in the pool when it fails: ERR_POOL_IO, ERR_POOL_JOURNAL. */
export async function journalStep(
  pool: LockedPool,
  step: Omit<JournalEntry, 'device' | 'inode' | 'boot'>,
): Promise<void> {
  const { facts, boot } = pool;
  try {
    await pool.journal.write(facts, { device: facts.device, inode: facts.inode, boot, ...step });
  } catch (cause) {
    if (cause instanceof KvpError) throw cause;
    throw changeFailure(`${pool.path}, its journal`, cause, UNCHANGED);
  }
}

export const UNCHANGED = 'the change was not made';
/** The next use decides by what it finds. */
export const UNDECIDED = 'the change is made or undone when the pool is used again';

/** A failed call in a change. `outcome` says what became of the pool. */
export function changeFailure(what: string, cause: unknown, outcome: string): KvpError {
  const inner = cause instanceof KvpError && cause.cause !== undefined ? cause.cause : cause;
  const reason = systemCode(inner) || (inner instanceof Error ? inner.message : String(inner));
  return new KvpError('ERR_POOL_IO', { detail: `${what}, ${reason}; ${outcome}`, cause });
}
