import { closeSync, ftruncateSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { openPools } from 'hv-kvp/pool';
import { KeyIndex } from '#internal';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

const RECORD = 2560;
/** Files of 256 MB on a busy machine. */
const LONG = { limit: 120_000 };

/** A pool of `count` equal records. */
function pool(count: number, record: Uint8Array) {
  const directory = poolDirectory();
  const bytes = Buffer.alloc(count * RECORD);
  for (let slot = 0; slot < count; slot++) bytes.set(record, slot * RECORD);
  writeFileSync(poolPath(directory, 0), bytes);
  return directory;
}

function sparse(count: number): string {
  const directory = poolDirectory();
  const fd = openSync(poolPath(directory, 0), 'w');
  ftruncateSync(fd, count * RECORD);
  closeSync(fd);
  return directory;
}

suite('pool index of equal keys', ({ test }) => {
  test('a key is found in its first place, whatever was added and removed before', () => {
    const index = new KeyIndex();
    const model: number[] = [];
    for (let n = 0; n < 3_000; n++) {
      const hash = n % 7 === 0 ? 5 : n % 11;
      index.append(hash);
      model.push(hash);
      if (n % 250 !== 249) continue;
      const gone = [3, 50, 51, n - 60];
      index.remove(gone);
      for (const slot of gone.toReversed()) model.splice(slot, 1);
      for (let wanted = 0; wanted < 12; wanted++) {
        const expected = model.flatMap((each, slot) => (each === wanted ? [slot] : []));
        assert.equal([...index.slots(wanted)], expected, `hash ${wanted} after ${n}`);
      }
    }
    assert.is(index.count, model.length);
  });

  test('10,000,000 of one hash are added and the first is found at once', () => {
    const index = new KeyIndex();
    for (let n = 0; n < 10_000_000; n++) index.append(42);
    assert.is(index.slots(42).next().value, 0);
  });

  for (const [name, record] of [
    ['equal keys', records(['event', 'value'])],
    ['empty slots', records(['', ''])],
  ] as const) {
    test(
      `100,000 ${name}: found, changed, checked and removed`,
      async () => {
        const directory = pool(100_000, record);
        const store = await openPools(directory);
        const first = store.pool(0);
        assert.is(await first.get('event'), name === 'equal keys' ? 'value' : undefined);
        assert.is((await first.check()).length, name === 'equal keys' ? 99_999 : 100_000);
        await first.set('other', '1');
        assert.is(await first.get('other'), '1');
        if (name === 'equal keys') await first.set('event', 'one');
        else await first.repair();
        const expected = name === 'equal keys' ? [['event', 'one']] : [];
        assert.equal(
          (await first.entries()).map(({ key, value }) => [key, value]),
          [...expected, ['other', '1']],
        );
      },
      LONG,
    );
  }
});

suite('pool of 1,000,000 records', ({ test }) => {
  test(
    'a load lets timers run, can be cancelled, and the pool works afterwards',
    async () => {
      const directory = sparse(1_000_000);
      const first = (await openPools(directory)).pool(0);
      for (const call of ['get', 'set', 'entries', 'check'] as const) {
        const controller = new AbortController();
        const options = { signal: controller.signal };
        let ticks = 0;
        const timer = setInterval(() => {
          if (++ticks === 3) controller.abort(new Error('enough'));
        }, 1);
        const work =
          call === 'set'
            ? first.set('k', 'v', options)
            : call === 'get'
              ? first.get('k', options)
              : first[call](options);
        assert.is(
          await Promise.resolve(work).then(
            () => 'an end',
            (error) => error.message,
          ),
          'enough',
          call,
        );
        clearInterval(timer);
      }
      truncateSync(poolPath(directory, 0), 10 * RECORD);
      await first.set('k', 'v');
      assert.is(await first.get('k'), 'v');
    },
    LONG,
  );
});
