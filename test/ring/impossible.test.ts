/** What can never be right is an error on the first call, of the one who caused it: no empty list, no endless wait. */
import { createEngine, createRing, loadControl, type Ring, RingReader, RingWriter, storeControl } from 'hv-kvp/ring';
import { createLocalChannel } from '#internal';
import { FailingMemory } from '../_support/failing-memory.js';
import { ENGINES } from '../_support/golden.js';
import { assert, suite } from '../_support/suite.js';

const DATA = 4096;
const CONTROL = 4096;
const NO_NUMBERS = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 5n, null, {}, '8'] as number[];

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

for (const kind of ENGINES) {
  suite(`ring/impossible, ${kind}`, ({ test }) => {
    const engine = createEngine({ engine: kind, bytes: 2 * 1024 * 1024, poison: true });
    const at = (readIndex: number, writeIndex: number): Ring => {
      const ring = createRing(engine, { dataBytes: DATA });
      storeControl(ring, 'readIndex', readIndex);
      storeControl(ring, 'writeIndex', writeIndex);
      return ring;
    };

    test('a write index up to 15 bytes before or behind the read index is an error at once', () => {
      for (const readIndex of [0, 8, 2048, DATA - 8]) {
        for (let distance = -15; distance <= 15; distance++) {
          if (distance === 0) continue;
          const ring = at(readIndex, readIndex);
          const reader = new RingReader(ring);
          storeControl(ring, 'writeIndex', (readIndex + distance + DATA) % DATA);
          for (const read of [() => reader.drain(), () => reader.peek()]) {
            // 8 bytes behind is a full ring; what stands in it is no packet.
            const expected = distance === -8 ? 'ERR_RING_DESCRIPTOR' : 'ERR_RING_INDEX';
            assert.is(codeOf(read), expected, `read ${readIndex}, distance ${distance}`);
          }
          assert.is(reader.readIndex, readIndex);
          reader.free();
          ring.free();
        }
      }
    });

    test('a reader on a page with an impossible read index blames the page, not its caller', () => {
      for (const index of [1, 4, 7, DATA - 1, DATA, DATA + 8, 0x7ffffff8, 0xfffffff8, 0xffffffff]) {
        assert.is(
          codeOf(() => new RingReader(at(index, 0))),
          'ERR_RING_INDEX',
        );
        assert.is(
          codeOf(() => new RingWriter(at(0, index))),
          'ERR_RING_INDEX',
        );
        assert.is(
          codeOf(() => new RingReader(at(0, 0), { readIndex: index })),
          'ERR_MISUSE',
        );
        assert.is(
          codeOf(() => new RingWriter(at(0, 0), { writeIndex: index })),
          'ERR_MISUSE',
        );
      }
    });

    test('indices of the caller are whole numbers within the ring', () => {
      for (const index of [...NO_NUMBERS, -8]) {
        assert.is(
          codeOf(() => new RingReader(at(0, 0), { readIndex: index })),
          'ERR_MISUSE',
        );
        assert.is(
          codeOf(() => new RingWriter(at(0, 0), { writeIndex: index })),
          'ERR_MISUSE',
        );
      }
    });

    test('a length that can never fit is refused, and nothing beyond the ring is handed out', () => {
      const ring = at(0, 0);
      const writer = new RingWriter(ring);
      const image = ring.view.slice();
      for (const bytes of [DATA - 16, DATA, DATA + 1, 2 ** 31, 2 ** 32, 2 ** 32 + 5, 2 ** 33, Number.MAX_SAFE_INTEGER])
        assert.is(
          codeOf(() => writer.reserve(bytes)),
          'ERR_RING_PAYLOAD_TOO_LARGE',
          String(bytes),
        );
      for (const bytes of NO_NUMBERS)
        assert.is(
          codeOf(() => writer.reserve(bytes)),
          'ERR_MISUSE',
          String(bytes),
        );
      assert.equal(ring.view, image);
      const room = writer.reserve(100);
      assert.is(room.kind === 'reserved' && room.spans.length, 1);
      writer.commit();
      assert.is(new RingReader(ring).drain().length, 1);
    });

    test('a wait for more room than there can ever be, or behind an impossible index, is an error', () => {
      const ring = at(0, 0);
      const writer = new RingWriter(ring);
      for (const needed of [DATA - 7, DATA, 8000, 2 ** 32 + 5])
        assert.is(
          codeOf(() => writer.waitForRoom(needed)),
          'ERR_RING_PAYLOAD_TOO_LARGE',
        );
      for (const needed of [...NO_NUMBERS, 0])
        assert.is(
          codeOf(() => writer.waitForRoom(needed)),
          'ERR_MISUSE',
        );
      while (writer.write(new Uint8Array(1000)).kind === 'sent');
      storeControl(ring, 'readIndex', 0xffffffff);
      assert.is(
        codeOf(() => writer.waitForRoom(DATA - 8)),
        'ERR_RING_INDEX',
      );
      assert.is(loadControl(ring, 'pendingSend'), 0, 'nobody is left waiting');
    });

    test('only bytes are sent: no array, text or object with a length', () => {
      const ring = at(0, 0);
      const writer = new RingWriter(ring);
      for (const payload of [
        [1, 2, 3, 4],
        'text',
        { length: 4 },
        new DataView(new ArrayBuffer(4)),
        4,
        null,
        undefined,
      ]) {
        assert.is(
          codeOf(() => writer.write(payload as unknown as Uint8Array)),
          'ERR_MISUSE',
        );
        assert.is(
          codeOf(() => writer.writeBatch([Uint8Array.of(1), payload as unknown as Uint8Array])),
          'ERR_MISUSE',
        );
      }
      for (const options of [{ type: -1 }, { type: 65536 }, { flags: 1.5 }, { transactionLow: 2 ** 32 }, null])
        assert.is(
          codeOf(() => writer.write(Uint8Array.of(1), options as object)),
          'ERR_MISUSE',
        );
      assert.is(writer.writeIndex, 0);
      assert.equal(
        ring.view.subarray(CONTROL).every((byte) => byte === 0),
        true,
      );
    });

    test('a number of packets is a whole number from 1, and their limit one from 0', () => {
      const ring = at(0, 0);
      new RingWriter(ring).write(Uint8Array.of(1));
      const reader = new RingReader(ring);
      for (const max of [...NO_NUMBERS.filter((each) => each !== 2 ** 53), 0]) {
        for (const read of [() => reader.drain(max), () => reader.peek(max)]) assert.is(codeOf(read), 'ERR_MISUSE');
        if (max === 0) continue;
        assert.is(
          codeOf(() => reader.drain(1, max)),
          'ERR_MISUSE',
        );
      }
      assert.is(reader.drain(2 ** 32 + 1).length, 1);
    });

    test('a reader, a writer and a channel that cannot be made keep no memory, and a failed write sends nothing', () => {
      const memory = new FailingMemory(engine.memory);
      const ring = at(0, 0);
      const fails = (make: () => { free(): void } | { close(): void }): void => {
        for (let allocation = 1; ; allocation++) {
          const before = memory.live;
          let made: ReturnType<typeof make> | undefined;
          const code = memory.failingFrom(allocation, () =>
            codeOf(() => {
              made = make();
            }),
          );
          if (code === 'ok') {
            if ('free' in made!) made.free();
            else made!.close();
            return;
          }
          assert.is(code, 'ERR_ENGINE_MEMORY');
          assert.is(memory.live, before, `allocation ${allocation}`);
        }
      };
      fails(() => createRing(engine, { dataBytes: DATA }));
      fails(() => new RingReader(ring));
      fails(() => createLocalChannel({ engine, dataBytes: DATA }));
      const writer = new RingWriter(ring);
      const reader = new RingReader(ring);
      for (let allocation = 1; ; allocation++) {
        const sent = memory.failingFrom(allocation, () => codeOf(() => writer.write(new Uint8Array(8 * allocation))));
        if (sent === 'ok') break;
        assert.equal([sent, writer.writeIndex, reader.drain().length], ['ERR_ENGINE_MEMORY', 0, 0]);
      }
      assert.is(reader.drain().length, 1);
    });
  });
}
