import { openPools } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { Died, MemoryDisk } from './memory-disk.js';

const PATH = '/pools/.kvp_pool_1';
const JOURNAL = '/pools/.hv-kvp-journal_1';
const locks = { tryLock: () => true, waitForLock: async () => true, unlock: () => {}, holders: () => '' };
/** More of both in test/soak. */
const ROUNDS = Number(process.env['HV_KVP_CRASH_ROUNDS'] ?? 1);

type Durability = 'none' | 'disk';

const open = (disk: MemoryDisk, durability: Durability = 'none') =>
  openPools('/pools', { durability }, { files: disk, wallClock: disk.wallClock, locks });

async function contents(disk: MemoryDisk, readOnly = false): Promise<string> {
  const pools = await openPools('/pools', { readOnly }, { files: disk, wallClock: disk.wallClock, locks });
  const entries = await pools.pool(1).entries();
  return entries.map(({ key, value }) => `${key}=${value}`).join('\n');
}

type Change = (pool: ReturnType<Awaited<ReturnType<typeof openPools>>['pool']>) => Promise<unknown>;

const long = (letter: string) => letter.repeat(2000);
const CHANGES: Record<string, (records: number) => Change> = {
  'SET new': () => (pool) => pool.set('new', long('n')),
  'SET first': () => (pool) => pool.set('k0', long('x')),
  'SET last': (records) => (pool) => pool.set(`k${records - 1}`, long('x')),
  'SET shorter': () => (pool) => pool.set('k0', 'short'),
  'DELETE first': () => (pool) => pool.delete('k0'),
  'DELETE middle': (records) => (pool) => pool.delete(`k${records >> 1}`),
  'DELETE last': (records) => (pool) => pool.delete(`k${records - 1}`),
  'DELETE twins': () => (pool) => pool.delete('twin'),
};

/** Written as another program would, so that twins are possible. */
function poolBytes(records: number): Uint8Array {
  const bytes = Buffer.alloc(records * 2560);
  for (let slot = 0; slot < records; slot++) {
    const key = slot % 20 === 7 ? 'twin' : `k${slot}`;
    bytes.write(key, slot * 2560);
    bytes.write(`${long('v')}${slot}`, slot * 2560 + 512);
  }
  return bytes;
}

/** Where a kernel cuts a write when it kills the process: before it, and where one page ends; some of these. */
function cuts(write: { position: number; length: number } | undefined): number[] {
  if (write === undefined) return [0];
  const first = 4096 - (write.position % 4096);
  const pages = Array.from({ length: Math.ceil(write.length / 4096) }, (_, page) => first + page * 4096);
  const places = pages.filter((at) => at < write.length);
  return [0, ...new Set([places.at(0), places.at(places.length >> 1), places.at(-1)])].filter((at) => at !== undefined);
}

async function diedDuring(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Died) return true;
    throw error;
  }
}

async function sweep(records: number, name: string, kill: (disk: MemoryDisk, call: number, cut: number) => void) {
  const durability = kill === dieOnly ? 'none' : 'disk';
  const change = CHANGES[name]!(records);
  const start = poolBytes(records);

  const fresh = () => {
    const disk = new MemoryDisk();
    disk.overwrite(PATH, start);
    return disk;
  };
  const whole = fresh();
  const before = await contents(whole);
  const pools = await open(whole, durability);
  await pools.pool(1).entries();
  whole.arm();
  await change(pools.pool(1));
  const [calls, writes] = [whole.calls, new Map(whole.writes)];
  const after = await contents(whole);

  let cases = 0;
  for (let call = 0; call < calls; call++) {
    for (const cut of cuts(writes.get(call))) {
      const disk = fresh();
      const victim = await open(disk, durability);
      await victim.pool(1).entries();
      disk.arm(call, cut);
      const died = await diedDuring(change(victim.pool(1)));
      kill(disk, call, cut);
      const seen = await contents(disk, true);
      const result = await contents(disk);
      assert.is(seen, result, 'a reader that may not write sees the same');
      if (!died) assert.is(result, after, `acknowledged, then lost: call ${call}, cut ${cut}`);
      else
        assert.ok(result === before || result === after, `${name} neither before nor after: call ${call}, cut ${cut}`);
      assert.is(await contents(disk), result, 'a second look finds the same');
      cases++;
    }
  }
  assert.ok(cases >= calls && calls > 0);
}

