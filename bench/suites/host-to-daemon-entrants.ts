/** The contenders of host message → daemon message, shared by the suites of warm and of cold code. */
import { encodeKvpRequest } from 'hv-kvp/codec';
import { type Engine, type EngineMemory, table } from '#internal';
import type { Entrant } from '../harness/suite.js';
import type { NativeKernels } from '../native/library.js';
import { nativeRound, recordsInUse, walk } from './entrants.js';
import { type TextClass, VARIANTS } from './texts.js';

export const PAYLOAD_BYTES = 2608;
const MESSAGE_BYTES = 7432;
const PAYLOAD_STRIDE = 2624;
const SLOT_STRIDE = 7488;
export const MOST = 1024;

export function payloadsOf({ keys, values }: TextClass): Uint8Array[] {
  const variants = Array.from({ length: VARIANTS }, (_, i) =>
    encodeKvpRequest({ operation: 1, pool: 0, key: keys[i]!, value: { type: 1, text: values[i]! } }),
  );
  return Array.from({ length: MOST }, (_, i) => variants[i % VARIANTS]!);
}

/** Payloads, slots and records in engine memory, as a drained ring and a driver's slots are. */
function layOut(memory: EngineMemory, payloads: readonly Uint8Array[]) {
  const sources = memory.allocate(MOST * PAYLOAD_STRIDE);
  const slots = memory.allocate(MOST * SLOT_STRIDE);
  const records = memory.allocate(MOST * table.TRANSLATE_RECORD_BYTES);
  for (const [i, payload] of payloads.entries()) {
    memory.u8.set(payload, sources.address + i * PAYLOAD_STRIDE);
    const record = (records.address + i * table.TRANSLATE_RECORD_BYTES) >> 2;
    memory.i32[record + table.TRANSLATE_SOURCE / 4] = sources.address + i * PAYLOAD_STRIDE;
    memory.i32[record + table.TRANSLATE_SOURCE_BYTES / 4] = payload.length;
    memory.i32[record + table.TRANSLATE_TARGET / 4] = slots.address + i * SLOT_STRIDE;
  }
  return {
    records: records.address,
    messages: () =>
      Buffer.concat(
        Array.from({ length: MOST }, (_, i) => slots.view.subarray(i * SLOT_STRIDE, i * SLOT_STRIDE + MESSAGE_BYTES)),
      ),
  };
}

/** All messages, after slots that held others were used again. */
const outcome = (run: () => void, messages: () => Uint8Array) => () => {
  run();
  run();
  return messages();
};

export interface Translator extends Entrant {
  /** Translates `batch` messages from number `first` on. */
  translate(first: number, batch: number): void;
}

export function engineEntrant(engine: Engine, payloads: readonly Uint8Array[]): Translator {
  const { records, messages } = layOut(engine.memory, payloads);
  const translate = (first: number, batch: number): void => {
    engine.hostToDaemon(records + first * table.TRANSLATE_RECORD_BYTES, batch, MESSAGE_BYTES);
  };
  return {
    translate,
    outcome: outcome(() => translate(0, MOST), messages),
    round: ({ batch }) => walk(Number(batch), (first) => translate(first, Number(batch))),
  };
}

export function nativeEntrant(kernels: NativeKernels, payloads: readonly Uint8Array[]): Entrant {
  const { records, messages } = layOut(kernels.memory, payloads);
  return {
    outcome: outcome(() => kernels.hostToDaemon(1, records, MOST, MOST, MESSAGE_BYTES), messages),
    round: ({ batch }) =>
      nativeRound(recordsInUse(Number(batch)), (rounds) => {
        kernels.hostToDaemon(rounds, records, recordsInUse(Number(batch)), Number(batch), MESSAGE_BYTES);
      }),
  };
}

function putText(from: Buffer, at: number, stated: number, to: Buffer, target: number, field: number): number {
  const text = from.toString('utf16le', at, at + stated);
  const end = text.indexOf('\0');
  to.fill(0, target, target + field);
  return to.write(end < 0 ? text : text.slice(0, end), target, field - 1, 'utf8') + 1;
}

/** The same with Buffer alone, as most people would write it; the rest of a slot is clean from before. */
export function nodeEntrant(payloads: readonly Uint8Array[]): Translator {
  const sources = payloads.map((payload) => Buffer.from(payload));
  const slots = payloads.map(() => Buffer.alloc(MESSAGE_BYTES));
  const translate = (first: number, batch: number): void => {
    for (let i = first; i < first + batch; i++) {
      const source = sources[i]!;
      const slot = slots[i]!;
      slot[0] = source[28]!;
      slot[1] = source[29]!;
      slot.writeUInt32LE(putText(source, 44, source.readUInt32LE(36), slot, 16, 512), 8);
      slot.writeUInt32LE(putText(source, 556, source.readUInt32LE(40), slot, 528, 2048), 12);
    }
  };
  return {
    translate,
    outcome: outcome(
      () => translate(0, MOST),
      () => Buffer.concat(slots),
    ),
    round: ({ batch }) => walk(Number(batch), (first) => translate(first, Number(batch))),
  };
}
