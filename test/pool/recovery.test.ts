import { openPools, type PoolNotice, type PoolStore } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { Died, MemoryDisk } from './memory-disk.js';
import { type Act, append, azureDelete, azureWrite, clear, type Item, load, stockSet } from './other-writers.js';
import { records } from './pool-directory.js';

const PATH = '/pools/.kvp_pool_1';
const locks = { tryLock: () => true, waitForLock: async () => true, unlock: () => {}, holders: () => '' };

const open = (disk: MemoryDisk, onNotice: (notice: PoolNotice) => void = () => {}, createAll = false) =>
  openPools('/pools', { onNotice, createAll }, { files: disk, wallClock: disk.wallClock, locks });

/** Every next call after every case in test/soak; here they take turns. */
const ALL_CALLS = Number(process.env['HV_KVP_CRASH_ROUNDS'] ?? 1) > 1;

const key = (text: string) => Buffer.from(text);

/** What our writer was doing when it was killed. `to` is the key's value afterwards. */
interface Change {
  key: string;
  to: string | undefined;
  make(pools: PoolStore): Promise<unknown>;
}

const set = (name: string, value: string): Change => ({
  key: name,
  to: value,
  make: (pools) => pools.set(1, key(name), key(value)),
});
const remove = (name: string): Change => ({ key: name, to: undefined, make: (pools) => pools.delete(1, key(name)) });

/** What another program did then, and what it may rely on. */
interface Deed {
  act: Act;
  /** Keys and the values that every reader must see; undefined: no record has the key. */
  expected: Record<string, string | undefined>;
  /** Only the first record of a key was changed. */
  firstOnly?: boolean;
  /** It left only this. */
  only?: boolean;
}

const deedsFor = (start: readonly Item[], change: Change): Record<string, Deed> => {
  const deeds: Record<string, Deed> = {
    nothing: { act: (file) => file, expected: {} },
    'write a new key': { act: azureWrite('theirs', '1'), expected: { theirs: '1' } },
    'append the key': { act: append([change.key, 'appended']), expected: {} },
    'append two keys': { act: append(['t1', '1'], ['t2', '2']), expected: { t1: '1', t2: '2' } },
    clear: { act: clear, expected: {}, only: true },
    load: { act: load(['l1', '1'], [change.key, 'loaded']), expected: { l1: '1', [change.key]: 'loaded' }, only: true },
    'load what was there': { act: load(...start), expected: {} },
  };
  const first = (name: string) => start.find(([each]) => each === name)?.[1];
  const keys = [...new Set([...start.slice(0, 3), ...start.slice(-3)].map(([name]) => name)), change.key];
  for (const name of keys) {
    for (const value of ['foreign', first(name) ?? 'x', change.to ?? 'y', '29']) {
      deeds[`write ${name}=${value}`] = { act: azureWrite(name, value), expected: { [name]: value } };
      deeds[`stock set ${name}=${value}`] = {
        act: stockSet(name, value),
        expected: { [name]: value },
        firstOnly: true,
      };
    }
    deeds[`delete ${name}`] = { act: azureDelete(name), expected: { [name]: undefined } };
    deeds[`delete ${name} and two more`] = {
      act: azureDelete(name, start[1]![0], start.at(-2)![0]),
      expected: { [name]: undefined, [start[1]![0]]: undefined, [start.at(-2)![0]]: undefined },
    };
  }
  return deeds;
};

/** What we do next. */
const NEXT: Record<string, { work(disk: MemoryDisk): Promise<unknown>; sets?: string }> = {
  get: { work: async (disk) => (await open(disk)).get(1, key('any')) },
  set: { work: async (disk) => (await open(disk)).set(1, key('next'), key('n')), sets: 'next' },
  delete: { work: async (disk) => (await open(disk)).delete(1, key('any')) },
  'daemon start': { work: (disk) => open(disk, () => {}, true) },
};

const numbered = (count: number): Item[] => Array.from({ length: count }, (_, n) => [`k${n}`, `${n}`]);

const POOLS: Record<string, { start: Item[]; changes: Change[] }> = {
  'one record': {
    start: [
      ['a', '19'],
      ['z', '0'],
    ],
    changes: [set('a', '20'), set('new', '1'), remove('a')],
  },
  'a few': {
    start: [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
      ['d', '4'],
    ],
    changes: [set('a', '20'), set('d', 'x'), set('new', '1'), remove('a'), remove('b'), remove('d')],
  },
  'a repeated key': {
    start: [
      ['a', '1'],
      ['b', 'x'],
      ['a', '2'],
      ['c', 'y'],
      ['a', '3'],
    ],
    changes: [set('a', 'new'), set('a', '1'), remove('a'), remove('b')],
  },
  'many steps': {
    start: [['a', '1'], ...numbered(60), ['a', '2']],
    changes: [set('a', 'new'), remove('a'), remove('k1')],
  },
};

