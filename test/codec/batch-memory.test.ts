/** Batches in engine memory: any sizes in any order, and a codec that is sound after memory ran out at any moment. */
import { isDeepStrictEqual } from 'node:util';
import { type Codec, createCodec, encodeKvpRequest, Operation, RecordChanges, RecordIndex } from 'hv-kvp/codec';
import { createEngine, createRing, type Engine, RingReader, RingWriter } from 'hv-kvp/ring';
import { FailingMemory } from '../_support/failing-memory.js';
import { ENGINES } from '../_support/golden.js';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const DOCUMENTED_MESSAGES = 1000;
const BATCHES = 10_000;
const seed = seedOfRun();
const ENUMERATE = encodeKvpRequest({ operation: Operation.Enumerate, pool: 2, index: 1 });
const GET_IP = encodeKvpRequest({
  operation: Operation.GetIpInfo,
  pool: 1,
  ip: { adapterId: '00:15:5D:01:02:03', family: 0, dhcp: false, addresses: '', subnets: '', gateways: '', dns: '' },
});
const ANSWER = new Uint8Array(7432);

const repeated = <T>(item: T, count: number): T[] => Array<T>(count).fill(item);

/** Each kind of batch, of so many messages: what it gives, copied. */
const KINDS: ((codec: Codec, count: number) => unknown)[] = [
  (codec, count) => codec.hostToDaemonBatch(repeated(ENUMERATE, count)).messages.map((message) => message.slice()),
  (codec, count) => codec.hostToDaemonBatch(repeated(GET_IP, count)).messages.map((message) => message.slice()),
  (codec, count) =>
    codec.daemonToHostBatch(repeated(ENUMERATE, count), repeated(ANSWER, count)).messages.map((each) => each.slice()),
  (codec, count) =>
    codec.daemonToHostBatch(repeated(GET_IP, count), repeated(ANSWER, count)).messages.map((each) => each.slice()),
  (codec, count) => {
    const batch = codec.decodeBatch(repeated(ENUMERATE, count));
    return Array.from({ length: batch.count }, (_, i) => [batch.operation(i), batch.index(i), batch.key(i)]);
  },
  (codec, count) =>
    codec.encodeBatch(repeated({ operation: 1, pool: 0, key: 'k', value: 'v' }, count)).map((each) => each.slice()),
];

/** The same kinds with messages of any size, whose results nobody copies. */
const ROOMY_KINDS: typeof KINDS = [
  (codec, count) => codec.hostToDaemonBatch(repeated(GET_IP, count)),
  (codec, count) => codec.daemonToHostBatch(repeated(GET_IP, count), repeated(ANSWER, count)),
  (codec, count) => codec.decodeBatch(repeated(GET_IP, count)),
  (codec, count) => codec.encodeBatch(repeated({ operation: 1, pool: 0, key: 'k', value: 'v' }, count)),
];

