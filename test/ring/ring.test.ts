import {
  consumerSignals,
  createEngine,
  createRing,
  producerSignals,
  RingReader,
  RingWriter,
  storeControl,
} from 'hv-kvp/ring';
import { ENGINES } from '../_support/golden.js';
import { assert, suite } from '../_support/suite.js';

const DATA = 4096;
const bytes = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (seed + i) & 0xff);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'ok';
}

for (const kind of ENGINES) {
  const engine = createEngine({ engine: kind, bytes: 4 * 1024 * 1024 });

  suite(`ring ${kind}`, ({ test }) => {
    test('a packet survives every wrap position', () => {
      const ring = createRing(engine, { dataBytes: DATA });
      for (let start = 0; start < DATA; start += 8) {
        storeControl(ring, 'readIndex', start);
        storeControl(ring, 'writeIndex', start);
        const writer = new RingWriter(ring);
        const reader = new RingReader(ring);
        const payload = bytes(45, start);
        assert.equal(writer.write(payload, { transactionLow: start, transactionHigh: 0xffffffff }), {
          kind: 'sent',
          signal: true,
        });
        const [packet, more] = reader.drain();
        assert.is(more, undefined);
        assert.is(Buffer.compare(packet!.payload.subarray(0, 45), payload), 0);
        assert.equal([...packet!.payload.subarray(45)], [0, 0, 0]);
        assert.equal([packet!.transactionLow, packet!.transactionHigh, packet!.start], [start, 0xffffffff, start]);
        reader.free();
        writer.free();
      }
    });

    test('reserved payloads are seen after commit, also around the end', () => {
      for (const start of [0, DATA - 16, DATA - 24, DATA - 40]) {
        const ring = createRing(engine, { dataBytes: DATA });
        storeControl(ring, 'readIndex', start);
        storeControl(ring, 'writeIndex', start);
        const writer = new RingWriter(ring);
        const reader = new RingReader(ring);
        for (const seed of [1, 2]) {
          const room = writer.reserve(21);
          if (room.kind !== 'reserved') throw new Error('full');
          let at = 0;
          for (const span of room.spans) {
            span.set(bytes(21, seed).subarray(at, at + span.length));
            at += span.length;
          }
          assert.is(at, 21);
        }
        assert.equal(reader.drain(), []);
        assert.is(writer.commit(), true);
        assert.is(writer.commit(), false);
        const seen = reader.drain().map(({ payload }) => [...payload.subarray(0, 21)]);
        assert.equal(seen, [[...bytes(21, 1)], [...bytes(21, 2)]]);
      }
    });

    test('peek leaves packets in place until commit', () => {
      const ring = createRing(engine, { dataBytes: DATA });
      const writer = new RingWriter(ring);
      const reader = new RingReader(ring);
      writer.writeBatch([bytes(8), bytes(16)]);
      assert.is(reader.peek().length, 2);
      assert.is(reader.peek().length, 2);
      reader.commit();
      assert.equal(reader.peek(), []);
      assert.is(
        codeOf(() => new RingReader(ring).commit()),
        'ERR_MISUSE',
      );
    });

    test('full says what is needed, and the reader wakes the waiting writer at the exact boundary', () => {
      const ring = createRing(engine, { dataBytes: DATA });
      const writer = new RingWriter(ring);
      const reader = new RingReader(ring);
      while (writer.write(bytes(1000)).kind === 'sent') {}
      const full = writer.write(bytes(1000));
      if (full.kind !== 'full') throw new Error('not full');
      assert.is(full.needed, 1024);
      assert.is(writer.waitForRoom(full.needed), false);
      reader.drain(1);
      assert.is(reader.signal, true);
      reader.drain(1);
      assert.is(reader.signal, false);
      assert.is(writer.waitForRoom(full.needed), true);
      assert.is(writer.write(bytes(1000)).kind, 'sent');
    });

    test('masked consumers are not signalled, and unmask finds what came meanwhile', () => {
      const ring = createRing(engine, { dataBytes: DATA });
      const writer = new RingWriter(ring);
      const reader = new RingReader(ring);
      reader.mask();
      assert.equal(writer.write(bytes(8)), { kind: 'sent', signal: false });
      assert.is(reader.unmask(), true);
      reader.drain();
      assert.is(reader.unmask(), false);
      assert.equal(writer.write(bytes(8)), { kind: 'sent', signal: true });
      assert.equal(writer.write(bytes(8)), { kind: 'sent', signal: false });
    });

    test('good packets before a corrupt one are delivered, then it is an error that leaves the reader good', () => {
      const ring = createRing(engine, { dataBytes: DATA });
      const writer = new RingWriter(ring);
      const reader = new RingReader(ring);
      writer.writeBatch([bytes(8), bytes(8)]);
      const good = ring.view[4096 + 32 + 2]!;
      ring.view[4096 + 32 + 2] = 1;
      assert.is(reader.drain().length, 1);
      assert.is(
        codeOf(() => reader.drain()),
        'ERR_RING_DESCRIPTOR',
      );
      assert.is(
        codeOf(() => reader.drain()),
        'ERR_RING_DESCRIPTOR',
      );
      ring.view[4096 + 32 + 2] = good;
      assert.is(reader.drain().length, 1);
    });

    test('errors carry where and what', () => {
      const ring = createRing(engine, { dataBytes: DATA });
      const reader = new RingReader(ring);
      storeControl(ring, 'writeIndex', 0xfffffff8);
      try {
        reader.drain();
        assert.unreachable();
      } catch (error) {
        const { code, offset, expected, actual } = error as {
          code: string;
          offset: number;
          expected: number;
          actual: number;
        };
        assert.equal([code, offset, expected, actual], ['ERR_RING_INDEX', 0, DATA, 0xfffffff8]);
      }
      assert.is(
        codeOf(() => new RingWriter(createRing(engine, { dataBytes: DATA })).write(bytes(DATA))),
        'ERR_RING_PAYLOAD_TOO_LARGE',
      );
      assert.is(
        codeOf(() => createRing(engine, { dataBytes: 5000 })),
        'ERR_MISUSE',
      );
    });

    test('page ranges of a GPA direct packet stand before its payload', () => {
      const ring = createRing(engine, { dataBytes: DATA });
      const packet = new Uint8Array(56);
      const view = new DataView(packet.buffer);
      for (const [i, word] of [9, 5, 6, 0].entries()) view.setUint16(2 * i, word, true);
      packet.set(bytes(32), 16);
      ring.view.set(packet, 4096);
      storeControl(ring, 'writeIndex', 56);
      const [read] = new RingReader(ring).drain();
      assert.equal([read!.type, read!.known, read!.extended.length, read!.payload.length], [9, true, 24, 8]);
      assert.equal([...read!.payload], [...bytes(8, 25)]);
    });
  });
}

