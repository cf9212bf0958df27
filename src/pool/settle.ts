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
 * nothing was written to the file since the moment of the entry, so that a cut within a sector can only be the step's.
 */
export function stepState(
  current: Uint8Array,
  { before, after }: { before: Uint8Array; after: Uint8Array },
  undisturbed: boolean,
): StepState {
  if (sameBytes(current, before)) return 'before';
  if (sameBytes(current, after)) return 'after';
  if (current.length < before.length || current.length > after.length) return 'foreign';
  // Where the step makes the file longer, nobody else's bytes can stand in the part that was cut.
  let cuts = undisturbed || before.length === 0 ? 1 : 0;
  for (let at = 0; at < current.length; at += SECTOR_BYTES) {
    const sector = current.subarray(at, at + SECTOR_BYTES);
    const [was, becomes] = [oldSector(before, at, sector.length), after.subarray(at, at + sector.length)];
    if (sameBytes(sector, becomes) || sameBytes(sector, was)) continue;
    if (cuts-- === 0 || !isCut(sector, was, becomes)) return 'foreign';
  }
  return 'between';
}

/** Past the old end a sector may be empty, when only the new size reached the disk. */
function oldSector(before: Uint8Array, at: number, length: number): Uint8Array {
  const sector = new Uint8Array(length);
  sector.set(before.subarray(at, at + length));
  return sector;
}

/** The first bytes are the new ones, the others the old. */
function isCut(sector: Uint8Array, was: Uint8Array, becomes: Uint8Array): boolean {
  let cut = 0;
  while (cut < sector.length && sector[cut] === becomes[cut]) cut++;
  return sameBytes(sector.subarray(cut), was.subarray(cut));
}
