/** Payloads out of chunks, however the stream is cut. */
import { encodeKvpRequest, encodeNegotiateRequest, readPayloads, version } from 'hv-kvp/codec';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';
import { hexOf } from '../_support/vector-hex.js';

const payloads = [
  encodeNegotiateRequest({ frameworks: [version(3)], messages: [version(4)] }),
  encodeKvpRequest({ operation: 2, pool: 0, key: 'Foo' }),
  encodeKvpRequest({ operation: 9, pool: 0, body: new Uint8Array(3) }),
];
const padded = (payload: Uint8Array) => Buffer.concat([payload, new Uint8Array(-payload.length & 7)]);
const codeOf = (code: string, offset: number) => (error: { code?: string; offset?: number }) =>
  error.code === code && error.offset === offset;

async function collect(chunks: Iterable<Uint8Array>, options = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const payload of readPayloads(chunks, options)) found.push(hexOf(payload));
  return found;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.unreachable('it should have failed'),
    (error: unknown) => error,
  );
}

function* cut(stream: Uint8Array, random: Random): Generator<Uint8Array> {
  for (let at = 0; at < stream.length; ) {
    const next = at + random.below(random.pick([2, 20, 4_000]));
    yield stream.subarray(at, next);
    at = next;
  }
}

const seed = seedOfRun();

suite(`codec/payload-stream (seed ${seed})`, ({ test }) => {
  test('the same payloads come out wherever the chunks end, with and without padding', async () => {
    const random = new Random(seed);
    const expected = payloads.map(hexOf);
    for (let round = 0; round < 50; round++) {
      assert.equal(await collect(cut(Buffer.concat(payloads), random)), expected);
      assert.equal(await collect(cut(Buffer.concat(payloads.map(padded)), random), { alignment: 8 }), expected);
    }
    assert.equal(await collect([]), []);
    const unpaddedEnd = Buffer.concat([padded(payloads[0]!), payloads[2]!]);
    assert.equal(await collect([unpaddedEnd], { alignment: 8 }), [expected[0], expected[2]]);
  });

  test('a stream that ends early, is no stream of payloads, or asks for too much', async () => {
    const [first, second] = payloads as [Uint8Array, Uint8Array];
    const short = await rejection(collect([first, second.subarray(0, 5)]));
    assert.ok(codeOf('ERR_CODEC_SHORT', first.length + 5)(short as object));
    const foreign = await rejection(collect([first, new Uint8Array(20).fill(7)]));
    assert.ok(codeOf('ERR_CODEC_PIPE', first.length)(foreign as object));
    const huge = new Uint8Array(8);
    new DataView(huge.buffer).setUint32(0, 1, true);
    new DataView(huge.buffer).setUint32(4, 0xffffffff, true);
    assert.ok(codeOf('ERR_CODEC_PIPE', 4)((await rejection(collect([huge]))) as object));
    assert.ok(
      codeOf(
        'ERR_CODEC_PIPE',
        first.length + 4,
      )((await rejection(collect([first, second], { maxBytes: 100 }))) as object),
    );
  });
});
