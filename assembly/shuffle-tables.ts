/** The tables of the vector conversions. Pure ASCII never pays for them. */
import {
  SHUFFLE2_BASE,
  SHUFFLE3_BASE,
  SPREAD_BASE,
  TABLES_READY_BASE,
} from '../src/wire/engine';
import { storeConstants } from './vector-constants';

const DROP: i8 = -128;

/**
 * Makes the tables that pack UTF-8 bytes: SHUFFLE2 for 8 units in u16 lanes (low byte first of the pair), indexed by
 * the mask of ASCII units; SHUFFLE3 for 4 units in u32 lanes, indexed by two bits for each: <U+0080 and <U+0800. The
 * lanes have the one byte of ASCII, the last of two or three, the first of three, and the first of two or second of three.
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
    const below = (mask >> (2 * unit)) & 3;
    if (below == 3) {
      store<u8>(at++, <u8>(4 * unit));
      continue;
    }
    if (below == 0) store<u8>(at++, <u8>(4 * unit + 2));
    store<u8>(at++, <u8>(4 * unit + 3));
    store<u8>(at++, <u8>(4 * unit + 1));
  }
}

/**
 * Makes a row of SPREAD, which takes UTF-8 apart: of 8 bytes `ends` marks the last of each character, of up to three
 * bytes. Whole characters go into u16 lanes: the last two bytes into one vector, last byte low, the first of three into
 * another.
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
}

function makeTables(): void {
  for (let row: u32 = 0; row < 256; row++) {
    makeShuffles(row);
    makeSpread(row);
  }
  storeConstants();
  store<i32>(TABLES_READY_BASE, 1);
}

// @ts-ignore: decorator
@inline
export function needTables(): void {
  if (load<i32>(TABLES_READY_BASE) == 0) makeTables();
}
