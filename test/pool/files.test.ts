import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openPools } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  return { code: 'nothing', message: '' };
}

suite('pool files changed by others', ({ test }) => {
  test('replaced by rename: the new file is read and written', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    const pool = (await openPools(directory)).pool(0);
    await pool.set('old', '1');
    writeFileSync(`${path}.new`, records(['new', '2']));
    renameSync(`${path}.new`, path);
    assert.is(await pool.get('old'), undefined);
    await pool.set('third', '3');
    assert.equal(readFileSync(path), records(['new', '2'], ['third', '3']));
  });

  test('removed: empty, and created again by the next SET', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    const pool = (await openPools(directory)).pool(0);
    await pool.set('a', '1');
    rmSync(path);
    assert.equal(await pool.entries(), []);
    assert.is(await pool.delete('a'), 0);
    await pool.set('b', '2');
    assert.equal(readFileSync(path), records(['b', '2']));
  });

  test('its journal removed: the next SET makes another', async () => {
    const directory = poolDirectory();
    const pool = (await openPools(directory)).pool(0);
    await pool.set('a', '1');
    rmSync(join(directory, '.hv-kvp-journal_0'));
    await pool.set('a', '2');
    assert.ok(statSync(join(directory, '.hv-kvp-journal_0')).isFile());
  });

  test('truncated to nothing, cut, and grown', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    const pool = (await openPools(directory)).pool(0);
    await pool.setMany([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    truncateSync(path, 2560 * 2);
    assert.is(await pool.get('c'), undefined);
    appendFileSync(path, records(['d', '4']));
    assert.is(await pool.get('d'), '4');
    truncateSync(path, 0);
    assert.is(await pool.get('a'), undefined);
    await pool.set('e', '5');
    assert.equal(readFileSync(path), records(['e', '5']));
  });

  test('changed in place with the same size right after our own write', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    const pool = (await openPools(directory)).pool(0);
    for (let round = 0; round < 200; round++) {
      await pool.set('ours', `${round}`);
      writeFileSync(path, records([`theirs${round}`, 'x']));
      assert.is(await pool.get(`theirs${round}`), 'x', `round ${round}`);
      assert.is(await pool.get('ours'), undefined);
      writeFileSync(path, records(['ours', '']));
    }
  });

  test('changed in place with the same size and times put back', async () => {
    const directory = poolDirectory();
    const path = poolPath(directory, 0);
    writeFileSync(path, records(['before', '1']));
    const pool = (await openPools(directory)).pool(0);
    assert.is(await pool.get('before'), '1');
    const { atime, mtime } = statSync(path);
    writeFileSync(path, records(['after', '2']));
    utimesSync(path, atime, mtime);
    assert.is(await pool.get('after'), '2');
  });
});

suite('not a pool file', ({ test }) => {
  test('a directory, a symlink, a dangling one and a FIFO are refused; the other pools work', async () => {
    const directory = poolDirectory();
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    mkdirSync(poolPath(directory, 0));
    symlinkSync(victim, poolPath(directory, 1));
    execFileSync('mkfifo', [poolPath(directory, 2)]);
    symlinkSync(join(directory, 'nowhere'), poolPath(directory, 3));
    const pools = await openPools(directory, { createAll: true });
    assert.equal([...pools.failures.keys()], [0, 1, 2, 3]);
    for (const number of [0, 1, 2, 3]) {
      for (const work of [
        pools.pool(number).set('a', '1'),
        pools.pool(number).get('a'),
        pools.pool(number).delete('a'),
      ]) {
        const { code, message } = await failure(work);
        assert.is(code, 'ERR_POOL_FILE', `pool ${number}: ${message}`);
        assert.match(message, poolPath(directory, number));
      }
    }
    await pools.pool(4).set('a', '1');
    assert.is(await pools.pool(4).get('a'), '1');
    assert.is(readFileSync(victim, 'utf8'), 'precious');
  });

  test('a journal that is a symlink or a FIFO is not followed', async () => {
    const directory = poolDirectory();
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(directory, '.hv-kvp-journal_0'));
    execFileSync('mkfifo', [join(directory, '.hv-kvp-journal_1')]);
    const pools = await openPools(directory);
    assert.ok((await failure(pools.pool(0).set('a', '1'))).code.startsWith('ERR_POOL_'));
    assert.ok((await failure(pools.pool(1).set('a', '1'))).code.startsWith('ERR_POOL_'));
    assert.is(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(await pools.pool(1).entries(), []);
  });
});
