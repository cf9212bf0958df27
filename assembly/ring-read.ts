import {
  CAUSE_DESCRIPTOR,
  CAUSE_INDEX,
  CAUSE_NONE,
  CAUSE_PACKET_TOO_LARGE,
  CAUSE_TRUNCATED,
  PACKET_EXTENDED,
  PACKET_PAYLOAD,
  PACKET_PAYLOAD_BYTES,
  PACKET_RECORD_BYTES,
  PACKET_START,
  PACKET_TRANSACTION_HIGH,
  PACKET_TYPE_FLAGS,
  RESULT_CAUSE,
  RESULT_NEXT,
  RESULT_USED,
  SIGNAL_OPENVMM,
} from '../src/wire/engine';
import {
  CONTROL_BYTES,
  CONTROL_FEATURES,
  CONTROL_PENDING_SEND,
  CONTROL_READ_INDEX,
  CONTROL_WRITE_INDEX,
  DESCRIPTOR_BYTES,
  FEATURE_PENDING_SEND,
  PACKET_ALIGNMENT,
  TRAILER_BYTES,
} from '../src/wire/ring';
import { copyAround, copyWords } from './copy';
import { fail, setResult } from './result';

/**
 * Reads at most `maxPackets` packets that start at `readIndex`. The write index and each descriptor are loaded once.
 * `copyAll`: every payload is copied to `out`; otherwise only one that wraps. The ring itself is left alone.
 * Returns the packets read; a fault after the first packet is left for the next call to find.
 */
// @ts-ignore: decorator
@inline
function read(
  ring: usize,
  dataBytes: i32,
  readIndex: i32,
  out: usize,
  outBytes: i32,
  table: usize,
  maxPackets: i32,
  maxPacketBytes: i32,
  copyAll: bool,
): i32 {
  const data = ring + CONTROL_BYTES;
  const writeIndex = atomic.load<i32>(ring, CONTROL_WRITE_INDEX);
  setResult(RESULT_CAUSE, CAUSE_NONE);
  setResult(RESULT_NEXT, readIndex);
  setResult(RESULT_USED, 0);
  if (<u32>writeIndex >= <u32>dataBytes) return fail(CAUSE_INDEX, CONTROL_WRITE_INDEX, dataBytes, writeIndex);
  let used = writeIndex - readIndex;
  if (used < 0) used += dataBytes;
  if (used == 0) return 0;
  if (writeIndex & (PACKET_ALIGNMENT - 1)) return fail(CAUSE_INDEX, CONTROL_WRITE_INDEX, PACKET_ALIGNMENT, writeIndex);
  // No packet is that short, so it is not one on its way: no write will ever make it whole.
  if (used < DESCRIPTOR_BYTES) return fail(CAUSE_INDEX, CONTROL_WRITE_INDEX, DESCRIPTOR_BYTES, writeIndex);

  let at = readIndex;
  let filled: i32 = 0;
  let count: i32 = 0;
  let record = table;
  while (count < maxPackets) {
    if (used < DESCRIPTOR_BYTES) break;
    const head = load<u64>(data + <usize>at);
    const second = at + 8 == dataBytes ? 0 : at + 8;
    const offset8 = <i32>(head >> 16) & 0xffff;
    const length8 = <i32>(head >> 32) & 0xffff;
    if (offset8 < 2 || offset8 > length8) {
      if (count > 0) break;
      return fail(CAUSE_DESCRIPTOR, at, 2, offset8);
    }
    const total = (length8 << 3) + TRAILER_BYTES;
    if (total > used) {
      if (count > 0) break;
      return fail(CAUSE_TRUNCATED, at, used, total);
    }
    const bytes = (length8 << 3) - DESCRIPTOR_BYTES;
    if (bytes > maxPacketBytes) {
      if (count > 0) break;
      return fail(CAUSE_PACKET_TOO_LARGE, at, maxPacketBytes, bytes);
    }
    let from = at + DESCRIPTOR_BYTES;
    if (from >= dataBytes) from -= dataBytes;
    const extended = (offset8 << 3) - DESCRIPTOR_BYTES;
    let place = data + <usize>from;
    const whole = dataBytes - from;
    if (copyAll || bytes > whole) {
      if (bytes > outBytes - filled) break;
      const source = place;
      place = out + <usize>filled;
      if (copyAll && bytes <= whole) copyWords(place, source, bytes);
      else copyAround(place, source, whole, data, bytes);
      filled += bytes;
    }
    store<i32>(record, (<i32>head & 0xffff) | (<i32>(head >> 32) & 0xffff0000), PACKET_TYPE_FLAGS);
    store<i32>(record, extended, PACKET_EXTENDED);
    store<u64>(record, load<u64>(data + <usize>second), PACKET_TRANSACTION_HIGH - 4);
    store<i32>(record, <i32>place + extended, PACKET_PAYLOAD);
    store<i32>(record, bytes - extended, PACKET_PAYLOAD_BYTES);
    store<i32>(record, at, PACKET_START);
    record += PACKET_RECORD_BYTES;
    count++;
    at += total;
    if (at >= dataBytes) at -= dataBytes;
    used -= total;
  }
  setResult(RESULT_NEXT, at);
  setResult(RESULT_USED, filled);
  return count;
}

