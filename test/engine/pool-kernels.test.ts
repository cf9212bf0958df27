/** A record is entered under the hash that its key is looked up by, at every length and on every engine. */
import { EnginePair } from '../_support/engine-pair.js';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const RECORD_BYTES = 2560;
const KEY_BYTES = 512;
const seed = seedOfRun();

suite(`engine/pool kernels (seed ${seed})`, ({ test }) => {
  test('what stands behind a key, in its record or in memory, is no part of its hash', () => {
    const random = new Random(seed);
    const pair = new EnginePair();
    const record = pair.area(RECORD_BYTES);
    const key = pair.area(KEY_BYTES + 16);
    const hashes = pair.area(16, { output: true });
    const prints = pair.area(16, { output: true });
    const changed = pair.area(16, { output: true });
    for (let length = 0; length <= KEY_BYTES; length++) {
      const bytes = Uint8Array.from({ length }, () => 1 + random.below(255));
      pair.fill(record, 1 + random.below(255));
      pair.put(record, bytes);
      if (length < KEY_BYTES) pair.put(record, Uint8Array.of(0), length);
      pair.put(record, Uint8Array.of(0), KEY_BYTES + random.below(2048));
      pair.fill(key, random.below(256));
      pair.put(key, bytes);
      const asked = pair.run((engine) => engine.hashKey(key.address, length));
      pair.run((engine) => {
        engine.recordHashes(record.address, 1, hashes.address);
        return 0;
      });
      const [entered] = new Int32Array(pair.bytes(hashes).slice(0, 4).buffer);
      assert.is(entered, asked, `${length} bytes`);
      const print = (): number =>
        pair.run((engine) => engine.recordFingerprints(record.address, 1, prints.address, changed.address));
      assert.is(print(), 1);
      assert.is(print(), 0, 'nothing changed');
    }
  });

  test('a NUL behind a key makes another hash: such a key is in no record', () => {
    const pair = new EnginePair();
    const key = pair.area(64);
    pair.fill(key, 0);
    pair.put(key, Buffer.from('key'));
    const hash = (bytes: number): number => pair.run((engine) => engine.hashKey(key.address, bytes));
    assert.is(new Set([3, 4, 5, 16, 17].map(hash)).size, 5);
  });
});