suite('signal decisions', ({ test }) => {
  test('the producer signals on empty to non-empty, unless masked', () => {
    assert.is(producerSignals({ interruptMask: 0, readIndex: 8, writeIndexBefore: 8 }), true);
    assert.is(producerSignals({ interruptMask: 2, readIndex: 8, writeIndexBefore: 8 }), false);
    assert.is(producerSignals({ interruptMask: 0, readIndex: 0, writeIndexBefore: 8 }), false);
  });
  test('the pure consumer decision is the one inside the engines', () => {
    const engines = ENGINES.map((engine) => createEngine({ engine, bytes: 1024 * 1024 }));
    const sizes = [0, 1, 7, 8, 9, 40, 64, 65, 4088, 4095, 4096, 0xfffffff0];
    for (const [variant, signal] of ['linux', 'openvmm'].entries()) {
      for (const pendingSend of sizes.slice(1)) {
        for (const freeBefore of sizes) {
          for (const freeAfter of sizes.slice(0, -1)) {
            const state = { pendingSend, features: 1, freeBefore, freeAfter };
            const expected = consumerSignals(state, signal as 'linux' | 'openvmm') ? 1 : 0;
            if (freeBefore > 4096) continue;
            for (const engine of engines) {
              assert.is(engine.crossesPending(pendingSend | 0, freeBefore, freeAfter, variant), expected);
            }
          }
        }
      }
    }
  });
});