/** A ring that has been written to, so that its ends have taken memory too. */
function aRing(engine: Engine): { free(): void } {
  const ring = createRing(engine, { dataBytes: 12_288 });
  new RingWriter(ring).write(new Uint8Array(8));
  return ring;
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

suite(`codec/batch memory (seed ${seed})`, ({ test }) => {
  test('ten thousand batches of random kinds and sizes fit the default memory', () => {
    const random = new Random(seed);
    const codec = createCodec();
    const runs: ((count: number) => unknown)[] = [
      (count) => codec.hostToDaemonBatch(repeated(random.pick([ENUMERATE, GET_IP]), count)),
      (count) => codec.daemonToHostBatch(repeated(random.pick([ENUMERATE, GET_IP]), count), repeated(ANSWER, count)),
      (count) => codec.decodeBatch(repeated(ENUMERATE, count)),
      (count) => codec.encodeBatch(repeated({ operation: 1, pool: 0, key: 'k', value: 'v' }, count)),
    ];
    for (let round = 0; round < BATCHES; round++) {
      // Small ones between them, so that the test takes no longer than it must.
      const most = random.oneIn(5) ? DOCUMENTED_MESSAGES : 30;
      const count = 1 + random.below(most);
      const outcome = codeOf(() => random.pick(runs)(count));
      if (outcome !== 'ok') throw new Error(`batch ${round} of ${count} messages: ${outcome}`);
    }
  });

  test('batches of random kinds and sizes fit the default memory while rings come and go beside them', () => {
    for (let run = 0; run < 10; run++) {
      const random = new Random(seed + run);
      const engine = createEngine();
      const codec = createCodec({ on: engine });
      const rings: { free(): void }[] = [];
      for (let round = 0; round < 120; round++) {
        const count = random.oneIn(4) ? DOCUMENTED_MESSAGES : 1 + random.below(300);
        const kind = random.below(ROOMY_KINDS.length);
        const outcome = codeOf(() => ROOMY_KINDS[kind]!(codec, count));
        if (outcome !== 'ok')
          throw new Error(
            `run ${run}, round ${round}: kind ${kind}, ${count} messages beside ${rings.length} rings: ${outcome}`,
          );
        if (rings.length < 16 && random.oneIn(3)) rings.push(aRing(engine));
        if (rings.length > 0 && random.oneIn(4)) rings.splice(random.below(rings.length), 1)[0]!.free();
      }
    }
  });

  test('batches that grow by one message fit the default memory', () => {
    const codec = createCodec();
    for (let count = 1; count <= 400; count++) codec.hostToDaemonBatch(repeated(ENUMERATE, count));
  });

  test('inputs that lie in engine memory are read whole when a batch makes room for itself', () => {
    const bytes = 1024 * 1024;
    const codec = createCodec({ memoryBytes: bytes });
    const items = Array.from({ length: 60 }, (_, i) => ({ operation: 1, pool: 0, key: `key ${i}`, value: 'v' }));
    const roomy = createCodec();
    const expected = roomy.hostToDaemonBatch(items.map((item) => roomy.encodeBatch([item])[0]!.slice()));
    codec.daemonToHostBatch(repeated(ENUMERATE, 40), repeated(ANSWER, 40));
    const made = codec.hostToDaemonBatch(codec.encodeBatch(items));
    for (const [i, message] of made.messages.entries())
      assert.ok(Buffer.compare(message, expected.messages[i]!) === 0, `message ${i}`);
  });

  for (const kind of ENGINES) {
    test(`after memory ran out at any allocation a codec works, and a ring beside it is whole, ${kind}`, () => {
      const engine: Engine = createEngine({ engine: kind, bytes: 4 * 1024 * 1024, poison: true });
      const ring = createRing(engine, { dataBytes: 4096 });
      new RingWriter(ring).write(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
      const image = ring.view.slice();
      const expected = KINDS.map((run) => run(createCodec({ engine: kind }), 5));
      const memory = new FailingMemory(engine.memory);
      const codec = createCodec({ on: engine });
      for (const [first, run] of KINDS.entries()) {
        for (let allocation = 1; ; allocation++) {
          run(codec, 1 + (allocation % 3));
          const outcome = memory.failingFrom(allocation, () => codeOf(() => run(codec, 20 * allocation)));
          if (outcome === 'ok') break;
          assert.is(outcome, 'ERR_ENGINE_MEMORY');
          for (const [kindOf, again] of KINDS.entries()) {
            const same = isDeepStrictEqual(again(codec, 5), expected[kindOf]);
            assert.ok(same, `kind ${kindOf} after kind ${first} failed at allocation ${allocation}`);
          }
        }
      }
      assert.equal(ring.view, image);
      assert.equal([...new RingReader(ring).drain()[0]!.payload], [1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test(`a codec, an index or a change finder that cannot be made keeps no memory, ${kind}`, () => {
      const engine = createEngine({ engine: kind, bytes: 4 * 1024 * 1024 });
      const memory = new FailingMemory(engine.memory);
      for (const make of [
        () => createCodec({ on: engine }),
        () => new RecordIndex(engine, 10),
        () => new RecordChanges(engine, 10),
      ]) {
        for (let allocation = 1; ; allocation++) {
          const before = memory.live;
          if (memory.failingFrom(allocation, () => codeOf(make)) === 'ok') break;
          assert.is(memory.live, before);
        }
        assert.is(codeOf(make), 'ok');
      }
    });
  }
});