export function ringDrain(
  ring: usize,
  dataBytes: i32,
  readIndex: i32,
  out: usize,
  outBytes: i32,
  table: usize,
  maxPackets: i32,
  maxPacketBytes: i32,
): i32 {
  return read(ring, dataBytes, readIndex, out, outBytes, table, maxPackets, maxPacketBytes, true);
}

export function ringScan(
  ring: usize,
  dataBytes: i32,
  readIndex: i32,
  scratch: usize,
  scratchBytes: i32,
  table: usize,
  maxPackets: i32,
  maxPacketBytes: i32,
): i32 {
  return read(ring, dataBytes, readIndex, scratch, scratchBytes, table, maxPackets, maxPacketBytes, false);
}

/**
 * Gives the bytes from `oldRead` to `newRead` back to the producer and returns 1 when it waits for room that this
 * made (protocol.md 1.7).
 */
export function ringConsume(ring: usize, dataBytes: i32, oldRead: i32, newRead: i32, variant: i32): i32 {
  // Atomics are sequentially consistent: the loads below cannot pass this store, no fence is needed.
  atomic.store<i32>(ring, newRead, CONTROL_READ_INDEX);
  const pending = atomic.load<u32>(ring, CONTROL_PENDING_SEND);
  if (pending == 0) return 0;
  if (variant != SIGNAL_OPENVMM && (atomic.load<i32>(ring, CONTROL_FEATURES) & FEATURE_PENDING_SEND) == 0) return 0;
  const writeIndex = atomic.load<i32>(ring, CONTROL_WRITE_INDEX);
  if (<u32>writeIndex >= <u32>dataBytes) return 0;
  return crossesPending(
    pending,
    freeBytes(dataBytes, oldRead, writeIndex),
    freeBytes(dataBytes, newRead, writeIndex),
    variant,
  );
}

/** The consumer's comparison alone: does free space go past what the producer waits for? (protocol.md 1.7) */
export function crossesPending(pending: u32, freeBefore: i32, freeAfter: i32, variant: i32): i32 {
  if (variant == SIGNAL_OPENVMM) {
    // OpenVMM counts 8 bytes less as free and ignores the low bits of the wish.
    const wanted: i64 = pending & ~7;
    return <i64>freeBefore - 8 < wanted && <i64>freeAfter - 8 >= wanted ? 1 : 0;
  }
  return <i64>freeBefore <= <i64>pending && <i64>freeAfter > <i64>pending ? 1 : 0;
}

// @ts-ignore: decorator
@inline
function freeBytes(dataBytes: i32, readIndex: i32, writeIndex: i32): i32 {
  return writeIndex >= readIndex ? dataBytes - (writeIndex - readIndex) : readIndex - writeIndex;
}
