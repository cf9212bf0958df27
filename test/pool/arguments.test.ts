import { MisuseError } from 'hv-kvp';
import { openPools, type Pool, type PoolStore, poolNumber } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory } from './pool-directory.js';

const VALUES = [
  NaN,
  -1,
  1.5,
  2 ** 31,
  2 ** 32 + 5,
  2 ** 53,
  5n,
  undefined,
  null,
  {},
  [],
  'text',
  true,
  () => {},
  Symbol('s'),
];
const describe = (value: unknown) => (typeof value === 'bigint' ? `${value}n` : String(value));

type Call = (store: PoolStore, pool: Pool, value: never) => unknown;
interface Argument {
  name: string;
  call: Call;
  /** Values of the list that are good here. */
  good?: (value: unknown) => boolean;
}

const is =
  (...types: string[]) =>
  (value: unknown) =>
    types.includes(typeof value);
const isText = is('string');
const absent = (value: unknown) => value === undefined;
const key = Buffer.from('k');

const ARGUMENTS: Argument[] = [
  { name: 'pool', call: (store, _pool, value) => store.get(value, key) },
  { name: 'pool', call: (store, _pool, value) => store.set(value, key, key) },
  { name: 'pool', call: (store, _pool, value) => store.delete(value, key) },
  { name: 'pool', call: (store, _pool, value) => store.at(value, 0) },
  { name: 'key', call: (store, _pool, value) => store.get(0, value) },
  { name: 'key', call: (store, _pool, value) => store.set(0, value, key) },
  { name: 'value', call: (store, _pool, value) => store.set(0, key, value) },
  { name: 'key', call: (store, _pool, value) => store.delete(0, value) },
  { name: 'index', call: (store, _pool, value) => store.at(0, value), good: Number.isInteger },
  { name: 'pool', call: (store, _pool, value) => store.pool(value), good: is('string', 'number') },
  { name: 'pool', call: (_store, _pool, value) => poolNumber(value), good: is('string', 'number') },
  { name: 'key', call: (_store, pool, value) => pool.get(value), good: isText },
  { name: 'key', call: (_store, pool, value) => pool.getBytes(value), good: isText },
  { name: 'key', call: (_store, pool, value) => pool.entriesOf(value), good: isText },
  { name: 'key', call: (_store, pool, value) => pool.set(value, 'v'), good: isText },
  { name: 'value', call: (_store, pool, value) => pool.set('k', value), good: isText },
  { name: 'items', call: (_store, pool, value) => pool.setMany(value), good: Array.isArray },
  { name: 'item', call: (_store, pool, value) => pool.setMany([value]), good: Array.isArray },
  { name: 'key', call: (_store, pool, value) => pool.delete(value), good: isText },
  { name: 'key', call: (_store, pool, value) => pool.wait(value, { timeoutMs: 0 }), good: isText },
  {
    name: 'timeoutMs',
    call: (_store, pool, value) => pool.wait('k', { timeoutMs: value, value: 'never', signal: AbortSignal.abort() }),
    good: (value) => absent(value) || (Number.isInteger(value) && (value as number) >= 0),
  },
  {
    name: 'value',
    call: (_store, pool, value) => pool.wait('k', { value, timeoutMs: 0 }),
    good: (value) => absent(value) || isText(value),
  },
  { name: 'pollMs', call: (_store, pool, value) => void pool.watch({ pollMs: value }).return?.(), good: absent },
  {
    name: 'initial',
    call: (_store, pool, value) => void pool.watch({ initial: value }).return?.(),
    good: (value) => absent(value) || value === true,
  },
  { name: 'signal', call: (_store, pool, value) => void pool.watch({ signal: value }).return?.(), good: absent },
  { name: 'signal', call: (_store, pool, value) => pool.get('k', { signal: value }), good: absent },
  { name: 'signal', call: (_store, pool, value) => pool.set('k', 'v', { signal: value }), good: absent },
  { name: 'signal', call: (_store, pool, value) => pool.entries({ signal: value }), good: absent },
  { name: 'signal', call: (_store, pool, value) => pool.check({ signal: value }), good: absent },
  {
    name: 'last',
    call: (_store, pool, value) => pool.get('k', { last: value }),
    good: (value) => absent(value) || value === true,
  },
  { name: 'duplicates', call: (_store, pool, value) => pool.repair({ duplicates: value }), good: absent },
  {
    name: 'replaceInvalid',
    call: (_store, pool, value) => pool.repair({ replaceInvalid: value }),
    good: (value) => absent(value) || value === true,
  },
  {
    name: 'keys',
    call: (_store, pool, value) => pool.repair({ keys: value }),
    good: (value) => absent(value) || Array.isArray(value),
  },
  { name: 'keys', call: (_store, pool, value) => pool.repair({ keys: [value] }), good: isText },
  { name: 'directory', call: (_store, _pool, value) => openPools(value), good: isText },
  ...['readOnly', 'createAll', 'createDirectory'].map(
    (name): Argument => ({
      name,
      call: (store, _pool, value) => openPools(store.directory, { [name]: value }),
      good: (value) => absent(value) || value === true,
    }),
  ),
  {
    name: 'durability',
    call: (store, _pool, value) => openPools(store.directory, { durability: value }),
    good: absent,
  },
  { name: 'mode', call: (store, _pool, value) => openPools(store.directory, { mode: value }), good: absent },
  {
    name: 'lockTimeoutMs',
    call: (store, _pool, value) => openPools(store.directory, { lockTimeoutMs: value }),
    good: absent,
  },
  {
    name: 'onNotice',
    call: (store, _pool, value) => openPools(store.directory, { onNotice: value }),
    good: (value) => absent(value) || typeof value === 'function',
  },
];

async function misuse(call: () => unknown): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error instanceof MisuseError ? error.message : `not a MisuseError: ${error}`;
  }
}

suite('pool arguments', ({ test }) => {
  test('what is not of the right kind is a MisuseError that names the argument, and nothing is written', async () => {
    const store = await openPools(poolDirectory());
    const pool = store.pool(0);
    await pool.set('k', 'v');
    const before = await pool.bytes();
    for (const { name, call, good = () => false } of ARGUMENTS) {
      for (const value of VALUES) {
        if (good(value)) continue;
        const message = await misuse(() => call(store, pool, value as never));
        assert.ok(message?.startsWith(`${name} is `), `${call}: ${describe(value)}: ${message}`);
      }
    }
    assert.equal(await pool.bytes(), before);
  });

  test('a key or value in text where bytes belong writes nothing', async () => {
    const store = await openPools(poolDirectory());
    const wrong = store as unknown as { set(pool: number, key: string, value: string): Promise<void> };
    assert.match((await misuse(() => wrong.set(1, 'seed', 'x'))) ?? '', 'key is a Uint8Array');
    assert.is((await store.pool(1).bytes()).length, 0);
  });
});
