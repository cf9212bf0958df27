/** Daemon answer → response payload, for ENUMERATE, where key and value come back. */
import { encodeKvpRequest } from 'hv-kvp/codec';
import { type Engine, table } from '#internal';
import { BATCHES, memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import type { Row } from './row.js';
import { TEXTS, type TextClass, VARIANTS } from './texts.js';

const SUITE = 'daemon-to-host';
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

interface Fixture {
  run(batch: number): void;
  response(i: number): Uint8Array;
}

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

/** Rounds of `batch` that walk through all records. */
function walk(work: (first: number, batch: number) => void): (batch: number) => void {
  let next = 0;
  return (batch) => {
    const first = next + batch > MOST ? 0 : next;
    next = first + batch;
    work(first, batch);
  };
}

function engineFixture(engine: Engine, payloads: readonly Uint8Array[], answers: readonly Uint8Array[]): Fixture {
  const { memory } = engine;
  const sources = memory.allocate(MOST * PAYLOAD_STRIDE);
  const targets = memory.allocate(MOST * PAYLOAD_STRIDE);
  const messages = memory.allocate(MOST * MESSAGE_STRIDE);
  const records = memory.allocate(MOST * table.TRANSLATE_RECORD_BYTES);
  for (const [i, payload] of payloads.entries()) {
    memory.u8.set(payload, sources.address + i * PAYLOAD_STRIDE);
    memory.u8.set(answers[i]!, messages.address + i * MESSAGE_STRIDE);
    const record = (records.address + i * table.TRANSLATE_RECORD_BYTES) >> 2;
    memory.i32[record + table.TRANSLATE_SOURCE / 4] = sources.address + i * PAYLOAD_STRIDE;
    memory.i32[record + table.TRANSLATE_SOURCE_BYTES / 4] = payload.length;
    memory.i32[record + table.TRANSLATE_ANSWER / 4] = messages.address + i * MESSAGE_STRIDE;
    memory.i32[record + table.TRANSLATE_TARGET / 4] = targets.address + i * PAYLOAD_STRIDE;
  }
  return {
    run: walk((first, batch) => {
      engine.daemonToHost(records.address + first * table.TRANSLATE_RECORD_BYTES, batch);
    }),
    response: (i) => targets.view.subarray(i * PAYLOAD_STRIDE, i * PAYLOAD_STRIDE + PAYLOAD_BYTES),
  };
}

/** A daemon's text into a field of the response; returns its stated size, the NUL counted. */
function putText(from: Buffer, at: number, field: number, to: Buffer, target: number): number {
  const end = from.indexOf(0, at);
  const text = from.toString('utf8', at, end < 0 || end > at + field ? at + field : end);
  to.fill(0, target, target + field);
  return to.write(text, target, field - 2, 'utf16le') + 2;
}

function nodeFixture(payloads: readonly Uint8Array[], answers: readonly Uint8Array[]): Fixture {
  const sources = payloads.map((payload) => Buffer.from(payload));
  const messages = answers.map((answer) => Buffer.from(answer));
  const targets = payloads.map((payload) => Buffer.alloc(payload.length));
  return {
    run: walk((first, batch) => {
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
    }),
    response: (i) => targets[i]!,
  };
}

/** All responses of a fixture, after their slots were used before. */
function outcomeOf(fixture: Fixture): Uint8Array {
  fixture.run(MOST);
  fixture.run(MOST);
  return Buffer.concat(Array.from({ length: MOST }, (_, i) => fixture.response(i)));
}

export function daemonToHost(quick: boolean): Row[] {
  const payloads = requests();
  return TEXTS.flatMap((text) => {
    const answers = answersOf(text);
    const fixtures = onEngines((engine) => engineFixture(engine, payloads, answers));
    fixtures.set('node', nodeFixture(payloads, answers));
    agree(SUITE, new Map([...fixtures].map(([name, fixture]) => [name, outcomeOf(fixture)])));
    return BATCHES(quick).flatMap((batch) => {
      const contenders: Contender[] = [...fixtures].map(([name, fixture]) => ({ name, run: () => fixture.run(batch) }));
      contenders.push(memcpy(batch * PAYLOAD_BYTES));
      return time({ suite: SUITE, params: { text: text.name, batch }, operations: batch, contenders }, quick);
    });
  });
}
