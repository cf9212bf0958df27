/**
 * Decides what a journal entry of a dead process means for the bytes that the pool holds now. Other programs do not
 * know the journal and may have changed the pool since; what they wrote is never undone.
 */
import { sameBytes } from './record.js';

/** Storage writes whole sectors, and the kernel cuts a killed write at page ends: both are multiples of this. */
const SECTOR_BYTES = 512;

/**
 * before: the step had not begun. after: it was finished. between: it was cut in the middle. foreign: somebody else
 * changed these bytes, which are theirs now.
 */
export type StepState = 'before' | 'after' | 'between' | 'foreign';

/**
 * `current` is what the file holds from the step's offset, at most `after.length` bytes. `undisturbed` tells that
 * nothing was written to the file since the moment of the entry, so that a cut at any byte can only be the step's own.
 */
export function stepState(
  current: Uint8Array,
  { before, after }: { before: Uint8Array; after: Uint8Array },
  undisturbed: boolean,
): StepState {
  if (sameBytes(current, before)) return 'before';
  if (sameBytes(current, after)) return 'after';
  if (current.length < before.length || current.length > after.length) return 'foreign';
  // Where a write makes the file longer, nobody else's bytes can stand in the part that was cut.
  if (undisturbed || before.length === 0)
    return cutAtAnyByte(current, before, after) ? 'between' : mixed(current, before, after);
  return mixed(current, before, after);
}

function cutAtAnyByte(current: Uint8Array, before: Uint8Array, after: Uint8Array): boolean {
  let cut = 0;
  while (cut < current.length && current[cut] === after[cut]) cut++;
  return sameBytes(current.subarray(cut), before.subarray(cut));
}

/** Every sector is the old or the new one; past the old end it may also be empty, when only the size reached the disk. */
function mixed(current: Uint8Array, before: Uint8Array, after: Uint8Array): StepState {
  for (let at = 0; at < current.length; at += SECTOR_BYTES) {
    const sector = current.subarray(at, at + SECTOR_BYTES);
    const end = at + sector.length;
    const isNew = sameBytes(sector, after.subarray(at, end));
    const isOld = end <= before.length && sameBytes(sector, before.subarray(at, end));
    const isUnwritten = at >= before.length && sector.every((byte) => byte === 0);
    if (!isNew && !isOld && !isUnwritten) return 'foreign';
  }
  return 'between';
}
