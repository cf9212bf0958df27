/**
 * Takes parts out of a pool file by moving what stays towards the front, step by step, and cutting the file behind it.
 * Each step is journalled before it is made, so that a process that dies can be followed by one that finishes.
 */
import { KvpError } from '../errors.js';
import { RECORD_BYTES } from '../wire/kvp.js';
import { STEP_RECORDS } from './journal-file.js';
import { changeFailure, journalStep, type LockedPool, readAt, UNCHANGED, UNDECIDED, writeAt } from './locked-pool.js';
import { sameBytes } from './record.js';
import { letOthersRun } from './turns.js';
import { sumsOfTwins, type Twin } from './twins.js';

/** What becomes of the bytes that stand at `offset`: whole records, and a partial one at the end of the file. */
export type Rewrite = (bytes: Uint8Array, offset: number) => Uint8Array;

export interface Move {
  /** Of the records that go; undefined when it is not one key's records. */
  key: Uint8Array | undefined;
  /** The records that go, in file order; those before `from` do not count. */
  twins: readonly Twin[];
  /** The number of the next step: 0, or more when a dead process made those before. */
  step: number;
  /** Where the bytes that stay are put, and where they are taken from. */
  to: number;
  from: number;
  /** Bytes of the file when the removal began. */
  size: number;
}

/** Moves what `rewrite` keeps, which makes no record longer. Throws ERR_POOL_IO, ERR_POOL_JOURNAL. */
export async function moveDown(pool: LockedPool, move: Move, rewrite: Rewrite): Promise<void> {
  const { files, fd, facts, path, durable } = pool;
  const sums = sumsOfTwins(move.twins);
  let [target, source, step, passed] = [move.to, move.from, move.step, 0];
  /** The step that is being made, if it may have changed the file. */
  let begun: { at: number; before: Uint8Array } | undefined;
  try {
    while (source < facts.size) {
      await letOthersRun();
      const moved = readAt(pool, source, Math.min(STEP_RECORDS * RECORD_BYTES, facts.size - source));
      if (moved.length === 0) throw new Error('it was truncated by a process that holds no lock');
      const next = source + moved.length;
      const after = rewrite(moved, source);
      const before = readAt(pool, target, after.length);
      while (passed < move.twins.length && move.twins[passed]!.at < next) passed++;
      if (!sameBytes(before, after)) {
        const behind = Math.max(target + after.length, source);
        const left = readAt(pool, behind, next - behind);
        const removal = { key: move.key, step, next, left, size: move.size, twins: sums[passed]! };
        await journalStep(pool, { at: target, before, after, removal });
        begun = { at: target, before };
        step++;
        await writeAt(pool, target, after);
      }
      target += after.length;
      source = next;
    }
    if (target < facts.size) files.truncate(fd, target);
    if (durable) await files.sync(fd);
  } catch (cause) {
    if (step === 0 && cause instanceof KvpError) throw cause;
    if (begun === undefined) throw changeFailure(path, cause, step === 0 ? UNCHANGED : UNFINISHED);
    throw changeFailure(path, cause, step === 1 ? takeBack(pool, begun) : UNFINISHED);
  }
}

const UNFINISHED = 'the rest of the change is made when the pool is used again';

/** Undoes the only step that was begun, and says what is true then. */
function takeBack(pool: LockedPool, { at, before }: { at: number; before: Uint8Array }): string {
  try {
    pool.files.write(pool.fd, before, at);
  } catch {
    return UNDECIDED;
  }
  pool.journal.forget(pool.facts);
  return UNCHANGED;
}
