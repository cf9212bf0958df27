import { readTrace, type TracePacket } from 'hv-kvp/codec';
import { createEngine, createRing, RingWriter } from 'hv-kvp/ring';
import { assert, suite } from '../_support/suite.js';

const payloads = [0, 1, 8, 100, 2608].map((length) => new Uint8Array(length).fill(length & 0x7f));

/** A trace is what a writer leaves in a ring. */
function trace(): Uint8Array {
  const ring = createRing(createEngine({ engine: 'js', bytes: 1024 * 1024 }), { dataBytes: 8192 });
  const writer = new RingWriter(ring);
  writer.writeBatch(payloads, { transactionLow: 5, transactionHigh: 6 });
  return ring.view.slice(4096, 4096 + writer.writeIndex);
}

async function read(chunks: Iterable<Uint8Array>, options = {}): Promise<TracePacket[]> {
  const packets: TracePacket[] = [];
  for await (const packet of readTrace(chunks, options)) packets.push(packet);
  return packets;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

suite('trace of packets', ({ test }) => {
  test('packets come whole from chunks of any size', async () => {
    const bytes = trace();
    for (const size of [1, 7, 16, 17, 1000, bytes.length]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const packets = await read(chunks);
      assert.equal(
        packets.map(({ payload, transactionLow, transactionHigh }) => [
          payload.length,
          transactionLow,
          transactionHigh,
        ]),
        payloads.map(({ length }) => [Math.ceil(length / 8) * 8, 5, 6]),
      );
      for (const [i, { payload }] of packets.entries()) {
        assert.is(Buffer.compare(payload.subarray(0, payloads[i]!.length), payloads[i]!), 0);
      }
    }
  });
  test('a cut trace, an impossible descriptor and a packet too large are errors', async () => {
    const bytes = trace();
    assert.is(await codeOf(read([bytes.subarray(0, bytes.length - 1)])), 'ERR_RING_TRUNCATED');
    assert.is(await codeOf(read([bytes.subarray(0, 10)])), 'ERR_RING_TRUNCATED');
    assert.is(await codeOf(read([bytes], { maxPacketBytes: 2600 })), 'ERR_RING_PACKET_TOO_LARGE');
    const wrong = bytes.slice();
    wrong[2] = 1;
    assert.is(await codeOf(read([wrong])), 'ERR_RING_DESCRIPTOR');
    assert.equal(await read([]), []);
  });
});
