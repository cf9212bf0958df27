import * as ring from 'hv-kvp/ring';
import { assert } from '../_support/suite.js';
import type { Attempt, RoomCalls } from './calls.js';

/** One engine for all: what a call leaves behind in its memory shows in the next. */
const engine = ring.createEngine({ bytes: 1024 * 1024 });

const page = ring.createRing(engine, { dataBytes: 4096 });

/** A ring with both its ends, and a check that a packet still gets through. */
function ends() {
  const made = ring.createRing(engine, { dataBytes: 4096 });
  const writer = new ring.RingWriter(made);
  const reader = new ring.RingReader(made);
  writer.write(Uint8Array.of(1));
  return { made, writer, reader, sound: () => passes({ made, writer, reader }) };
}

interface Ends {
  made: ring.Ring;
  writer: ring.RingWriter;
  reader: ring.RingReader;
}

function passes({ made, writer, reader }: Ends): void {
  writer.commit();
  while (reader.drain().length > 0);
  writer.write(Uint8Array.of(7, 8, 9));
  assert.equal([...reader.drain()[0]!.payload.subarray(0, 3)], [7, 8, 9]);
  reader.free();
  writer.free();
  made.free();
}

const method =
  (end: 'reader' | 'writer', name: string, args: unknown[], before?: (ends: Ends) => void) => (): Attempt => {
    const { sound, ...both } = ends();
    before?.(both);
    const object = both[end] as unknown as Record<string, (...given: unknown[]) => unknown>;
    return { run: (...given) => object[name]!(...given), args, sound };
  };

const WRITE_OPTIONS = { type: 6, flags: 1, transactionLow: 1, transactionHigh: 2 };
const BELONGS_TO_OWNER = 'takes no argument; what it gives back must not be used afterwards';

export const ringCalls: RoomCalls = {
  subpath: 'ring',
  exports: ring,
  objects: {},
  exempt: {
    init: 'takes no argument',
    'RingReader.free': BELONGS_TO_OWNER,
    'RingWriter.free': BELONGS_TO_OWNER,
  },
  calls: {
    createEngine: () => ({
      run: ring.createEngine,
      args: [{ engine: 'js', bytes: 65536, poison: true, plain: true }],
    }),
    createRing: () => ({
      run: (...args: Parameters<typeof ring.createRing>) => ring.createRing(...args).free(),
      args: [engine, { dataBytes: 4096 }],
    }),
    loadControl: () => ({ run: ring.loadControl, args: [page, 'readIndex'] }),
    storeControl: () => ({ run: ring.storeControl, args: [page, 'interruptMask', 1] }),
    producerSignals: () => ({
      run: ring.producerSignals,
      args: [{ interruptMask: 0, readIndex: 8, writeIndexBefore: 8 }],
    }),
    consumerSignals: () => ({
      run: ring.consumerSignals,
      args: [{ pendingSend: 8, features: 1, freeBefore: 8, freeAfter: 16 }, 'linux'],
    }),
    RingReader: () => {
      const { made, sound } = ends();
      const options = { maxPacketBytes: 100, maxPackets: 4, signal: 'linux', readIndex: 0 };
      return {
        run: (...args: ConstructorParameters<typeof ring.RingReader>) => new ring.RingReader(...args).free(),
        args: [made, options],
        sound,
      };
    },
    RingWriter: () => {
      const { made, sound } = ends();
      return {
        run: (...args: ConstructorParameters<typeof ring.RingWriter>) => new ring.RingWriter(...args).free(),
        args: [made, { pendingSend: true, writeIndex: 32 }],
        sound,
      };
    },
    'RingReader.drain': method('reader', 'drain', [1, 100]),
    'RingReader.peek': method('reader', 'peek', [1]),
    'RingReader.commit': method('reader', 'commit', [], ({ reader }) => reader.peek()),
    'RingReader.mask': method('reader', 'mask', []),
    'RingReader.unmask': method('reader', 'unmask', []),
    'RingWriter.write': method('writer', 'write', [Uint8Array.of(1), WRITE_OPTIONS]),
    'RingWriter.writeBatch': method('writer', 'writeBatch', [[Uint8Array.of(1), Uint8Array.of(2)], WRITE_OPTIONS]),
    'RingWriter.reserve': method('writer', 'reserve', [16, WRITE_OPTIONS]),
    'RingWriter.commit': method('writer', 'commit', [], ({ writer }) => writer.reserve(8)),
    'RingWriter.waitForRoom': method('writer', 'waitForRoom', [64]),
    'RingWriter.stopWaiting': method('writer', 'stopWaiting', []),
  },
};
