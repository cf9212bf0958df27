import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { openPools, type RepairOptions } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

const DAMAGED = Buffer.concat([
  records(
    ['clean', '1'],
    ['stale\0key tail', 'v\0value tail'],
    ['', ''],
    ['twin', 'first'],
    ['Twin', 'by case'],
    ['twin', 'second'],
    ['k'.repeat(512), 'full key'],
    ['full value', 'v'.repeat(2048)],
    [Buffer.from([0xff]), Buffer.from([0x62, 0xc3])],
    ['long', 'w'.repeat(1023)],
  ),
  Buffer.from('partial'),
]);

async function damaged() {
  const directory = poolDirectory();
  const path = poolPath(directory, 0);
  writeFileSync(path, DAMAGED);
  const pool = (await openPools(directory)).pool(0);
  return { directory, path, pool };
}

suite('pool check', ({ test }) => {
  test('names every kind of finding and its record', async () => {
    const { pool, path } = await damaged();
    const findings = (await pool.check()).map(({ kind, index }) => `${index} ${kind}`);
    assert.equal(findings, [
      '1 stale-tail',
      '2 empty-slot',
      '4 case-twin',
      '5 duplicate',
      '6 unterminated',
      '6 over-limit',
      '7 unterminated',
      '7 over-limit',
      '8 invalid-utf8',
      '8 cut-text',
      '9 over-limit',
      '10 partial-record',
    ]);
    assert.equal(readFileSync(path), DAMAGED);
  });

  test('a clean pool, an empty one and none at all have nothing to find', async () => {
    const pools = await openPools(poolDirectory());
    await pools.pool(0).set('a', '1');
    assert.equal(await pools.pool(0).check(), []);
    assert.equal(await pools.pool(1).check(), []);
    assert.equal(await pools.pool(1).repair(), { findings: [], backup: undefined });
  });
});

suite('pool repair', ({ test }) => {
  const mended = async (options: RepairOptions) => {
    const { pool, directory } = await damaged();
    const { backup } = await pool.repair(options);
    assert.equal(readFileSync(backup!), DAMAGED);
    assert.equal(
      readdirSync(directory).filter((name) => name.startsWith('.kvp_pool_')),
      ['.kvp_pool_0'],
    );
    const entries = await pool.entries();
    assert.is(await pool.get(entries.at(-1)!.keyBytes), entries.at(-1)!.value, 'the index follows');
    return {
      keys: entries.map(({ key }) => key.slice(0, 10)),
      left: (await pool.check()).map(({ kind }) => kind),
      entries,
    };
  };

  test('cleans, takes out what holds no text, and keeps every text', async () => {
    const { keys, left } = await mended({});
    assert.equal(keys, ['clean', 'stale', 'twin', 'Twin', 'twin', 'kkkkkkkkkk', 'full value', '\ufffd', 'long']);
    assert.not.ok(left.some((kind) => ['stale-tail', 'empty-slot', 'partial-record'].includes(kind)));
  });

  test('keeps the first or the last of several records with one key, when asked', async () => {
    const first = (await mended({ duplicates: 'first', keys: ['twin'] })).entries.filter(({ key }) => key === 'twin');
    assert.equal(
      first.map(({ value }) => value),
      ['first'],
    );
    const last = (await mended({ duplicates: 'last', keys: ['twin'] })).entries.filter(({ key }) => key === 'twin');
    assert.equal(
      last.map(({ value }) => value),
      ['second'],
    );
  });

  test('changes no repeated and no cut record that is not named', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    const kept = records(
      ['report', 'first\0stale'],
      ['report', Buffer.from('80', 'hex')],
      ['cut', Buffer.from('6261c3', 'hex')],
      [Buffer.from('6bc3', 'hex'), '1'],
    );
    writeFileSync(path, kept);
    const pool = (await openPools(directory)).pool(0);
    for (const options of [{}, { duplicates: 'last' }, { replaceInvalid: true }] as RepairOptions[]) {
      assert.is((await pool.repair({ ...options, keys: ['other'] })).backup, undefined);
      assert.equal(readFileSync(path), kept);
    }
    await pool.repair({ duplicates: 'last', replaceInvalid: true, keys: ['report', 'cut'] });
    assert.equal(
      readFileSync(path),
      records(['report', '\ufffd'], ['cut', 'ba\ufffd'], [Buffer.from('6bc3', 'hex'), '1']),
    );
  });

  test('replaces what is not UTF-8, when asked', async () => {
    const { left, entries } = await mended({ replaceInvalid: true, keys: [Buffer.from([0xff])] });
    assert.not.ok(left.includes('invalid-utf8') || left.includes('cut-text'));
    assert.is(entries.find(({ key }) => key === '\ufffd')!.value, 'b\ufffd');
  });

  test('of a pool of many steps moves every record', async () => {
    const directory = poolDirectory();
    const items = Array.from({ length: 450 }, (_, n): [string, string] => [
      n % 3 === 0 ? '' : `k${n}`,
      n % 3 === 0 ? '' : `${n}`,
    ]);
    writeFileSync(poolPath(directory, 0), records(...items));
    await (await openPools(directory)).pool(0).repair();
    assert.equal(readFileSync(poolPath(directory, 0)), records(...items.filter(([key]) => key !== '')));
  });
});
