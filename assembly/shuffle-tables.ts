/** The tables of the vector conversions. Pure ASCII never pays for them. */
import {
  SHUFFLE2_BASE,
  SHUFFLE3_BASE,
  SHUFFLE_READY_BASE,
  SPREAD_BASE,
  SPREAD_STEP_BASE,
} from '../src/wire/engine';

const DROP: u8 = 0x80;

/**
 * The tables that pack UTF-8 bytes: SHUFFLE2 for 8 units in u16 lanes (low byte first of the pair), indexed by
 * the mask of ASCII units; SHUFFLE3 for 4 units in u32 lanes, indexed by ≥U+0080 (low nibble) and ≥U+0800 (high).
 */
function makeShuffleTables(): void {
  for (let mask: u32 = 0; mask < 256; mask++) {
    let row: usize = <usize>SHUFFLE2_BASE + <usize>mask * 16;
    let at: usize = row;
    for (let unit: u32 = 0; unit < 8; unit++) {
      store<u8>(at++, <u8>(2 * unit));
      if (((mask >> unit) & 1) == 0) store<u8>(at++, <u8>(2 * unit + 1));
    }
    while (at < row + 16) store<u8>(at++, DROP);
    row = <usize>SHUFFLE3_BASE + <usize>mask * 16;
    at = row;
    for (let unit: u32 = 0; unit < 4; unit++) {
      store<u8>(at++, <u8>(4 * unit));
      if ((mask >> unit) & 1) store<u8>(at++, <u8>(4 * unit + 1));
      if ((mask >> (4 + unit)) & 1) store<u8>(at++, <u8>(4 * unit + 2));
    }
    while (at < row + 16) store<u8>(at++, DROP);
  }
  store<i32>(SHUFFLE_READY_BASE, 1);
}

// @ts-ignore: decorator
@inline
export function needShuffleTables(): void {
  if (load<i32>(SHUFFLE_READY_BASE) == 0) makeShuffleTables();
}

/** A word of SPREAD_STEP: bytes used in bits 0 to 3, characters in bits 4 to 7, and this bit for u32 lanes. */
export const STEP_WIDE: u32 = 0x100;

/**
 * Fills a row of SPREAD: the whole characters at the start of 8 bytes, of which `ends` marks the last of each, into
 * lanes of `laneBytes` (2 or 4), last byte low; up to the first that is too long for a lane. Returns its step.
 */
function spread(row: usize, ends: u32, laneBytes: u32): u32 {
  v128.store(row, i8x16.splat(<i8>DROP));
  const longest: u32 = laneBytes == 2 ? 2 : 3;
  let used: u32 = 0;
  let characters: u32 = 0;
  for (let byte: u32 = 0; byte < 8 && characters * laneBytes < 16; byte++) {
    if (((ends >> byte) & 1) == 0) continue;
    const length = byte + 1 - used;
    if (length > longest) break;
    for (let i: u32 = 0; i < length; i++) store<u8>(row + characters * laneBytes + i, <u8>(byte - i));
    characters++;
    used = byte + 1;
  }
  return used | (characters << 4);
}

/** The tables that take UTF-8 apart, indexed by which of 8 bytes end a character. */
function makeSpreadTables(): void {
  for (let ends: u32 = 0; ends < 256; ends++) {
    const row = <usize>SPREAD_BASE + <usize>ends * 16;
    let step = spread(row, ends, 4) | STEP_WIDE;
    if ((spread(row, ends, 2) & 15) >= (step & 15)) step = spread(row, ends, 2);
    else spread(row, ends, 4);
    store<u32>(<usize>SPREAD_STEP_BASE + <usize>ends * 4, step);
  }
  store<i32>(SHUFFLE_READY_BASE, 1, 4);
}

// @ts-ignore: decorator
@inline
export function needSpreadTables(): void {
  if (load<i32>(SHUFFLE_READY_BASE, 4) == 0) makeSpreadTables();
}