const dieOnly = (disk: MemoryDisk) => disk.restart();

suite('pool crash', ({ test }) => {
  for (const records of [1, 50, 51, 80]) {
    test(`killed at every call and cut in every write, ${records} records`, async () => {
      for (const name of Object.keys(CHANGES)) await sweep(records, name, dieOnly);
    });
  }

  test(
    'power lost at every call with any part of the unflushed sectors',
    async () => {
      let state = 0x2545f491;
      console.log(`seed ${state}`);
      const keep = () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state & 1) === 0;
      };
      for (let round = 0; round < ROUNDS; round++) {
        for (const records of [1, 51, 80]) {
          for (const name of Object.keys(CHANGES)) await sweep(records, name, (disk) => disk.losePower(keep));
        }
      }
    },
    { limit: 20_000 * ROUNDS },
  );

  test('a journal left by a dead process does not undo what others wrote since', async () => {
    for (const name of Object.keys(CHANGES)) {
      const start = poolBytes(51);
      const change = CHANGES[name]!(51);
      for (let call = 0; ; call++) {
        const disk = new MemoryDisk();
        disk.overwrite(PATH, start);
        const victim = await open(disk);
        await victim.pool(1).entries();
        disk.arm(call);
        const died = await diedDuring(change(victim.pool(1)));
        disk.restart();
        if (!died) break;
        // Another program rewrites every value, as the stock daemon would with one SET after the other.
        const theirs = Buffer.from(disk.contents(PATH));
        for (let at = 0; at + 2560 <= theirs.length; at += 2560) theirs.write(`theirs ${at}\0`, at + 512);
        disk.overwrite(PATH, theirs);
        const pools = await open(disk);
        const values = (await pools.pool(1).entries()).map(({ value }) => value);
        assert.is(values.length, Math.floor(theirs.length / 2560), `${name}, call ${call}`);
        assert.ok(
          values.every((value, slot) => value === `theirs ${slot * 2560}`),
          `${name}, call ${call}`,
        );
      }
    }
  });

  test('a foreign append after a removal was cut short is kept', async () => {
    const start = poolBytes(130);
    for (let call = 0; ; call++) {
      const disk = new MemoryDisk();
      disk.overwrite(PATH, start);
      const victim = await open(disk);
      await victim.pool(1).entries();
      disk.arm(call);
      const died = await diedDuring(victim.pool(1).delete('k0'));
      disk.restart();
      if (!died) break;
      const extra = Buffer.alloc(2560);
      extra.write('appended', 0);
      extra.write('by cloud-init', 512);
      disk.overwrite(PATH, Buffer.concat([disk.contents(PATH), extra]));
      const pools = await open(disk);
      const keys = (await pools.pool(1).entries()).map(({ key }) => key);
      assert.is(keys.at(-1), 'appended', `call ${call}`);
      for (let slot = 1; slot < 130; slot++) {
        const key = slot % 20 === 7 ? 'twin' : `k${slot}`;
        assert.ok(keys.includes(key), `${key} is lost, call ${call}`);
      }
      assert.ok(keys.length === 131 || keys.length === 130, `${keys.length} records, call ${call}`);
    }
  });

  test('the journal holds nothing once the change is done', async () => {
    for (const name of Object.keys(CHANGES)) {
      const disk = new MemoryDisk();
      disk.overwrite(PATH, poolBytes(130));
      const pools = await open(disk);
      await CHANGES[name]!(130)(pools.pool(1));
      assert.ok(
        disk.contents(JOURNAL).every((byte) => byte === 0),
        name,
      );
    }
  });

  test('a full disk refuses the change and leaves the pool as it was', async () => {
    for (const name of Object.keys(CHANGES)) {
      for (const space of [0, 1, 2559, 5000, 7000, 100_000, 1_000_000]) {
        const disk = new MemoryDisk();
        disk.overwrite(PATH, poolBytes(130));
        const pools = await open(disk);
        const before = await contents(disk);
        disk.space = space;
        let failed = false;
        try {
          await CHANGES[name]!(130)(pools.pool(1));
        } catch (error) {
          failed = true;
          assert.is((error as { code: string }).code, 'ERR_POOL_IO');
        }
        const after = await contents(disk);
        if (failed) assert.is(after, before, `${name} with ${space} bytes left`);
        else assert.is.not(after, before);
        assert.is(disk.contents(PATH).length % 2560, 0);
      }
    }
  });
});
