/** A slot that was encoded into before, or holds anything at all, comes out as a new one does. */

import { createCodec, type EncodeItem } from 'hv-kvp/codec';
import { table } from '#internal';
import { EnginePair } from '../_support/engine-pair.js';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const PAYLOAD_BYTES = 2608;
const POISON = 0xa5;
const ROUNDS = 3_000;
/** Around the vectors' 8 units, the loops' thresholds and the fields' ends. */
const KEY_UNITS = [-1, 0, 1, 7, 8, 9, 30, 31, 32, 33, 200, 247, 248, 254, 255];
const VALUE_UNITS = [-1, 0, 1, 7, 8, 9, 60, 127, 128, 129, 344, 351, 352, 353, 360, 500, 1008, 1015, 1022, 1023];
const TYPES = [1, 2, 4, 8, 11];
const seed = seedOfRun();

suite(`engine/encode slots (seed ${seed})`, ({ test }) => {
  test('used and poisoned slots leave no byte in a payload, on every engine', () => {
    const random = new Random(seed);
    const pair = new EnginePair();
    const arena = pair.area(4096);
    const output = { output: true };
    const slots = [0, 1, 2].map(() => ({
      record: pair.area(table.ENCODE_RECORD_BYTES, output),
      target: pair.area(PAYLOAD_BYTES, output),
    }));
    const [used, poisoned, fresh] = slots;
    pair.put(
      arena,
      Uint8Array.from({ length: 4096 }, () => 1 + random.below(255)),
    );
    for (const { record, target } of slots) {
      pair.fill(record, 0);
      pair.fill(target, 0);
      pair.word(record.address + table.ENCODE_TARGET, target.address);
    }
    for (let round = 0; round < ROUNDS; round++) {
      const operation = random.below(4);
      const words: [field: number, value: number][] = [
        [table.ENCODE_OPERATION, operation],
        [table.ENCODE_POOL, random.below(256)],
        [table.ENCODE_INDEX, random.below(2 ** 32)],
        [table.ENCODE_TYPE, random.pick(TYPES)],
        [table.ENCODE_KEY, random.below(16)],
        [table.ENCODE_KEY_UNITS, operation === 2 ? random.pick(KEY_UNITS.slice(1)) : random.pick(KEY_UNITS)],
        [table.ENCODE_VALUE, random.below(16)],
        [table.ENCODE_VALUE_UNITS, random.pick(VALUE_UNITS)],
        [table.ENCODE_TRANSACTION, random.below(256)],
      ];
      for (const { record } of slots) for (const [field, value] of words) pair.word(record.address + field, value);
      pair.fill(fresh!.target, 0);
      pair.fill(poisoned!.target, POISON);
      for (const [slot, low, high] of [
        [fresh!, 0, 0],
        [poisoned!, table.DIRTY_UNKNOWN_LOW, table.DIRTY_UNKNOWN_HIGH],
      ] as const) {
        pair.word(slot.record.address + table.ENCODE_DIRTY_LOW, low);
        pair.word(slot.record.address + table.ENCODE_DIRTY_HIGH, high);
      }
      for (const { record } of slots) {
        pair.run((engine) => {
          engine.encodeBatch(record.address, 1, arena.address);
          return 0;
        });
      }
      for (const [name, slot] of Object.entries({ used, poisoned })) {
        const same = Buffer.compare(pair.bytes(slot!.target), pair.bytes(fresh!.target)) === 0;
        assert.ok(same, `${name} slot, round ${round}, ${JSON.stringify(words)}`);
      }
    }
  });

  for (const engine of ['wasm', 'wasm-scalar', 'js'] as const) {
    test(`${engine}: a short batch after a longer one of long texts is what a new codec makes`, () => {
      const codec = createCodec({ engine });
      const long: EncodeItem[] = Array.from({ length: 6 }, (_, i) => ({
        operation: i % 2 === 0 ? 1 : 3,
        pool: 4,
        index: 7,
        key: 'é'.repeat(255),
        value: 'é'.repeat(1023),
      }));
      const short: EncodeItem[] = [
        { operation: 0, pool: 1, key: 'k' },
        { operation: 1, pool: 0, key: 'key', value: 'value' },
        { operation: 2, pool: 0, key: 'key' },
        { operation: 3, pool: 2, index: 1 },
        { operation: 1, pool: 0, key: '', value: 7n },
      ];
      const copies = (of: ReturnType<typeof createCodec>, items: EncodeItem[]): Uint8Array[] =>
        of.encodeBatch(items).map((payload) => payload.slice());
      copies(codec, long);
      const again = copies(codec, short);
      assert.is(again.length, short.length);
      assert.equal(again, copies(createCodec({ engine }), short));
    });
  }
});
