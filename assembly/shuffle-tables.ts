import { SHUFFLE2_BASE, SHUFFLE3_BASE, SHUFFLE_READY_BASE } from '../src/wire/engine';

const DROP: u8 = 0x80;

/**
 * Makes the tables that pack UTF-8 bytes: SHUFFLE2 for 8 units in u16 lanes (low byte first of the pair), indexed by
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

/** Pure ASCII never pays for the tables. */
// @ts-ignore: decorator
@inline
export function needShuffleTables(): void {
  if (load<i32>(SHUFFLE_READY_BASE) == 0) makeShuffleTables();
}
