/**
 * Decides what a journal entry of a dead process means for the bytes that the pool holds now. Other programs do not
 * know the journal and may have changed the pool since; what they wrote is never undone.
 */
import { sameBytes } from './record.js';

/** A kill cuts a write only where the kernel goes from one page to the next. Larger pages end at these places too. */
const PAGE_BYTES = 4_096;
/** A loss of power cuts it at any sector. */
const SECTOR_BYTES = 512;

/**
 * before: the step had not begun. after: it was finished. between: it was cut in the middle. foreign: no cut of the
 * step leaves these bytes, so somebody else wrote them.
 */
export type StepState = 'before' | 'after' | 'between' | 'foreign';

export interface Step {
  /** Byte offset in the file. */
  at: number;
  /** Shorter than `after` when the step makes the file longer. */
  before: Uint8Array;
  after: Uint8Array;
}

/**
 * `current` is what the file holds from the step's offset, at most `after.length` bytes. After a loss of power
 * (`lostPower`) each sector may be old or new; after a kill the first pages are new and the others old.
 */
export function stepState(current: Uint8Array, step: Step, lostPower: boolean): StepState {
  const { before, after } = step;
  if (sameBytes(current, before)) return 'before';
  if (sameBytes(current, after)) return 'after';
  if (current.length < before.length || current.length > after.length) return 'foreign';
  if (isPrefixOf(current, after, before.length)) return 'between';
  return isCutAtPage(current, step) || (lostPower && isMixOfSectors(current, step)) ? 'between' : 'foreign';
}

/** The file was growing and ends inside the new bytes: nobody else leaves it there. */
const isPrefixOf = (current: Uint8Array, after: Uint8Array, oldLength: number): boolean =>
  current.length > oldLength && sameBytes(current, after.subarray(0, current.length));

function isCutAtPage(current: Uint8Array, { at, before, after }: Step): boolean {
  const firstCut = PAGE_BYTES - (at % PAGE_BYTES);
  for (let page = 0, cut = firstCut; cut < current.length; page = cut, cut += PAGE_BYTES) {
    if (!sameBytes(current.subarray(page, cut), after.subarray(page, cut))) return false;
    if (sameBytes(current.subarray(cut), before.subarray(cut))) return true;
  }
  return false;
}

function isMixOfSectors(current: Uint8Array, { before, after }: Step): boolean {
  for (let at = 0; at < current.length; at += SECTOR_BYTES) {
    const sector = current.subarray(at, at + SECTOR_BYTES);
    const becomes = after.subarray(at, at + sector.length);
    if (!sameBytes(sector, becomes) && !sameBytes(sector, oldSector(before, at, sector.length))) return false;
  }
  return true;
}

/** Past the old end a sector may be empty, when only the new size reached the disk. */
function oldSector(before: Uint8Array, at: number, length: number): Uint8Array {
  const sector = new Uint8Array(length);
  sector.set(before.subarray(at, at + length));
  return sector;
}
