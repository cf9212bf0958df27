/** Finishes, forgets or gives up what a dead process left in the journal. */
import { without } from './changes.js';
import { CHUNK_BYTES } from './chunks.js';
import type { JournalEntry, RemovalStep } from './journal-entry.js';
import type { Remains } from './journal-file.js';
import { type LockedPool, readAt, writeAt } from './locked-pool.js';
import { moveDown } from './move-down.js';
import { sameBytes } from './record.js';
import { stepState } from './step-state.js';
import { sumsOfTwins, type Twin, twinsIn } from './twins.js';

/**
 * nothing: the change had not begun, or was complete. finished: the rest was made now. part: the rest was made, but for
 * records of the key that somebody else may have written since. dropped: the file is none of the states that its
 * writer could have left, so others changed it since, and it stays as they made it.
 */
export type Settlement = 'nothing' | 'finished' | 'part' | 'dropped';

/** Twice the tick of any file system's clock: a later change of the pool is not the journal's step. */
const SAME_MOMENT_NS = 20_000_000n;
/** After a loss of power: flushing the journal takes its time, and no other program ran. */
const BEFORE_POWER_LOSS_NS = 2_000_000_000n;

/** The caller holds the exclusive locks. Throws ERR_POOL_IO; the journal is then looked at again. */
export async function settle(pool: LockedPool, remains: Remains): Promise<Settlement> {
  const settlement = await carryOn(pool, remains);
  pool.journal.forget(pool.facts);
  return settlement;
}

async function carryOn(pool: LockedPool, { entry, previous }: Remains): Promise<Settlement> {
  const { facts, journal } = pool;
  if (entry.device !== facts.device || entry.inode !== facts.inode) return 'nothing';
  const rebooted = entry.boot !== pool.boot || entry.boot === '';
  const lostPower = rebooted && journal.poolChangedWithin(facts, BEFORE_POWER_LOSS_NS);
  const state = stepState(readAt(pool, entry.at, entry.after.length), entry, lostPower);
  const { removal } = entry;
  if (state === 'foreign') return 'dropped';
  if (removal === undefined) {
    if (state === 'between') await writeAt(pool, entry.at, entry.after);
    return state === 'between' ? 'finished' : 'nothing';
  }
  if (state === 'before') {
    if (removal.step === 0) return 'nothing';
    // What a step is made from looks the same in a file that somebody put back as it was before the removal.
    if (previous === undefined || !isMade(pool, previous)) return 'dropped';
  }
  // Once the file is cut, what stood behind the moved bytes is gone, or is what somebody else appended since.
  const { next, left } = removal;
  if (!sameBytes(readAt(pool, next - left.length, left.length), left)) {
    return state === 'after' && next >= removal.size ? 'nothing' : 'dropped';
  }
  if (state !== 'after') await writeAt(pool, entry.at, entry.after);
  return finish(pool, entry, removal, lostPower || journal.poolChangedWithin(facts, SAME_MOMENT_NS));
}

const isMade = (pool: LockedPool, { at, after }: JournalEntry): boolean =>
  sameBytes(readAt(pool, at, after.length), after);

async function finish(
  pool: LockedPool,
  entry: JournalEntry,
  removal: RemovalStep,
  undisturbed: boolean,
): Promise<Settlement> {
  const { key, step, next, size, twins: sum } = removal;
  const there = key === undefined ? [] : twinsBetween(pool, next, Math.min(size, pool.facts.size), key);
  const areTheOld = undisturbed && sumsOfTwins(there)[0] === sum;
  const twins = areTheOld ? there : [];
  const to = entry.at + entry.after.length;
  await moveDown(pool, { key, twins, step: step + 1, to, from: next, size }, without(twins));
  return areTheOld || there.length === 0 ? 'finished' : 'part';
}

function twinsBetween(pool: LockedPool, from: number, to: number, key: Uint8Array): Twin[] {
  const twins: Twin[] = [];
  for (let at = from; at < to; at += CHUNK_BYTES) {
    for (const twin of twinsIn(readAt(pool, at, Math.min(CHUNK_BYTES, to - at)), at, key)) twins.push(twin);
  }
  return twins;
}
