/** The producer's side of a ring; see assembly/ring-write.ts. */
import {
  CAUSE_INDEX,
  CAUSE_NONE,
  CAUSE_PAYLOAD_TOO_LARGE,
  PACKET_RECORD_BYTES,
  RESULT_CAUSE,
  RESULT_NEEDED,
  RESULT_NEXT,
  RESULT_SIGNAL,
} from '../../wire/engine.js';
import {
  CONTROL_BYTES,
  CONTROL_INTERRUPT_MASK,
  CONTROL_READ_INDEX,
  CONTROL_WRITE_INDEX,
  DESCRIPTOR_BYTES,
  PACKET_ALIGNMENT,
  TRAILER_BYTES,
} from '../../wire/ring.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';
import { fail, resultWord } from './result.js';

const RECORD_WORDS = PACKET_RECORD_BYTES >> 2;
const packetBytes = (payloadBytes: number): number => DESCRIPTOR_BYTES + ((payloadBytes + 7) & ~7) + TRAILER_BYTES;

type Names = 'ringPack' | 'ringReserve' | 'ringSeal' | 'ringPublish';

export function ringWriteKernels(memory: EngineMemory): Pick<EngineFunctions, Names> {
  const { u8, i32 } = memory;

  function loadFree(ring: number, dataBytes: number, writeIndex: number): number {
    const readIndex = Atomics.load(i32, (ring + CONTROL_READ_INDEX) >> 2);
    if (readIndex < 0 || readIndex >= dataBytes)
      return fail(i32, CAUSE_INDEX, CONTROL_READ_INDEX, dataBytes, readIndex);
    if (readIndex % PACKET_ALIGNMENT !== 0) {
      return fail(i32, CAUSE_INDEX, CONTROL_READ_INDEX, PACKET_ALIGNMENT, readIndex);
    }
    return writeIndex >= readIndex ? dataBytes - (writeIndex - readIndex) : readIndex - writeIndex;
  }

  function admit(dataBytes: number, free: number, payloadBytes: number): number {
    if (payloadBytes > dataBytes) return fail(i32, CAUSE_PAYLOAD_TOO_LARGE, 0, dataBytes, payloadBytes);
    const total = packetBytes(payloadBytes);
    if (total >= dataBytes) return fail(i32, CAUSE_PAYLOAD_TOO_LARGE, 0, dataBytes - PACKET_ALIGNMENT, total);
    if (free <= total) {
      i32[resultWord(RESULT_NEEDED)] = total;
      return 0;
    }
    return 1;
  }

  function ringSeal(
    ring: number,
    dataBytes: number,
    at: number,
    payloadBytes: number,
    typeFlags: number,
    low: number,
    high: number,
  ): number {
    const data = ring + CONTROL_BYTES;
    const padded = (payloadBytes + 7) & ~7;
    const head = (data + at) >> 2;
    i32[head] = (typeFlags & 0xffff) | (2 << 16);
    i32[head + 1] = ((DESCRIPTOR_BYTES + padded) >> 3) | (typeFlags & 0xffff0000);
    let position = at + 8;
    if (position === dataBytes) position = 0;
    i32[(data + position) >> 2] = low;
    i32[((data + position) >> 2) + 1] = high;
    position += 8 + padded;
    if (position >= dataBytes) position -= dataBytes;
    if (padded > payloadBytes) {
      const end = data + (position === 0 ? dataBytes : position);
      for (let byte = end - (padded - payloadBytes); byte < end; byte++) u8[byte] = 0;
    }
    i32[(data + position) >> 2] = 0;
    i32[((data + position) >> 2) + 1] = at;
    position += TRAILER_BYTES;
    return position === dataBytes ? 0 : position;
  }

  function ringPublish(ring: number, oldWrite: number, newWrite: number): number {
    Atomics.store(i32, (ring + CONTROL_WRITE_INDEX) >> 2, newWrite);
    if (Atomics.load(i32, (ring + CONTROL_INTERRUPT_MASK) >> 2) !== 0) return 0;
    return Atomics.load(i32, (ring + CONTROL_READ_INDEX) >> 2) === oldWrite ? 1 : 0;
  }

  function copyIn(data: number, dataBytes: number, at: number, source: number, bytes: number): void {
    let to = at + DESCRIPTOR_BYTES;
    if (to >= dataBytes) to -= dataBytes;
    const first = dataBytes - to;
    if (bytes <= first) u8.copyWithin(data + to, source, source + bytes);
    else {
      u8.copyWithin(data + to, source, source + first);
      u8.copyWithin(data, source + first, source + bytes);
    }
  }

  return {
    ringPack(ring, dataBytes, writeIndex, table, count) {
      i32[resultWord(RESULT_CAUSE)] = CAUSE_NONE;
      i32[resultWord(RESULT_NEXT)] = writeIndex;
      i32[resultWord(RESULT_SIGNAL)] = 0;
      i32[resultWord(RESULT_NEEDED)] = 0;
      let free = loadFree(ring, dataBytes, writeIndex);
      if (free < 0) return free;
      let at = writeIndex;
      let written = 0;
      for (let record = table >> 2; written < count; record += RECORD_WORDS) {
        const payloadBytes = i32[record + 5]!;
        const verdict = admit(dataBytes, free, payloadBytes);
        if (verdict <= 0) {
          if (verdict < 0 && written === 0) return verdict;
          break;
        }
        copyIn(ring + CONTROL_BYTES, dataBytes, at, i32[record + 4]!, payloadBytes);
        at = ringSeal(ring, dataBytes, at, payloadBytes, i32[record]!, i32[record + 2]!, i32[record + 3]!);
        free -= packetBytes(payloadBytes);
        written++;
      }
      if (written > 0) {
        i32[resultWord(RESULT_SIGNAL)] = ringPublish(ring, writeIndex, at);
        i32[resultWord(RESULT_NEXT)] = at;
      }
      return written;
    },
    ringReserve(ring, dataBytes, writeIndex, payloadBytes) {
      i32[resultWord(RESULT_CAUSE)] = CAUSE_NONE;
      const free = loadFree(ring, dataBytes, writeIndex);
      return free < 0 ? free : admit(dataBytes, free, payloadBytes);
    },
    ringSeal,
    ringPublish,
  };
}
