import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPools, type PoolChange } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from './pool-directory.js';

const summary = ({ kind, key, oldValue, newValue }: PoolChange) => [kind, key, oldValue, newValue];

async function next(changes: AsyncIterator<PoolChange>) {
  const { value, done } = await changes.next();
  return done ? 'end' : summary(value);
}

suite('pool watch', ({ test }) => {
  test('each change comes with the old and the new value', async () => {
    const directory = poolDirectory();
    const pool = (await openPools(directory)).pool('guest');
    await pool.set('there before', 'x');
    const changes = pool.watch();
    await pool.set('a', '1');
    assert.equal(await next(changes), ['added', 'a', undefined, '1']);
    await pool.set('a', '2');
    assert.equal(await next(changes), ['changed', 'a', '1', '2']);
    await pool.delete('a');
    assert.equal(await next(changes), ['removed', 'a', '2', undefined]);
    // Somebody replaces the file, changes it in place with the same size, and removes it.
    writeFileSync(`${pool.path}.new`, records(['b', '3']));
    renameSync(`${pool.path}.new`, pool.path);
    assert.equal(
      [await next(changes), await next(changes)],
      [
        ['removed', 'there before', 'x', undefined],
        ['added', 'b', undefined, '3'],
      ],
    );
    writeFileSync(pool.path, records(['b', '4']));
    const seen = [await next(changes)];
    // A rewrite may be seen half-way, with the file empty.
    if (seen[0]?.[0] === 'removed') seen[0] = await next(changes);
    assert.is(seen[0]?.[3], '4');
    rmSync(pool.path);
    assert.equal(await next(changes), ['removed', 'b', '4', undefined]);
    await changes.return?.();
  });

  test('without a hint of the system, a look now and then finds the change', async () => {
    const directory = join(poolDirectory(), 'later');
    const reader = (await openPools(directory, { readOnly: true })).pool(0);
    const changes = reader.watch({ pollMs: 10 });
    const first = next(changes);
    await (await openPools(directory, { createDirectory: true })).pool(0).set('a', '1');
    assert.equal(await first, ['added', 'a', undefined, '1']);
    await changes.return?.();
  });

  test('records with one key are told apart by their order', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 0), records(['k', '1'], ['k', '2']));
    const pool = (await openPools(directory)).pool(0);
    const changes = pool.watch({ initial: true });
    assert.equal(
      [await next(changes), await next(changes)],
      [
        ['added', 'k', undefined, '1'],
        ['added', 'k', undefined, '2'],
      ],
    );
    await pool.set('k', '3');
    assert.equal(await next(changes), ['changed', 'k', '1', '3']);
    await changes.return?.();
  });

  test('an abort ends it quietly', async () => {
    const controller = new AbortController();
    const changes = (await openPools(poolDirectory())).pool(0).watch({ signal: controller.signal });
    const end = next(changes);
    controller.abort();
    assert.is(await end, 'end');
  });
});

suite('pool wait', ({ test }) => {
  test('resolves when the value is there and matches', async () => {
    const pool = (await openPools(poolDirectory())).pool(0);
    await pool.set('state', 'starting');
    assert.is(await pool.wait('state'), 'starting');
    const ready = pool.wait('state', { value: /^ready/ });
    const exact = pool.wait('state', { value: 'ready 2' });
    await pool.set('state', 'ready 1');
    assert.is(await ready, 'ready 1');
    await pool.set('state', 'ready 2');
    assert.is(await exact, 'ready 2');
  });

  test('resolves to undefined when the time is over', async () => {
    const pool = (await openPools(poolDirectory())).pool(0);
    assert.is(await pool.wait('never', { timeoutMs: 20 }), undefined);
  });
});
