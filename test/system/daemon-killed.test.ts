/** C06 of the stock daemon's fault list: the daemon is killed at any moment while a host changes a large pool. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { RECORD_BYTES, record, withHarmedGuest } from '../_support/harmed-guest.js';
import { get, remove, set } from '../_support/key-value-requests.js';
import type { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { Random } from '../_support/random.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const RECORDS = 10_000;
const KILLS = Number(process.env['HV_KVP_KILLS'] ?? 40);
const LONGEST_LIFE_MS = 8;

type Pool = Map<string, string>;

interface Change {
  message: Uint8Array;
  applyTo(pool: Pool): unknown;
}

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });

  suite('hv-kvp-daemon, killed', ({ test, after }) => {
    after(() => served.close());

    test(
      `C06: ${KILLS} times during changes of ${RECORDS} records: nothing that was there or acknowledged is lost`,
      async () => {
        const seed = Number(process.env['HV_KVP_SEED'] ?? 20_261_123);
        console.log(`seed ${seed}`);
        const random = new Random(seed);
        let pool: Pool = new Map(Array.from({ length: RECORDS }, (_, n) => [`kept${n}`, `${n}`]));
        const prepare = (_: string, path: (pool: number) => string) =>
          writeFileSync(path(1), Buffer.concat([...pool].map(([key, value]) => record(key, value))));
        let done = 0;
        await withHarmedGuest(device, { prepare }, async (guest) => {
          for (let round = 0; round < KILLS; round++) {
            const cut = await changeUntilKilled(device, guest.daemon, random, pool);
            await guest.restart();
            // The first request on a pool finishes what was cut.
            assert.is(await guest.status(get(1, 'kept0')), 0);
            const found = poolOf(readFileSync(guest.path(1)));
            const after = new Map(pool);
            cut?.applyTo(after);
            if (!same(found, pool)) {
              assert.ok(same(found, after), `kill ${round}: neither before nor after the change that was cut`);
              done++;
            }
            pool = found;
          }
        });
        console.log(`${done} of ${KILLS} changes that a kill left unanswered were made`);
      },
      { limit: 200_000 },
    );
  });
}

/** Changes the pool through the daemon, noting in `pool` what it acknowledged, until it is dead; the change it left. */
async function changeUntilKilled(
  device: RegisteringDevice,
  daemon: OurDaemon,
  random: Random,
  pool: Pool,
): Promise<Change | undefined> {
  setTimeout(() => daemon.process.kill('SIGKILL'), random.below(LONGEST_LIFE_MS));
  for (;;) {
    const change = anyChange(random, pool);
    try {
      const answer = await device.request(change.message);
      assert.is(Buffer.from(answer).readUInt32LE(0), 0);
    } catch (error) {
      await daemon.ended;
      if (error instanceof Error && error.message === 'the daemon closed the device') return change;
      if (error instanceof Error && error.message === 'no daemon is registered') return undefined;
      throw error;
    }
    change.applyTo(pool);
  }
}

/** SET of a record that is there or a new one, or a removal; kept0 stays for the end. */
function anyChange(random: Random, pool: Pool): Change {
  const key = random.below(2) === 0 ? `kept${1 + random.below(RECORDS - 1)}` : `new${random.below(3)}`;
  if (pool.has(key) && random.below(3) === 0)
    return { message: remove(1, key), applyTo: (changed) => changed.delete(key) };
  const value = `${random.below(1e9)} ${'v'.repeat(random.below(2000))}`;
  return { message: set(1, key, value), applyTo: (changed) => changed.set(key, value) };
}

function poolOf(file: Buffer): Pool {
  assert.is(file.length % RECORD_BYTES, 0);
  const pool: Pool = new Map();
  for (let at = 0; at < file.length; at += RECORD_BYTES) {
    const key = textAt(file, at);
    assert.not.ok(pool.has(key), `${key} is there twice`);
    pool.set(key, textAt(file, at + 512));
  }
  return pool;
}

function textAt(file: Buffer, at: number): string {
  return file.toString('utf8', at, file.indexOf(0, at));
}

function same(one: Pool, other: Pool): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}
