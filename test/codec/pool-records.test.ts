import { encodeRecord, RecordChanges, RecordIndex, recordFlaws } from 'hv-kvp/codec';
import { createEngine } from 'hv-kvp/ring';
import { ENGINES } from '../_support/golden.js';
import { assert, suite } from '../_support/suite.js';

const RECORD = 2560;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function pool(keys: readonly string[]): Uint8Array {
  const file = new Uint8Array(keys.length * RECORD);
  for (const [i, key] of keys.entries()) file.set(encodeRecord({ key, value: `value ${i}` }), i * RECORD);
  return file;
}

for (const kind of ENGINES) {
  const engine = createEngine({ engine: kind });
  suite(`pool records ${kind}`, ({ test }) => {
    test('every key is found, in file order, from pieces added one after another', () => {
      const keys = Array.from({ length: 1000 }, (_, i) => (i % 100 === 99 ? 'twin' : `ключ-${i}`));
      const file = pool(keys);
      const index = new RecordIndex(engine, keys.length);
      const half = 511 * RECORD;
      assert.is(index.add(file.subarray(0, half + 100)), 511);
      assert.is(index.add(file.subarray(half)), 489);
      for (const [i, key] of keys.entries()) assert.ok(index.candidates(bytesOf(key)).includes(i), key);
      assert.equal(index.candidates(bytesOf('twin')), [99, 199, 299, 399, 499, 599, 699, 799, 899, 999]);
      assert.equal(index.candidatesOf([bytesOf('nobody'), new Uint8Array(600)]), [[], []]);
      index.free();
    });
    test('a key ends at its first NUL, whatever lies behind', () => {
      const file = pool(['key']);
      file[100] = 7;
      const index = new RecordIndex(engine, 1);
      index.add(file);
      assert.equal(index.candidates(bytesOf('key')), [0]);
    });
    test('changed records are found once', () => {
      const file = pool(['a', 'b', 'c', 'd']);
      const changes = new RecordChanges(engine, 10);
      assert.equal(changes.update(file), [0, 1, 2, 3]);
      assert.equal(changes.update(file), []);
      file[2 * RECORD + 512] = 0x41;
      // Behind the NUL: no change of the item.
      file[RECORD + 400] = 1;
      assert.equal(changes.update(file), [2]);
      assert.equal(changes.update(file.subarray(RECORD), 1), []);
    });
  });
}

suite('record flaws', ({ test }) => {
  test('each flaw is named', () => {
    const record = pool(['key']);
    assert.equal(recordFlaws(record), []);
    record[300] = 1;
    assert.equal(recordFlaws(record), ['stale-tail']);
    assert.equal(recordFlaws(new Uint8Array(RECORD)), ['empty-key']);
    assert.equal(recordFlaws(new Uint8Array(RECORD).fill(1)), ['key-without-nul', 'value-without-nul']);
  });
});
