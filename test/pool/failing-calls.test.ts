import { KvpError } from 'hv-kvp';
import { openPools, type PoolNotice, type PoolStore } from 'hv-kvp/pool';
import type { PoolFiles } from '#internal';
import { assert, suite } from '../_support/suite.js';
import { MemoryDisk } from './memory-disk.js';
import { records } from './pool-directory.js';

const PATH = '/pools/.kvp_pool_1';
const JOURNAL = '/pools/.hv-kvp-journal_1';
const locks = { tryLock: () => true, waitForLock: async () => true, unlock: () => {}, holders: () => '' };

const START = records(['a', '1'], ...Array.from({ length: 60 }, (_, n): [string, string] => [`k${n}`, 'v'.repeat(9)]), [
  'a',
  '2',
]);
const CHANGES: Record<string, (store: PoolStore) => Promise<unknown>> = {
  'set new': (store) => store.pool(1).set('new', 'n'),
  'set of one record': (store) => store.pool(1).set('k0', 'x'),
  'set of the same value': (store) => store.pool(1).set('k0', 'v'.repeat(9)),
  'set of a repeated key': (store) => store.pool(1).set('a', 'x'),
  delete: (store) => store.pool(1).delete('k0'),
  'delete the last': (store) => store.pool(1).delete('k59'),
  setMany: (store) =>
    store.pool(1).setMany([
      ['k1', 'x'],
      ['k2', 'y'],
      ['new', 'z'],
    ]),
};

/** The calls of the disk from number `from` on fail, `times` of them. `reached` tells that one did. */
function failing(disk: MemoryDisk, from: number, times: number): { files: PoolFiles; reached(): boolean } {
  let call = 0;
  const files = new Proxy(disk, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (name === 'bootId') return member.bind(target);
      return (...args: unknown[]) => {
        call++;
        if (call >= from && call < from + times) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return member.apply(target, args);
      };
    },
  });
  return { files, reached: () => call >= from };
}

const text = async (disk: MemoryDisk) => {
  const store = await openPools('/pools', { readOnly: true }, { files: disk, wallClock: disk.wallClock, locks });
  return (await store.pool(1).entries()).map(({ key, value }) => `${key}=${value}`).join();
};

function fresh(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.overwrite(PATH, START);
  return disk;
}

suite('pool changes whose file calls fail', ({ test }) => {
  for (const times of [1, 2, 1_000]) {
    test(
      `${times} failing calls from any call on: an error says what became of the pool, and success is true`,
      async () => {
        const seen = new Set<string>();
        for (const [name, change] of Object.entries(CHANGES)) {
          const whole = fresh();
          const before = await text(whole);
          await change(await openPools('/pools', {}, { files: whole, wallClock: whole.wallClock, locks }));
          const after = await text(whole);
          for (let from = 1, failed = true; failed; from++) {
            const disk = fresh();
            const { files, reached } = failing(disk, from, times);
            const store = await openPools('/pools', {}, { files, wallClock: disk.wallClock, locks });
            let error: unknown;
            await change(store).catch((reason: unknown) => (error = reason));
            const now = await text(disk);
            const where = `${name}, calls from ${from}: ${error}`;
            failed = reached();
            if (error === undefined) {
              assert.is(now, after, `${where} acknowledged, but not made`);
              continue;
            }
            assert.instance(error, KvpError, where);
            const { message } = error as KvpError;
            assert.not.match(message, /, ;|: ,|, ,/, where);
            assert.ok((message.match(/; the (change|rest)/g) ?? []).length <= 1, `${where}: one outcome`);
            if (/the change was not made/.test(message)) {
              if (!/items were set/.test(message)) assert.is(now, before, where);
              seen.add('not made');
            } else if (/the rest of the change is made when the pool is used again/.test(message)) {
              assert.is(now, after, where);
              seen.add('made later');
            } else if (/made or undone/.test(message)) {
              if (name !== 'setMany') assert.ok(now === before || now === after, where);
            } else if (name !== 'setMany') {
              assert.is(now, before, where);
            }
          }
        }
        assert.ok(seen.has('not made'));
        if (times > 1) assert.ok(seen.has('made later'));
      },
      { limit: 60_000 },
    );
  }

  test('a set whose journal cannot be emptied is made, and says that the journal stays', async () => {
    const disk = fresh();
    const notices: PoolNotice[] = [];
    const files: PoolFiles = new Proxy(disk, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name === 'write') {
          return (fd: number, bytes: Uint8Array, at: number) => {
            if (bytes.every((byte) => byte === 0)) throw Object.assign(new Error('EIO'), { code: 'EIO' });
            target.write(fd, bytes, at);
          };
        }
        if (name === 'truncate') {
          return () => {
            throw Object.assign(new Error('EIO'), { code: 'EIO' });
          };
        }
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const onNotice = (notice: PoolNotice) => notices.push(notice);
    const store = await openPools('/pools', { onNotice }, { files, wallClock: disk.wallClock, locks });
    await store.pool(1).set('k0', 'x');
    assert.ok(disk.contents(JOURNAL).some((byte) => byte !== 0));
    assert.equal(
      notices.map(({ kind }) => kind),
      ['journal-stays'],
    );
    assert.is(await store.pool(1).get('k0'), 'x');
    const other = await openPools('/pools', {}, { files: disk, wallClock: disk.wallClock, locks });
    assert.is(await other.pool(1).get('k0'), 'x');
    assert.ok(
      disk.contents(JOURNAL).every((byte) => byte === 0),
      'who can, empties it',
    );
  });

  test('setMany says how many items were set when one fails', async () => {
    const disk = fresh();
    const store = await openPools('/pools', {}, { files: disk, wallClock: disk.wallClock, locks });
    await store.pool(1).set('k0', 'x');
    disk.space = 2_560;
    const error = await store
      .pool(1)
      .setMany([
        ['n1', '1'],
        ['n2', '2'],
        ['n3', '3'],
      ])
      .catch((reason) => reason);
    assert.is(error.code, 'ERR_POOL_IO');
    assert.match(error.message, '1 of 3 items were set');
    assert.equal([await store.pool(1).get('n1'), await store.pool(1).get('n2')], ['1', undefined]);
  });
});
