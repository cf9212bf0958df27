/**
 * The three ways a pool file is ever changed: one record written in place, records added at the end, and records
 * taken out by moving the later ones towards the front. Each is a journalled step, so that a process that dies at any
 * call leaves the pool as before or as after once the next one opens it. The caller holds the exclusive locks.
 */
import type { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import { STEP_RECORDS } from './journal-file.js';
import { changeFailure, journalStep, type LockedPool, UNCHANGED, UNDECIDED, writeAt } from './locked-pool.js';
import { moveDown, type Rewrite } from './move-down.js';
import { sameBytes } from './record.js';
import type { Twin } from './twins.js';

/** Puts `after` where `before` stands; `after` may reach past the end of the file. All or nothing. */
export async function put(pool: LockedPool, at: number, before: Uint8Array, after: Uint8Array): Promise<void> {
  // The same bytes once more need no journal: no moment of that write shows anything else.
  const differs = !sameBytes(before, after);
  if (differs) await journalStep(pool, { at, before, after });
  try {
    await writeAt(pool, at, after);
  } catch (cause) {
    throw undo(pool, at, before, after, cause);
  }
  if (differs) pool.journal.forget(pool.facts);
}

/** The records of one key that go, and the one that stays with new content, if any. */
export interface Removal {
  key: Uint8Array;
  /** In file order; at least one. */
  twins: readonly Twin[];
  /** Stands before the first twin. */
  changed?: { at: number; record: Uint8Array };
}

/** Takes out the twins, and changes the one record that stays, all or nothing. */
export async function remove(pool: LockedPool, { key, twins, changed }: Removal): Promise<void> {
  const start = changed?.at ?? twins[0]!.at;
  const { size } = pool.facts;
  reserveFor(pool, start);
  const rewrite = without(twins);
  await moveDown(pool, { key, twins, step: 0, to: start, from: start, size }, (bytes, offset) => {
    if (changed?.at === offset) bytes.set(changed.record);
    return rewrite(bytes, offset);
  });
  pool.journal.forget(pool.facts);
}

/** Passes the whole file through `rewrite`, which makes no record longer. */
export async function rewriteAll(pool: LockedPool, rewrite: Rewrite): Promise<void> {
  reserveFor(pool, 0);
  await moveDown(pool, { key: undefined, twins: [], step: 0, to: 0, from: 0, size: pool.facts.size }, rewrite);
  pool.journal.forget(pool.facts);
}

/** Keeps all but the twins. A partial record at the end stays. */
export function without(twins: readonly Twin[]): Rewrite {
  const gone = new Set(twins.map(({ at }) => at));
  return (bytes, offset) => {
    const kept = new Uint8Array(bytes.length);
    let length = 0;
    for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
      if (gone.has(offset + at)) continue;
      const record = bytes.subarray(at, at + RECORD_BYTES);
      kept.set(record, length);
      length += record.length;
    }
    return kept.subarray(0, length);
  };
}

/** A removal of several steps that has begun must not run out of space half-way. */
function reserveFor(pool: LockedPool, first: number): void {
  if (pool.facts.size - first <= STEP_RECORDS * RECORD_BYTES) return;
  try {
    pool.journal.reserve(pool.facts);
  } catch (cause) {
    throw changeFailure(`${pool.path}, its journal`, cause, UNCHANGED);
  }
}

/** Restores what a failed write may have begun to change, and names the failure. */
function undo(pool: LockedPool, at: number, before: Uint8Array, after: Uint8Array, cause: unknown): KvpError {
  try {
    if (before.length > 0) pool.files.write(pool.fd, before, at);
    if (after.length > before.length) pool.files.truncate(pool.fd, at + before.length);
  } catch {
    return changeFailure(pool.path, cause, UNDECIDED);
  }
  pool.journal.forget(pool.facts);
  return changeFailure(pool.path, cause, UNCHANGED);
}
