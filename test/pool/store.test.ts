import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { openPools, type Pool } from 'hv-kvp/pool';
import { seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

async function rejection(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'nothing';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const pairs = async (pool: Pool) => (await pool.entries()).map(({ key, value }) => [key, value]);

suite('pool store', ({ test }) => {
  test('a record is what protocol.md 9.13 shows, zero to its end', async () => {
    const directory = poolDirectory();
    const pools = await openPools(directory);
    await pools.pool('external').set('Foo', 'Bär');
    const file = readFileSync(poolPath(directory, 0));
    assert.is(file.length, 2560);
    assert.is(file.subarray(0, 3).toString('hex'), '466f6f');
    assert.is(file.subarray(512, 516).toString('hex'), '42c3a472');
    assert.ok(file.subarray(3, 512).every((byte) => byte === 0) && file.subarray(516).every((byte) => byte === 0));
  });

  test('a modified record keeps nothing of a longer value', async () => {
    const directory = poolDirectory();
    const pool = (await openPools(directory)).pool(0);
    await pool.set('key', 'a secret that is long');
    await pool.set('key', 'b');
    assert.not.ok(readFileSync(poolPath(directory, 0)).includes('secret'));
    assert.not.ok(readFileSync(join(directory, '.hv-kvp-journal_0')).includes('secret'), 'nor does the journal');
  });

  test('any sequence of operations means what a list means, for two stores and a foreign writer', async () => {
    const key = fc.constantFrom('a', 'b', 'ab', 'A', 'ä', 'k'.repeat(511));
    const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant('v'.repeat(2047)));
    const clean = (text: string) => text.replaceAll('\0', '');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, value: value.map(clean) }),
      fc.record({ kind: fc.constant('delete' as const), key, value: fc.constant('') }),
      fc.record({ kind: fc.constant('foreign append' as const), key, value: value.map(clean) }),
      fc.record({ kind: fc.constant('foreign rewrite' as const), key, value: value.map(clean) }),
    );
    const seed = seedOfRun();
    console.log(`seed ${seed}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 25 }), async (steps) => {
        const directory = poolDirectory();
        const stores = [await openPools(directory), await openPools(directory)] as const;
        let model: [string, string][] = [];
        for (const [{ kind, key, value }, second] of steps) {
          const pool = stores[second ? 1 : 0].pool(1);
          const place = model.findIndex(([name]) => name === key);
          if (kind === 'set') {
            await pool.set(key, value);
            if (place < 0) model.push([key, value]);
            else {
              model[place] = [key, value];
              model = model.filter(([name], index) => name !== key || index === place);
            }
          } else if (kind === 'delete') {
            assert.is(await pool.delete(key), model.filter(([name]) => name === key).length);
            model = model.filter(([name]) => name !== key);
          } else {
            if (kind === 'foreign append') model.push([key, value]);
            else model = model.map(([name], index) => [index === 0 ? key : name, value]);
            writeFileSync(poolPath(directory, 1), records(...model));
          }
          const expected = model.find(([name]) => name === key)?.[1];
          assert.is(await stores[0].pool(1).get(key), expected);
          assert.is(await stores[1].pool(1).get(key), expected);
        }
        assert.equal(
          await pairs(stores[0].pool(1)),
          model.filter(([name, text]) => name !== '' || text !== ''),
        );
        for (const [index, [name, text]] of model.entries()) {
          const record = await stores[1].at(1, index);
          assert.is(Buffer.from(record!.key).toString(), name);
          assert.is(Buffer.from(record!.value).toString(), text);
        }
        assert.is(await stores[1].at(1, model.length), undefined);
        await Promise.all(stores.map((store) => store.close()));
      }),
      { seed, numRuns: 60 },
    );
  });

  test('keys match whole and exactly, never by prefix or case', async () => {
    const pool = (await openPools(poolDirectory())).pool(0);
    await pool.setMany([
      ['abcdef', '1'],
      ['ABC', '2'],
    ]);
    assert.is(await pool.get('abc'), undefined);
    assert.is(await pool.delete('ab'), 0);
    await pool.set('abc', '3');
    assert.equal(await pairs(pool), [
      ['abcdef', '1'],
      ['ABC', '2'],
      ['abc', '3'],
    ]);
  });

  test('DELETE removes every record with the key; GET takes the first, or the last', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 0), records(['twin', '1'], ['other', 'o'], ['twin', '2'], ['twin', '3']));
    const pool = (await openPools(directory)).pool(0);
    assert.is(await pool.get('twin'), '1');
    assert.is(await pool.get('twin', { last: true }), '3');
    assert.is(await pool.get('other', { last: true }), 'o');
    assert.is(await pool.get('none', { last: true }), undefined);
    assert.equal(
      (await pool.entriesOf('twin')).map(({ index, value }) => [index, value]),
      [
        [0, '1'],
        [2, '2'],
        [3, '3'],
      ],
    );
    assert.is(await pool.delete('twin'), 3);
    assert.equal(await pairs(pool), [['other', 'o']]);
  });

  for (const value of ['new', '1', '3']) {
    test(`after a set of a repeated key to "${value}" every reader sees it, whichever record it takes`, async () => {
      const directory = poolDirectory();
      const far = Array.from({ length: 60 }, (_, n): [string, string] => [`k${n}`, 'v']);
      writeFileSync(poolPath(directory, 0), records(['a', 'x'], ['twin', '1'], ['twin', '2'], ...far, ['twin', '3']));
      const pool = (await openPools(directory)).pool(0);
      await pool.set('twin', value);
      assert.equal(readFileSync(poolPath(directory, 0)), records(['a', 'x'], ['twin', value], ...far));
      assert.is(await pool.get('twin', { last: true }), value);
      await pool.set('k59', 'w');
      assert.is(await pool.get('k59'), 'w', 'the index follows');
    });
  }

  test('a set of the value that stands there is a write: the file has a time of now', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    writeFileSync(path, records(['a', '1'], ['b', '2']));
    utimesSync(path, 1_000_000, 1_000_000);
    const start = Date.now();
    const pools = await openPools(directory);
    await pools.pool(0).set('b', '2');
    assert.ok(statSync(path).mtimeMs >= start - 1_000);
    utimesSync(path, 1_000_000, 1_000_000);
    await pools.set(0, Buffer.from('a'), Buffer.from('1'));
    assert.ok(statSync(path).mtimeMs >= start - 1_000);
    assert.equal(readFileSync(path), records(['a', '1'], ['b', '2']));
  });

  test('full-width fields without NUL are read, found, kept by a DELETE of another record, and removed', async () => {
    const directory = poolDirectory();
    const [key, value] = ['k'.repeat(512), 'v'.repeat(2048)];
    writeFileSync(poolPath(directory, 0), records(['first', '1'], [key, value], ['last', '2']));
    const pools = await openPools(directory);
    const pool = pools.pool(0);
    assert.is(await pool.get(key), value);
    assert.is(await pool.delete('first'), 1);
    assert.equal(await pairs(pool), [
      [key, value],
      ['last', '2'],
    ]);
    await pools.set(0, Buffer.from(key), Buffer.from('w'.repeat(2048)));
    assert.is(await pool.get(key), 'w'.repeat(2048));
    assert.is(await pool.delete(key), 1);
  });

  test('bytes behind a NUL stay where they are when another record is removed', async () => {
    const directory = poolDirectory();
    const odd = records(['gone', ''], ['odd\0tail', 'value\0with\0tails']);
    writeFileSync(poolPath(directory, 0), odd);
    await (await openPools(directory)).pool(0).delete('gone');
    assert.equal(readFileSync(poolPath(directory, 0)), odd.subarray(2560));
  });

  test('invalid UTF-8 hides nothing', async () => {
    const directory = poolDirectory();
    writeFileSync(
      poolPath(directory, 0),
      records(['a', '1'], [Buffer.from('ff41', 'hex'), Buffer.from('80')], ['b', '2']),
    );
    const entries = await (await openPools(directory)).pool(0).entries();
    assert.equal(
      entries.map(({ key, valid }) => [key, valid]),
      [
        ['a', true],
        ['\ufffdA', false],
        ['b', true],
      ],
    );
    assert.is(Buffer.from(entries[1]!.keyBytes).toString('hex'), 'ff41');
  });

  test('a partial record is not a record: kept by SET and DELETE, replaced by a new record', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    const partial = Buffer.from('half a record');
    writeFileSync(path, Buffer.concat([records(['a', '1'], ['b', '2']), partial]));
    const pool = (await openPools(directory)).pool(0);
    assert.equal(await pairs(pool), [
      ['a', '1'],
      ['b', '2'],
    ]);
    await pool.set('b', '3');
    await pool.delete('a');
    assert.equal(readFileSync(path).subarray(2560), partial);
    await pool.set('c', '4');
    assert.equal(readFileSync(path), records(['b', '3'], ['c', '4']));
  });

  test('what cannot be stored is refused with a typed error and changes nothing', async () => {
    const directory = poolDirectory();
    const pool = (await openPools(directory)).pool(0);
    await pool.set('a', '1');
    const before = readFileSync(poolPath(directory, 0));
    assert.is(await rejection(pool.set('', 'x')), 'ERR_POOL_KEY');
    assert.is(await rejection(pool.set('k'.repeat(512), 'x')), 'ERR_LIMIT_KEY');
    assert.is(await rejection(pool.set('ä'.repeat(256), 'x')), 'ERR_LIMIT_KEY');
    assert.is(await rejection(pool.set('k', 'v'.repeat(2048))), 'ERR_LIMIT_VALUE');
    assert.is(await rejection(pool.set('a\0b', 'x')), 'ERR_POOL_KEY');
    assert.is(await rejection(pool.set('a', 'x\0y')), 'ERR_POOL_VALUE');
    assert.is(await rejection(pool.set('a\ud800', 'x')), 'ERR_POOL_KEY');
    assert.is(await rejection(pool.get('k'.repeat(513))), 'ERR_LIMIT_KEY');
    assert.is(
      await rejection(
        pool.setMany([
          ['b', '2'],
          ['c', '\0'],
        ]),
      ),
      'ERR_POOL_VALUE',
    );
    assert.equal(readFileSync(poolPath(directory, 0)), before);
  });

  test('an index outside the pool is past the end, whatever its size', async () => {
    const pools = await openPools(poolDirectory());
    await pools.pool(0).set('a', '1');
    for (const index of [1, -1, -2, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff, 2 ** 53]) {
      assert.is(await pools.at(0, index), undefined, `${index}`);
    }
  });

  test('read-only creates nothing and refuses changes', async () => {
    const directory = poolDirectory();
    const pools = await openPools(directory, { readOnly: true });
    assert.equal(await pools.pool('guest').entries(), []);
    assert.is(await pools.pool('guest').get('a'), undefined);
    assert.is(await rejection((async () => pools.pool('guest').set('a', '1'))()), 'ERR_POOL_READ_ONLY');
    assert.is(await rejection((async () => pools.pool('guest').delete('a'))()), 'ERR_POOL_READ_ONLY');
    assert.equal(readdirSync(directory), []);
    assert.not.ok(existsSync(join(directory, 'none')));
    await openPools(join(directory, 'none'), { readOnly: true });
    assert.not.ok(existsSync(join(directory, 'none')));
  });

  test('files have the stock mode by default and the one that is asked for', async () => {
    const mask = process.umask(0o022);
    try {
      const [usual, secret] = [poolDirectory(), poolDirectory()];
      await openPools(usual, { createAll: true });
      await openPools(secret, { createAll: true, mode: 0o600 });
      for (let number = 0; number < 5; number++) {
        assert.is(statSync(poolPath(usual, number)).mode & 0o777, process.platform === 'freebsd' ? 0o600 : 0o644);
        assert.is(statSync(poolPath(secret, number)).mode & 0o777, 0o600);
      }
    } finally {
      process.umask(mask);
    }
  });

  test('durability disk stores the same bytes', async () => {
    const directory = poolDirectory();
    const pool = (await openPools(directory, { durability: 'disk' })).pool(0);
    await pool.setMany([
      ['a', '1'],
      ['b', '2'],
    ]);
    await pool.delete('a');
    assert.equal(readFileSync(poolPath(directory, 0)), records(['b', '2']));
  });

  test('a loop of calls lets timers run', async () => {
    const pool = (await openPools(poolDirectory())).pool(0);
    let ran = false;
    setTimeout(() => (ran = true), 1);
    for (let n = 0; !ran && n < 1_000_000; n++) await pool.set('k', `${n}`);
    assert.ok(ran);
  });

  test('calls at once are carried out in their order', async () => {
    const pool = (await openPools(poolDirectory())).pool(0);
    const calls = Array.from({ length: 200 }, (_, index) => pool.set(`k${index % 10}`, `${index}`));
    await Promise.all(calls);
    assert.equal(
      await pairs(pool),
      Array.from({ length: 10 }, (_, index) => [`k${index}`, `${190 + index}`]),
    );
  });
});
