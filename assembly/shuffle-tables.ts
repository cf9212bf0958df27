/** The tables of the vector conversions. Pure ASCII never pays for them. */
import {
  SHUFFLE2_BASE,
  SHUFFLE3_BASE,
  SPREAD_BASE,
  SPREAD_STEP_BASE,
  TABLES_READY_BASE,
} from '../src/wire/engine';

const DROP: i8 = -128;
/** A word of SPREAD_STEP: characters of one length, which may go on beyond the 8 bytes. */
export const STEP_RUN: u32 = 0x10;
/** Where in it the bytes of the units stand. */
export const STEP_UNIT_BYTES: u32 = 5;

/**
 * Makes the tables that pack UTF-8 bytes: SHUFFLE2 for 8 units in u16 lanes (low byte first of the pair), indexed by
 * the mask of ASCII units; SHUFFLE3 for 4 units in u32 lanes, indexed by two bits for each: <U+0080 and <U+0800.
 */
// @ts-ignore: decorator
@inline
function makeShuffles(mask: u32): void {
  let row: usize = <usize>SHUFFLE2_BASE + <usize>mask * 16;
  v128.store(row, i8x16.splat(DROP));
  let at: usize = row;
  for (let unit: u32 = 0; unit < 8; unit++) {
    store<u8>(at++, <u8>(2 * unit));
    if (((mask >> unit) & 1) == 0) store<u8>(at++, <u8>(2 * unit + 1));
  }
  row = <usize>SHUFFLE3_BASE + <usize>mask * 16;
  v128.store(row, i8x16.splat(DROP));
  at = row;
  for (let unit: u32 = 0; unit < 4; unit++) {
    store<u8>(at++, <u8>(4 * unit));
    if (((mask >> (2 * unit)) & 1) == 0) store<u8>(at++, <u8>(4 * unit + 1));
    if (((mask >> (2 * unit)) & 2) == 0) store<u8>(at++, <u8>(4 * unit + 2));
  }
}

/**
 * Makes a row of SPREAD, which takes UTF-8 apart: of 8 bytes `ends` marks the last of each character. Whole characters
 * go into u16 lanes, up to the first of more than three bytes: the last two into one vector, last byte low, the first
 * of three into another. SPREAD_STEP has the bytes used in bits 0 to 3, then STEP_RUN and the bytes of the units made.
 */
// @ts-ignore: decorator
@inline
function makeSpread(ends: u32): void {
  const row = <usize>SPREAD_BASE + <usize>ends * 32;
  v128.store(row, i8x16.splat(DROP));
  v128.store(row, i8x16.splat(DROP), 16);
  let used: u32 = 0;
  let characters: u32 = 0;
  for (let byte: u32 = 0; byte < 8; byte++) {
    if (((ends >> byte) & 1) == 0) continue;
    const length = byte + 1 - used;
    if (length > 3) break;
    const lane = row + characters * 2;
    store<u8>(lane, <u8>byte);
    if (length > 1) store<u8>(lane, <u8>(byte - 1), 1);
    if (length > 2) store<u8>(lane, <u8>(byte - 2), 16);
    characters++;
    used = byte + 1;
  }
  const mayRun = ends == 0xff || ends == 0xaa || ends == 0x24;
  store<u32>(
    <usize>SPREAD_STEP_BASE + <usize>ends * 4,
    used | (mayRun ? STEP_RUN : 0) | (characters << (STEP_UNIT_BYTES + 1)),
  );
}

function makeTables(): void {
  for (let row: u32 = 0; row < 256; row++) {
    makeShuffles(row);
    makeSpread(row);
  }
  store<i32>(TABLES_READY_BASE, 1);
}

// @ts-ignore: decorator
@inline
export function needTables(): void {
  if (load<i32>(TABLES_READY_BASE) == 0) makeTables();
}
