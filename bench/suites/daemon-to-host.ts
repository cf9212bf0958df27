/** Daemon answer → response payload, for ENUMERATE, where key and value come back. */
import { encodeKvpRequest } from 'hv-kvp/codec';
import { type Engine, type EngineMemory, table } from '#internal';
import type { Entrant, Suite } from '../harness/suite.js';
import { NATIVE, type NativeKernels } from '../native/library.js';
import {
  AUTO,
  batches,
  engineOf,
  isEngine,
  kernelsFor,
  memcpy,
  nativeOf,
  nativeRound,
  onlySingle,
  recordsInUse,
  walk,
} from './entrants.js';
import { TEXTS, type TextClass, textNamed, VARIANTS } from './texts.js';

const MOST = 1024;
const PAYLOAD_BYTES = 2608;
const PAYLOAD_STRIDE = 2624;
const MESSAGE_BYTES = 7432;
const MESSAGE_STRIDE = 7488;
// In an ENUMERATE payload: IC status and flags, then the message (protocol.md 3).
const IC_STATUS = 20;
const IC_FLAGS = 25;
const MESSAGE = 28;
const TYPE = 8;
const KEY_SIZE = 12;
const VALUE_SIZE = 16;
const KEY = 20;
const VALUE = 532;
const END = 2580;

const requests = (): Uint8Array[] =>
  Array.from({ length: MOST }, (_, index) => encodeKvpRequest({ operation: 3, pool: 2, index }));

function answersOf({ keys, values }: TextClass): Uint8Array[] {
  const variants = Array.from({ length: VARIANTS }, (_, i) => {
    const answer = Buffer.alloc(MESSAGE_BYTES);
    answer.write(keys[i]!, KEY);
    answer.write(values[i]!, VALUE);
    return answer;
  });
  return Array.from({ length: MOST }, (_, i) => variants[i % VARIANTS]!);
}

function layOut(memory: EngineMemory, answers: readonly Uint8Array[]) {
  const sources = memory.allocate(MOST * PAYLOAD_STRIDE);
  const targets = memory.allocate(MOST * PAYLOAD_STRIDE);
  const messages = memory.allocate(MOST * MESSAGE_STRIDE);
  const records = memory.allocate(MOST * table.TRANSLATE_RECORD_BYTES);
  for (const [i, payload] of requests().entries()) {
    memory.u8.set(payload, sources.address + i * PAYLOAD_STRIDE);
    memory.u8.set(answers[i]!, messages.address + i * MESSAGE_STRIDE);
    const record = (records.address + i * table.TRANSLATE_RECORD_BYTES) >> 2;
    memory.i32[record + table.TRANSLATE_SOURCE / 4] = sources.address + i * PAYLOAD_STRIDE;
    memory.i32[record + table.TRANSLATE_SOURCE_BYTES / 4] = payload.length;
    memory.i32[record + table.TRANSLATE_ANSWER / 4] = messages.address + i * MESSAGE_STRIDE;
    memory.i32[record + table.TRANSLATE_TARGET / 4] = targets.address + i * PAYLOAD_STRIDE;
  }
  return {
    records: records.address,
    responses: () =>
      Buffer.concat(
        Array.from({ length: MOST }, (_, i) =>
          targets.view.subarray(i * PAYLOAD_STRIDE, i * PAYLOAD_STRIDE + PAYLOAD_BYTES),
        ),
      ),
  };
}

/** All responses, after their slots were used before. */
const outcome = (run: () => void, responses: () => Uint8Array) => () => {
  run();
  run();
  return responses();
};

function engineEntrant(engine: Engine, answers: readonly Uint8Array[]): Entrant {
  const { records, responses } = layOut(engine.memory, answers);
  const work = (batch: number) => (first: number) => {
    engine.daemonToHost(records + first * table.TRANSLATE_RECORD_BYTES, batch);
  };
  return {
    outcome: outcome(() => work(MOST)(0), responses),
    round: ({ batch }) => walk(Number(batch), work(Number(batch))),
  };
}

function nativeEntrant(kernels: NativeKernels, answers: readonly Uint8Array[]): Entrant {
  const { records, responses } = layOut(kernels.memory, answers);
  return {
    outcome: outcome(() => kernels.daemonToHost(1, records, MOST, MOST), responses),
    round: ({ batch }) =>
      nativeRound(recordsInUse(Number(batch)), (rounds) => {
        kernels.daemonToHost(rounds, records, recordsInUse(Number(batch)), Number(batch));
      }),
  };
}

/** A daemon's text into a field of the response; returns its stated size, the NUL counted. */
function putText(from: Buffer, at: number, field: number, to: Buffer, target: number): number {
  const end = from.indexOf(0, at);
  const text = from.toString('utf8', at, end < 0 || end > at + field ? at + field : end);
  to.fill(0, target, target + field);
  return to.write(text, target, field - 2, 'utf16le') + 2;
}

function nodeEntrant(answers: readonly Uint8Array[]): Entrant {
  const sources = requests().map((payload) => Buffer.from(payload));
  const messages = answers.map((answer) => Buffer.from(answer));
  const targets = sources.map((payload) => Buffer.alloc(payload.length));
  const work = (batch: number) => (first: number) => {
    for (let i = first; i < first + batch; i++) {
      const target = targets[i]!;
      const answer = messages[i]!;
      sources[i]!.copy(target, 0, 0, MESSAGE + KEY);
      target.writeUInt32LE(answer.readUInt32LE(0), IC_STATUS);
      target[IC_FLAGS] = 5;
      target.writeUInt32LE(1, MESSAGE + TYPE);
      target.writeUInt32LE(putText(answer, KEY, 512, target, MESSAGE + KEY), MESSAGE + KEY_SIZE);
      target.writeUInt32LE(putText(answer, VALUE, END - VALUE, target, MESSAGE + VALUE), MESSAGE + VALUE_SIZE);
    }
  };
  return {
    outcome: outcome(
      () => work(MOST)(0),
      () => Buffer.concat(targets),
    ),
    round: ({ batch }) => walk(Number(batch), work(Number(batch))),
  };
}

export const daemonToHost: Suite = {
  name: 'daemon-to-host',
  contenders: (cases) => [...kernelsFor(cases), 'node', 'memcpy', ...NATIVE],
  groups: (quick) => TEXTS.map(({ name: text }) => batches(quick).map((batch) => ({ text, batch }))),
  enter(contender, { text }) {
    if (contender === 'memcpy') return memcpy(MOST, PAYLOAD_BYTES);
    const answers = answersOf(textNamed(text));
    if (contender === 'node') return nodeEntrant(answers);
    if (!isEngine(contender)) return nativeEntrant(nativeOf(contender), answers);
    const entrant = engineEntrant(engineOf(contender), answers);
    return contender === AUTO ? onlySingle(entrant) : entrant;
  },
};
