/** Where a conversion stopped: in its text and in its target, in one number, since two results stay in a register so. */

// @ts-ignore: decorator
@inline
export function reached(at: usize, out: usize): u64 {
  return <u64>at | (<u64>out << 32);
}

// @ts-ignore: decorator
@inline
export function atOf(place: u64): usize {
  return <usize>(<u32>place);
}

// @ts-ignore: decorator
@inline
export function outOf(place: u64): usize {
  return <usize>(place >> 32);
}