async function seen(disk: MemoryDisk): Promise<Map<string, string[]>> {
  const values = new Map<string, string[]>();
  for (const entry of await (await open(disk)).pool(1).entries()) {
    values.set(entry.key, [...(values.get(entry.key) ?? []), entry.value]);
  }
  return values;
}

async function killedAt(disk: MemoryDisk, change: Change, call: number): Promise<boolean> {
  const pools = await open(disk);
  await pools.get(1, key('any'));
  disk.arm(call);
  try {
    await change.make(pools);
    return false;
  } catch (error) {
    for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Died) return true;
    throw error;
  }
}

suite('pool recovery among other writers', ({ test }) => {
  for (const [poolName, { start, changes }] of Object.entries(POOLS)) {
    test(
      `${poolName}: killed at every call, another program in between, then our next call: nothing acknowledged is lost`,
      async () => {
        let cases = 0;
        for (const change of changes) {
          const was = start.filter(([name]) => name === change.key).map(([, value]) => value);
          for (const [deedName, deed] of Object.entries(deedsFor(start, change))) {
            for (let call = 0, died = true; died; call++) {
              const turns = Object.entries(NEXT);
              for (const [nextName, next] of ALL_CALLS ? turns : [turns[cases % turns.length]!]) {
                cases++;
                const disk = new MemoryDisk();
                disk.overwrite(PATH, records(...start));
                died = await killedAt(disk, change, call);
                disk.restart();
                const left = disk.contents(PATH);
                const theirs = deed.act(left);
                if (theirs !== left) disk.overwrite(PATH, theirs, 1_000n);
                await next.work(disk);
                const values = await seen(disk);
                const where = `${change.to === undefined ? 'delete' : 'set'} ${change.key}, call ${call}, ${deedName}, ${nextName}`;
                if (next.sets !== undefined) assert.equal(values.get(next.sets), ['n'], where);

                for (const [name, value] of Object.entries(deed.expected)) {
                  const found = values.get(name) ?? [];
                  assert.is(found.at(0), value, `${where}: the first ${name}`);
                  if (!deed.firstOnly) assert.is(found.at(-1), value, `${where}: the last ${name}`);
                }
                if (deedName === 'append the key') assert.is(values.get(change.key)?.at(-1), 'appended', where);
                if (deed.only) {
                  const names = [...Object.keys(deed.expected), ...(next.sets === undefined ? [] : [next.sets])];
                  assert.equal([...values.keys()].sort(), names.sort(), where);
                  continue;
                }
                for (const [name] of start) {
                  if (name === change.key || name in deed.expected) continue;
                  assert.is(
                    values.get(name)?.at(0),
                    start.find(([each]) => each === name)![1],
                    `${where}: ours, ${name}`,
                  );
                }
                if (change.key in deed.expected || deedName === 'load what was there') continue;
                const before = was.length === 0 ? [undefined] : was;
                const possible = died ? [...before, change.to] : [change.to];
                if (deedName === 'append the key' && (change.to === undefined || was.length === 0))
                  possible.push('appended');
                assert.ok(possible.includes(values.get(change.key)?.at(0)), `${where}: ${values.get(change.key)}`);
              }
            }
          }
        }
        console.log(`${poolName}: ${cases} cases`);
      },
      { limit: ALL_CALLS ? 600_000 : 120_000 },
    );
  }

  test('what another program changed after a writer died is said, and that the rest was made', async () => {
    const kinds = new Set<string>();
    for (const [deedName, act] of [
      ['nothing', (file: Uint8Array) => file],
      ['write', azureWrite('b', '5')],
    ] as const) {
      for (let call = 0, died = true; died; call++) {
        const disk = new MemoryDisk();
        disk.overwrite(PATH, records(['a', '1'], ['b', '2'], ['c', '3']));
        died = await killedAt(disk, remove('a'), call);
        disk.restart();
        if (deedName === 'write') disk.overwrite(PATH, act(disk.contents(PATH)));
        const notices: PoolNotice[] = [];
        const pools = await open(disk, (notice) => notices.push(notice));
        await pools.get(1, key('b'));
        await pools.get(1, key('b'));
        assert.ok(notices.length <= 1, 'once');
        for (const { kind, path, text } of notices) {
          assert.is(path, PATH);
          assert.match(text, PATH);
          kinds.add(`${deedName}: ${kind}`);
        }
      }
    }
    assert.equal([...kinds].sort(), ['nothing: finished', 'write: dropped']);
  });
});
