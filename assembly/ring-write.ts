import {
  CAUSE_INDEX,
  CAUSE_NONE,
  CAUSE_PAYLOAD_TOO_LARGE,
  PACKET_PAYLOAD,
  PACKET_PAYLOAD_BYTES,
  PACKET_RECORD_BYTES,
  PACKET_TRANSACTION_HIGH,
  PACKET_TRANSACTION_LOW,
  PACKET_TYPE_FLAGS,
  RESULT_CAUSE,
  RESULT_NEEDED,
  RESULT_NEXT,
  RESULT_SIGNAL,
} from '../src/wire/engine';
import {
  CONTROL_BYTES,
  CONTROL_INTERRUPT_MASK,
  CONTROL_READ_INDEX,
  CONTROL_WRITE_INDEX,
  DESCRIPTOR_BYTES,
  PACKET_ALIGNMENT,
  TRAILER_BYTES,
} from '../src/wire/ring';
import { copyWords } from './copy';
import { fail, setResult } from './result';

// @ts-ignore: decorator
@inline
function packetBytes(payloadBytes: i32): i32 {
  return DESCRIPTOR_BYTES + ((payloadBytes + 7) & ~7) + TRAILER_BYTES;
}

/** The free bytes behind `writeIndex`, or a negated cause when the peer's read index is impossible. */
function loadFree(ring: usize, dataBytes: i32, writeIndex: i32): i32 {
  const readIndex = atomic.load<i32>(ring, CONTROL_READ_INDEX);
  if (<u32>readIndex >= <u32>dataBytes) return fail(CAUSE_INDEX, CONTROL_READ_INDEX, dataBytes, readIndex);
  if (readIndex & (PACKET_ALIGNMENT - 1)) return fail(CAUSE_INDEX, CONTROL_READ_INDEX, PACKET_ALIGNMENT, readIndex);
  return writeIndex >= readIndex ? dataBytes - (writeIndex - readIndex) : readIndex - writeIndex;
}

/** 1 when the packet may be written, 0 when it must wait, a negated cause when it never fits. */
// @ts-ignore: decorator
@inline
function admit(dataBytes: i32, free: i32, payloadBytes: i32): i32 {
  // Compared before the sum, which could overflow.
  if (payloadBytes > dataBytes) return fail(CAUSE_PAYLOAD_TOO_LARGE, 0, dataBytes, payloadBytes);
  const total = packetBytes(payloadBytes);
  if (total >= dataBytes) return fail(CAUSE_PAYLOAD_TOO_LARGE, 0, dataBytes - PACKET_ALIGNMENT, total);
  if (free <= total) {
    setResult(RESULT_NEEDED, total);
    return 0;
  }
  return 1;
}

/** Writes descriptor, padding and trailer around a payload that stands, or will stand, behind them. Returns the next index. */
// @ts-ignore: decorator
@inline
function seal(data: usize, dataBytes: i32, at: i32, payloadBytes: i32, typeFlags: i32, low: i32, high: i32): i32 {
  const padded = (payloadBytes + 7) & ~7;
  const length8: u64 = (DESCRIPTOR_BYTES + padded) >> 3;
  store<u64>(
    data + <usize>at,
    <u64>(<u32>typeFlags & 0xffff) | (2 << 16) | (length8 << 32) | (<u64>(<u32>typeFlags >> 16) << 48),
  );
  let position = at + 8;
  if (position == dataBytes) position = 0;
  store<u64>(data + <usize>position, <u64>(<u32>low) | (<u64>(<u32>high) << 32));
  position += 8 + padded;
  if (position >= dataBytes) position -= dataBytes;
  const padding = padded - payloadBytes;
  if (padding > 0) {
    const last = data + <usize>((position == 0 ? dataBytes : position) - 8);
    store<u64>(last, load<u64>(last) & (<u64>-1 >> (<u64>padding << 3)));
  }
  store<u64>(data + <usize>position, <u64>(<u32>at) << 32);
  position += TRAILER_BYTES;
  return position == dataBytes ? 0 : position;
}

