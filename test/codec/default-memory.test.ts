import { createCodec, encodeKvpRequest } from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';

const V8_COLLECTS_AT_BYTES = 32 * 1024 * 1024;
const VERSIONS = { framework: { major: 3, minor: 0 }, version: { major: 4, minor: 0 } };

suite('default memory', ({ test }) => {
  test('it holds batches of a thousand messages both ways, and is too small to make V8 collect garbage', () => {
    const codec = createCodec();
    assert.ok(codec.engine.memory.buffer.byteLength < V8_COLLECTS_AT_BYTES);
    const requests = Array<Uint8Array>(1000).fill(encodeKvpRequest({ operation: 3, pool: 2, index: 1 }));
    const answers = Array<Uint8Array>(1000).fill(new Uint8Array(7432));
    assert.is(codec.hostToDaemonBatch(requests).faults.size, 0);
    assert.is(codec.daemonToHostBatch(requests, answers).faults.size, 0);
    assert.is(codec.decodeBatch(requests).count, 1000);
    assert.is(codec.encodeBatch(Array(1000).fill({ operation: 3, pool: 2, index: 1 }), VERSIONS).length, 1000);
  });

  test('a batch beyond it is refused with what to do', () => {
    const requests = Array<Uint8Array>(4096).fill(encodeKvpRequest({ operation: 3, pool: 2, index: 1 }));
    assert.throws(() => createCodec().hostToDaemonBatch(requests), /more memory/);
    assert.is(createCodec({ memoryBytes: 64 * 1024 * 1024 }).hostToDaemonBatch(requests).faults.size, 0);
  });
});
