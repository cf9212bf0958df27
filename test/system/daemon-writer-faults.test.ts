/** C of the stock daemon's fault list: other programs lock, read and append to the pools. */
import { spawn } from 'node:child_process';
import { readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { FAIL, type HarmedGuest, RECORD_BYTES, record, withHarmedGuest } from '../_support/harmed-guest.js';
import { get, remove, set, textAt } from '../_support/key-value-requests.js';
import { hold, LOCKS, type LockKind, release } from '../_support/lock-holder.js';
import * as machine from '../_support/private-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';
import { ended, firstLine, script } from '../pool/processes.js';

/** 400 appends, paced so that the host's requests come between them. */
const appenderCode = (kind: LockKind) =>
  `import fcntl,sys,time\nprint('on',flush=True)\nfor i in range(400):\n  with open(sys.argv[1],'ab') as f:\n    ${LOCKS[kind]}EX)\n` +
  `    f.write(('append-%d'%i).encode().ljust(512,b'\\0')+('value %d'%i).encode().ljust(2048,b'\\0'))\n    f.flush()\n    ${LOCKS[kind]}UN)\n  time.sleep(0.001)`;

const pool = (count: number) => Buffer.concat(Array.from({ length: count }, (_, n) => record(`kept${n}`, `${n}`)));

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const guest = (count: number, work: (guest: HarmedGuest) => Promise<void>) =>
    withHarmedGuest(device, { prepare: (_, path) => writeFileSync(path(1), pool(count)) }, work);

  suite('hv-kvp-daemon among other writers', ({ test, after }) => {
    after(() => served.close());

    for (const [row, kind] of [
      ['C01', 'flock'],
      ['C02', 'fcntl'],
    ] as const) {
      test(`${row}: a write lock (${kind}) of another process is honoured: the request waits for it`, async () => {
        await guest(0, async ({ status, items, path }) => {
          const holder = await hold(path(1), kind, 'EX');
          const answer = status(set(1, 'ours', '2'));
          await release(holder);
          assert.is(await answer, 0);
          // What the holder wrote under its lock is there, and nothing lies over it.
          assert.equal(await items(1), [
            ['holder', '1'],
            ['ours', '2'],
          ]);
        });
      });

      test(`${row}: a write lock (${kind}) that is never released fails requests on its pool, and no other`, async () => {
        await guest(1, async ({ status, path }) => {
          const holder = await hold(path(1), kind, 'EX');
          assert.is(await status(set(1, 'ours', '2')), FAIL);
          assert.is(await status(get(1, 'kept0')), FAIL);
          assert.ok(readFileSync(path(1)).equals(pool(1)));
          for (const other of [0, 3, 4]) assert.is(await status(set(other, 'meanwhile', '1')), 0);
          await release(holder);
          assert.is(await status(set(1, 'ours', '2')), 0);
        });
      });
    }

    test('C03: a user without privileges who holds a read lock delays writes to that pool, and nothing else', async () => {
      await guest(1, async ({ ask, status, path }) => {
        const nobody = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'];
        for (const kind of ['fcntl', 'flock'] as const) {
          const holder = await hold(path(1), kind, 'SH', nobody);
          assert.is(await status(set(1, 'ours', '2')), FAIL);
          assert.is(textAt(await ask(get(1, 'kept0')), 528), '0');
          assert.is(await status(set(0, 'meanwhile', '1')), 0);
          await release(holder);
        }
        assert.is(await status(set(1, 'ours', '2')), 0);
      });
    });

    for (const kind of ['flock', 'fcntl'] as const) {
      test(
        `C04: 400 appends of another program under ${kind} during SETs of the host: none is lost, none misread`,
        async () => {
          await guest(0, async ({ status, items, path }) => {
            const appender = spawn('/usr/bin/python3', ['-c', appenderCode(kind), path(1)], {
              stdio: ['ignore', 'pipe', 'pipe'],
            });
            let running = true;
            const result = ended(appender).finally(() => (running = false));
            await firstLine(appender);
            let rounds = 0;
            for (; running || rounds < 50; rounds++) {
              assert.is(await status(set(1, 'passing', `${rounds}`)), 0);
              assert.is(await status(set(1, `host-${rounds % 50}`, `${rounds}`)), 0);
              assert.is(await status(remove(1, 'passing')), 0);
            }
            const { code, stderr } = await result;
            assert.is(code, 0, stderr);
            const found = await items(1);
            const appended = found.filter(([key]) => key.startsWith('append-'));
            assert.equal(
              appended,
              Array.from({ length: 400 }, (_, n) => [`append-${n}`, `value ${n}`]),
            );
            assert.is(found.length, 400 + 50);
            console.log(`${rounds} rounds of the host during the appends`);
          });
        },
        { limit: 120_000 },
      );
    }

    for (const [row, count, rounds] of [
      ['C05', 1_000, 300],
      ['C07', 10_000, 300],
    ] as const) {
      test(`${row}: a reader without locks never finds ${count} records incomplete while SETs run`, async () => {
        await guest(count, async ({ status, path }) => {
          const args = [script('./pool-lockless-reader.js', import.meta.url), path(1), `${count}`];
          const reader = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
          await firstLine(reader);
          for (let round = 0; round < rounds; round++) {
            assert.is(await status(set(1, `kept${round % count}`, `changed ${round}`)), 0);
            assert.is(statSync(path(1)).size, count * RECORD_BYTES);
          }
          const result = ended(reader);
          unlinkSync(path(1));
          const { stdout } = await result;
          console.log(stdout.trim());
          const { reads, missing, partial } = JSON.parse(stdout) as Record<string, number>;
          assert.equal({ missing, partial }, { missing: 0, partial: 0 });
          assert.ok(reads! > 0);
        });
      });
    }
  });
}