/** Copies a payload into the data area, around the end if need be. May store up to 7 bytes of padding. */
// @ts-ignore: decorator
@inline
function copyIn(data: usize, dataBytes: i32, at: i32, source: usize, bytes: i32): void {
  let to = at + DESCRIPTOR_BYTES;
  if (to >= dataBytes) to -= dataBytes;
  const first = dataBytes - to;
  const padded = (bytes + 7) & ~7;
  if (padded <= first) copyWords(data + <usize>to, source, padded);
  else {
    memory.copy(data + <usize>to, source, first);
    memory.copy(data, source + <usize>first, padded - first);
  }
}

/**
 * Makes the packets up to `newWrite` visible and returns 1 when the consumer is to be signalled: its mask is 0 and it
 * had read everything before (protocol.md 1.6).
 */
export function ringPublish(ring: usize, oldWrite: i32, newWrite: i32): i32 {
  // Atomics are sequentially consistent: the loads below cannot pass this store, no fence is needed.
  atomic.store<i32>(ring, newWrite, CONTROL_WRITE_INDEX);
  if (atomic.load<i32>(ring, CONTROL_INTERRUPT_MASK) != 0) return 0;
  return atomic.load<i32>(ring, CONTROL_READ_INDEX) == oldWrite ? 1 : 0;
}

/** Writes the packets of the table until one does not fit, publishes them together and returns how many. */
export function ringPack(ring: usize, dataBytes: i32, writeIndex: i32, table: usize, count: i32): i32 {
  const data = ring + CONTROL_BYTES;
  setResult(RESULT_CAUSE, CAUSE_NONE);
  setResult(RESULT_NEXT, writeIndex);
  setResult(RESULT_SIGNAL, 0);
  setResult(RESULT_NEEDED, 0);
  let free = loadFree(ring, dataBytes, writeIndex);
  if (free < 0) return free;
  let at = writeIndex;
  let written: i32 = 0;
  let record = table;
  while (written < count) {
    const payloadBytes = load<i32>(record, PACKET_PAYLOAD_BYTES);
    const verdict = admit(dataBytes, free, payloadBytes);
    if (verdict <= 0) {
      if (verdict < 0 && written == 0) return verdict;
      break;
    }
    copyIn(data, dataBytes, at, load<i32>(record, PACKET_PAYLOAD), payloadBytes);
    at = seal(
      data,
      dataBytes,
      at,
      payloadBytes,
      load<i32>(record, PACKET_TYPE_FLAGS),
      load<i32>(record, PACKET_TRANSACTION_LOW),
      load<i32>(record, PACKET_TRANSACTION_HIGH),
    );
    free -= packetBytes(payloadBytes);
    record += PACKET_RECORD_BYTES;
    written++;
  }
  if (written > 0) {
    setResult(RESULT_SIGNAL, ringPublish(ring, writeIndex, at));
    setResult(RESULT_NEXT, at);
  }
  return written;
}

/** Is there room for one more packet behind `writeIndex`? 1 yes, 0 no (RESULT_NEEDED), or a negated cause. */
export function ringReserve(ring: usize, dataBytes: i32, writeIndex: i32, payloadBytes: i32): i32 {
  setResult(RESULT_CAUSE, CAUSE_NONE);
  const free = loadFree(ring, dataBytes, writeIndex);
  return free < 0 ? free : admit(dataBytes, free, payloadBytes);
}

/** Frames a payload that the caller put behind the descriptor at `at`; returns the next index. Publishes nothing. */
export function ringSeal(
  ring: usize,
  dataBytes: i32,
  at: i32,
  payloadBytes: i32,
  typeFlags: i32,
  low: i32,
  high: i32,
): i32 {
  return seal(ring + CONTROL_BYTES, dataBytes, at, payloadBytes, typeFlags, low, high);
}
