/** The consumer's side of a ring; see assembly/ring-read.ts. */
import {
  CAUSE_DESCRIPTOR,
  CAUSE_INDEX,
  CAUSE_NONE,
  CAUSE_PACKET_TOO_LARGE,
  CAUSE_TRUNCATED,
  PACKET_RECORD_BYTES,
  RESULT_CAUSE,
  RESULT_NEXT,
  RESULT_USED,
  SIGNAL_OPENVMM,
} from '../../wire/engine.js';
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
} from '../../wire/ring.js';
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';
import { fail, resultWord } from './result.js';

const RECORD_WORDS = PACKET_RECORD_BYTES >> 2;
/** Below this a loop over words beats copyWithin, whose call costs about 20 ns. */
const COPY_LOOP_BYTES = 128;

const freeBytes = (dataBytes: number, readIndex: number, writeIndex: number): number =>
  writeIndex >= readIndex ? dataBytes - (writeIndex - readIndex) : readIndex - writeIndex;

type Names = 'ringDrain' | 'ringScan' | 'ringConsume' | 'crossesPending';

export function ringReadKernels(memory: EngineMemory): Pick<EngineFunctions, Names> {
  const { u8, i32 } = memory;

  function copyWords(target: number, source: number, bytes: number): void {
    if (bytes > COPY_LOOP_BYTES) {
      u8.copyWithin(target, source, source + bytes);
      return;
    }
    const end = (target + bytes) >> 2;
    for (let to = target >> 2, from = source >> 2; to < end; ) i32[to++] = i32[from++]!;
  }

  function read(
    ring: number,
    dataBytes: number,
    readIndex: number,
    out: number,
    outBytes: number,
    table: number,
    maxPackets: number,
    maxPacketBytes: number,
    copyAll: boolean,
  ): number {
    const data = ring + CONTROL_BYTES;
    const writeIndex = Atomics.load(i32, (ring + CONTROL_WRITE_INDEX) >> 2);
    i32[resultWord(RESULT_CAUSE)] = CAUSE_NONE;
    i32[resultWord(RESULT_NEXT)] = readIndex;
    i32[resultWord(RESULT_USED)] = 0;
    if (writeIndex < 0 || writeIndex >= dataBytes)
      return fail(i32, CAUSE_INDEX, CONTROL_WRITE_INDEX, dataBytes, writeIndex);
    let used = writeIndex - readIndex;
    if (used < 0) used += dataBytes;
    if (used === 0) return 0;
    if (writeIndex % PACKET_ALIGNMENT !== 0) {
      return fail(i32, CAUSE_INDEX, CONTROL_WRITE_INDEX, PACKET_ALIGNMENT, writeIndex);
    }
    // No packet is that short, so it is not one on its way: no write will ever make it whole.
    if (used < DESCRIPTOR_BYTES) return fail(i32, CAUSE_INDEX, CONTROL_WRITE_INDEX, DESCRIPTOR_BYTES, writeIndex);
    let at = readIndex;
    let filled = 0;
    let count = 0;
    let record = table >> 2;
    while (count < maxPackets && used >= DESCRIPTOR_BYTES) {
      const head = (data + at) >> 2;
      const typeOffset = i32[head]!;
      const lengthFlags = i32[head + 1]!;
      const second = at + 8 === dataBytes ? data >> 2 : head + 2;
      const offset8 = typeOffset >>> 16;
      const length8 = lengthFlags & 0xffff;
      if (offset8 < 2 || offset8 > length8) {
        if (count > 0) break;
        return fail(i32, CAUSE_DESCRIPTOR, at, 2, offset8);
      }
      const total = length8 * 8 + TRAILER_BYTES;
      if (total > used) {
        if (count > 0) break;
        return fail(i32, CAUSE_TRUNCATED, at, used, total);
      }
      const bytes = length8 * 8 - DESCRIPTOR_BYTES;
      if (bytes > maxPacketBytes) {
        if (count > 0) break;
        return fail(i32, CAUSE_PACKET_TOO_LARGE, at, maxPacketBytes, bytes);
      }
      let from = at + DESCRIPTOR_BYTES;
      if (from >= dataBytes) from -= dataBytes;
      const extended = offset8 * 8 - DESCRIPTOR_BYTES;
      let place = data + from;
      const first = dataBytes - from;
      if (copyAll || bytes > first) {
        if (bytes > outBytes - filled) break;
        place = out + filled;
        if (bytes <= first) copyWords(place, data + from, bytes);
        else {
          copyWords(place, data + from, first);
          copyWords(place + first, data, bytes - first);
        }
        filled += bytes;
      }
      i32[record] = (typeOffset & 0xffff) | (lengthFlags & 0xffff0000);
      i32[record + 1] = extended;
      i32[record + 2] = i32[second]!;
      i32[record + 3] = i32[second + 1]!;
      i32[record + 4] = place + extended;
      i32[record + 5] = bytes - extended;
      i32[record + 6] = at;
      record += RECORD_WORDS;
      count++;
      at += total;
      if (at >= dataBytes) at -= dataBytes;
      used -= total;
    }
    i32[resultWord(RESULT_NEXT)] = at;
    i32[resultWord(RESULT_USED)] = filled;
    return count;
  }

  function crossesPending(pending: number, freeBefore: number, freeAfter: number, variant: number): number {
    if (variant === SIGNAL_OPENVMM) {
      const wanted = (pending & ~7) >>> 0;
      return freeBefore - 8 < wanted && freeAfter - 8 >= wanted ? 1 : 0;
    }
    const wanted = pending >>> 0;
    return freeBefore <= wanted && freeAfter > wanted ? 1 : 0;
  }

  return {
    ringDrain: (ring, dataBytes, readIndex, out, outBytes, table, maxPackets, maxPacketBytes) =>
      read(ring, dataBytes, readIndex, out, outBytes, table, maxPackets, maxPacketBytes, true),
    ringScan: (ring, dataBytes, readIndex, scratch, scratchBytes, table, maxPackets, maxPacketBytes) =>
      read(ring, dataBytes, readIndex, scratch, scratchBytes, table, maxPackets, maxPacketBytes, false),
    crossesPending,
    ringConsume(ring, dataBytes, oldRead, newRead, variant) {
      Atomics.store(i32, (ring + CONTROL_READ_INDEX) >> 2, newRead);
      const pending = Atomics.load(i32, (ring + CONTROL_PENDING_SEND) >> 2);
      if (pending === 0) return 0;
      const features = Atomics.load(i32, (ring + CONTROL_FEATURES) >> 2);
      if (variant !== SIGNAL_OPENVMM && (features & FEATURE_PENDING_SEND) === 0) return 0;
      const writeIndex = Atomics.load(i32, (ring + CONTROL_WRITE_INDEX) >> 2);
      if (writeIndex < 0 || writeIndex >= dataBytes) return 0;
      const before = freeBytes(dataBytes, oldRead, writeIndex);
      return crossesPending(pending, before, freeBytes(dataBytes, newRead, writeIndex), variant);
    },
  };
}
