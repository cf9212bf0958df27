import { DIGITS_BASE, DIGITS_BYTES } from '../src/wire/engine';

/** Writes an unsigned number as decimal text and returns its length (1 to 20 bytes). No NUL. */
export function writeDecimal(target: usize, value: u64): i32 {
  const end: usize = DIGITS_BASE + DIGITS_BYTES;
  let at = end;
  do {
    at--;
    store<u8>(at, 48 + <u8>(value % 10));
    value /= 10;
  } while (value != 0);
  const length = end - at;
  memory.copy(target, at, length);
  return <i32>length;
}
