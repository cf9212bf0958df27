/** Memory that was given back belongs to somebody else: whoever gave it can neither read it nor write it any more. */
import { MisuseError } from 'hv-kvp';
import { encodeRecord, RecordChanges, RecordIndex } from 'hv-kvp/codec';
import { createEngine, createRing, type Engine, loadControl, RingReader, RingWriter, storeControl } from 'hv-kvp/ring';
import { ENGINES } from '../_support/golden.js';
import { assert, suite } from '../_support/suite.js';

const RECORD = encodeRecord({ key: 'k', value: 'v' });
const KEY = Uint8Array.of(107);
const PAYLOAD = new Uint8Array(8);

/** Makes something in engine memory and gives it back; what can still be called. */
const OWNERS: Record<string, (engine: Engine) => Record<string, () => unknown>> = {
  'an index of records'(engine) {
    const index = new RecordIndex(engine, 10);
    index.add(RECORD);
    index.free();
    return {
      add: () => index.add(RECORD),
      candidates: () => index.candidates(KEY),
      candidatesOf: () => index.candidatesOf([KEY]),
    };
  },
  'a finder of changes'(engine) {
    const changes = new RecordChanges(engine, 10);
    changes.update(RECORD);
    changes.free();
    return { update: () => changes.update(RECORD) };
  },
  'the reader of a ring'(engine) {
    const ring = createRing(engine, { dataBytes: 4096 });
    new RingWriter(ring).write(PAYLOAD);
    const reader = new RingReader(ring);
    reader.free();
    return { drain: () => reader.drain(), peek: () => reader.peek() };
  },
  'a ring'(engine) {
    const ring = createRing(engine, { dataBytes: 4096 });
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    writer.write(PAYLOAD);
    writer.reserve(8);
    ring.free();
    return {
      view: () => ring.view,
      loadControl: () => loadControl(ring, 'readIndex'),
      storeControl: () => storeControl(ring, 'readIndex', 0),
      drain: () => reader.drain(),
      peek: () => reader.peek(),
      mask: () => reader.mask(),
      unmask: () => reader.unmask(),
      write: () => writer.write(PAYLOAD),
      reserve: () => writer.reserve(8),
      commit: () => writer.commit(),
      waitForRoom: () => writer.waitForRoom(16),
      stopWaiting: () => writer.stopWaiting(),
      RingReader: () => new RingReader(ring),
      RingWriter: () => new RingWriter(ring),
    };
  },
};

for (const kind of ENGINES) {
  suite(`engine memory that was given back, ${kind}`, ({ test }) => {
    for (const [what, make] of Object.entries(OWNERS)) {
      test(`${what} does not touch it`, () => {
        const engine = createEngine({ engine: kind, bytes: 1024 * 1024 });
        const calls = make(engine);
        const { u8 } = engine.memory;
        // The next owner's bytes, all over the memory.
        u8.fill(0x5a);
        const others = u8.slice();
        for (const [name, call] of Object.entries(calls)) {
          assert.throws(call, (error: unknown) => error instanceof MisuseError, name);
          assert.ok(Buffer.compare(u8, others) === 0, `${name} wrote into another's memory`);
        }
      });
    }
  });
}
