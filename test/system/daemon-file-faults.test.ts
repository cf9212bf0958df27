/** B of the stock daemon's fault list: what befalls pool files and their disk, before and while the daemon runs. */
import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { DISK_FULL, FAIL, NO_MORE_ITEMS, RECORD_BYTES, record, withHarmedGuest } from '../_support/harmed-guest.js';
import { enumerate, get, itemOf, remove, set, textAt } from '../_support/key-value-requests.js';
import * as machine from '../_support/private-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';
import { firstLine } from '../pool/processes.js';

/** Takes every block of a disk that becomes free. */
const THIEF =
  "import sys\nf=open(sys.argv[1],'ab',buffering=0)\nwhile True:\n  try: f.write(b'x'*512)\n  except OSError: break\nprint('full',flush=True)\nwhile True:\n  try: f.write(b'x'*512)\n  except OSError: pass";

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });

  suite('hv-kvp-daemon and the fates of pool files', ({ test, after }) => {
    after(() => served.close());

    test('B01, B02: a partial record is ignored, and nothing of it shows in the next', async () => {
      const prepare = (directory: string) =>
        writeFileSync(join(directory, '.kvp_pool_0'), Buffer.concat([record('a', '1'), Buffer.alloc(700, 0x5a)]));
      await withHarmedGuest(device, { prepare }, async ({ status, items, path }) => {
        assert.equal(await items(0), [['a', '1']]);
        assert.is(await status(set(0, 'b', '2')), 0);
        assert.ok(readFileSync(path(0)).equals(Buffer.concat([record('a', '1'), record('b', '2')])));
      });
    });

    test('B03: a file that was replaced by a rename is followed', async () => {
      await withHarmedGuest(device, {}, async ({ ask, status, path }) => {
        await status(set(1, 'old', '1'));
        writeFileSync(`${path(1)}.new`, record('new', '2'));
        renameSync(`${path(1)}.new`, path(1));
        assert.equal(itemOf(await ask(enumerate(1, 0))), ['new', '2']);
        assert.is(await status(set(1, 'more', '3')), 0);
        assert.ok(readFileSync(path(1)).equals(Buffer.concat([record('new', '2'), record('more', '3')])));
      });
    });

    test('B04, B05: a file that was removed or emptied is an empty pool, and is made again', async () => {
      await withHarmedGuest(device, {}, async ({ status, path }) => {
        await status(set(1, 'a', '1'));
        unlinkSync(path(1));
        assert.is(await status(get(1, 'a')), NO_MORE_ITEMS);
        assert.is(await status(set(1, 'b', '2')), 0);
        assert.ok(readFileSync(path(1)).equals(record('b', '2')));
        truncateSync(path(1), 0);
        assert.is(await status(enumerate(1, 0)), NO_MORE_ITEMS);
        assert.is(await status(set(1, 'c', '3')), 0);
        assert.ok(readFileSync(path(1)).equals(record('c', '3')));
      });
    });

    test('B04: the pool directory is removed: reads find nothing, SET fails, and both work when it is back', async () => {
      await withHarmedGuest(device, { folder: 'pools' }, async ({ directory, status, items }) => {
        assert.is(await status(set(1, 'a', '1')), 0);
        rmSync(directory, { recursive: true });
        assert.is(await status(get(1, 'a')), NO_MORE_ITEMS);
        assert.is(await status(set(1, 'a', '2')), FAIL);
        mkdirSync(directory);
        assert.is(await status(set(1, 'a', '3')), 0);
        assert.equal(await items(1), [['a', '3']]);
      });
    });

    const inPlaces: [string, (path: string) => void][] = [
      ['B06: a directory', (path) => mkdirSync(path)],
      ['B07: a symbolic link to a file', (path) => symlinkSync('/etc/passwd', path)],
      ['B07: a symbolic link to nothing', (path) => symlinkSync('/var/lib/nothing', path)],
      ['B08: a FIFO', (path) => execFileSync('mkfifo', [path])],
    ];
    for (const [name, make] of inPlaces) {
      test(`${name} in a pool's place at start is refused, and the daemon serves the others`, async () => {
        const untouched = readFileSync('/etc/passwd');
        const prepare = (_: string, path: (pool: number) => string) => make(path(3));
        await withHarmedGuest(device, { prepare, lost: [3] }, async ({ status, daemon }) => {
          for (const message of [get(3, 'a'), set(3, 'a', 'b'), remove(3, 'a'), enumerate(3, 0)])
            assert.is(await status(message), FAIL);
          assert.match(daemon.output, /a pool cannot be used/);
        });
        assert.ok(readFileSync('/etc/passwd').equals(untouched));
      });

      test(`${name} in a pool's place while it runs is refused until it is gone`, async () => {
        await withHarmedGuest(device, {}, async ({ status, path }) => {
          assert.is(await status(set(3, 'before', '1')), 0);
          unlinkSync(path(3));
          make(path(3));
          for (const message of [get(3, 'a'), set(3, 'a', 'b'), remove(3, 'a'), enumerate(3, 0)])
            assert.is(await status(message), FAIL);
          assert.is(await status(set(0, 'meanwhile', '1')), 0);
          rmSync(path(3), { recursive: true });
          assert.is(await status(set(3, 'after', '1')), 0);
        });
      });
    }

    test('B09: of a pool that shrank from 10,000 records to none nothing is read any more', async () => {
      const many = Buffer.concat(Array.from({ length: 10_000 }, (_, n) => record(`k${n}`, 'v')));
      const prepare = (_: string, path: (pool: number) => string) => writeFileSync(path(0), many);
      await withHarmedGuest(device, { prepare }, async ({ ask, status, items, path }) => {
        assert.is(textAt(await ask(get(0, 'k9999')), 528), 'v');
        truncateSync(path(0), RECORD_BYTES);
        assert.is(await status(get(0, 'k9999')), NO_MORE_ITEMS);
        assert.equal(await items(0), [['k0', 'v']]);
        assert.is(await status(remove(0, 'k0')), 0);
        assert.is(statSync(path(0)).size, 0);
      });
    });

    test('B10: a file system that is read-only at start: reads are served, changes fail, and work when it is not', async () => {
      const prepare = (directory: string, path: (pool: number) => string) => {
        writeFileSync(path(1), record('kept', 'value'));
        machine.setReadOnly(directory, true);
      };
      await withHarmedGuest(device, { prepare }, async ({ directory, items, status, path }) => {
        for (const pool of [0, 1, 3, 4]) {
          assert.equal(await items(pool), pool === 1 ? [['kept', 'value']] : []);
          assert.is(await status(set(pool, 'a', 'b')), FAIL);
        }
        assert.is(await status(remove(1, 'kept')), FAIL);
        assert.ok(readFileSync(path(1)).equals(record('kept', 'value')));
        machine.setReadOnly(directory, false);
        assert.is(await status(set(1, 'kept', 'other')), 0);
        assert.equal(await items(1), [['kept', 'other']]);
      });
    });

    test('B11: a file system that fails and becomes read-only: reads go on, changes fail, and nothing is lost', async () => {
      const disk = { failed: () => {} };
      const prepare = (directory: string) => (disk.failed = machine.failingDisk(directory));
      await withHarmedGuest(device, { prepare, lost: [0, 1, 2, 3, 4] }, async ({ items, status }) => {
        assert.is(await status(set(1, 'a', '1')), 0);
        disk.failed();
        for (const message of [set(1, 'a', '2'), set(1, 'b', '2'), remove(1, 'a')])
          assert.is(await status(message), FAIL);
        assert.equal(await items(1), [['a', '1']]);
        assert.is(await status(get(0, 'a')), NO_MORE_ITEMS);
      });
    });

    test('B11: a file system is remounted read-only while the daemon has used it: it is not busy, and nothing is lost', async () => {
      await withHarmedGuest(device, {}, async ({ directory, items, status }) => {
        for (const pool of [0, 1, 3, 4]) assert.is(await status(set(pool, 'a', '1')), 0);
        assert.is(await status(set(1, 'gone', '1')), 0);
        assert.is(await status(remove(1, 'gone')), 0);
        assert.equal(await items(1), [['a', '1']]);
        machine.setReadOnly(directory, true);
        for (const message of [set(1, 'a', '2'), set(1, 'b', '2'), remove(1, 'a')])
          assert.is(await status(message), FAIL);
        assert.equal(await items(1), [['a', '1']]);
        machine.setReadOnly(directory, false);
        assert.is(await status(set(1, 'a', '2')), 0);
        assert.equal(await items(1), [['a', '2']]);
      });
    });

    test('B12: a full disk: SET of a new key says so, and every record before it stays', async () => {
      await withHarmedGuest(
        device,
        { kibibytes: 64, lost: [0, 1, 2, 3, 4] },
        async ({ status, items, path, restart }) => {
          const stored: [string, string][] = [];
          for (;;) {
            const item: [string, string] = [`k${stored.length}`, 'v'.repeat(1000)];
            const outcome = await status(set(0, ...item));
            if (outcome !== 0) {
              assert.is(outcome, DISK_FULL);
              break;
            }
            stored.push(item);
          }
          assert.ok(stored.length > 5);
          assert.equal(await items(0), stored);
          assert.is(statSync(path(0)).size, stored.length * RECORD_BYTES);
          assert.is(await status(set(1, 'another', 'pool')), DISK_FULL);
          await restart();
          assert.equal(await items(0), stored);
          // What needs no room is done, and gives room.
          assert.is(await status(remove(0, `k${stored.length - 1}`)), 0);
          assert.is(await status(set(0, 'k0', 'changed')), 0);
        },
      );
    });

    test('B13: a full disk where another takes every block that is freed', async () => {
      const expected = new Map(Array.from({ length: 10 }, (_, n) => [`k${n}`, `${n}`]));
      const prepare = (_: string, path: (pool: number) => string) =>
        writeFileSync(path(0), Buffer.concat([...expected].map(([key, value]) => record(key, value))));
      const harm = { kibibytes: 256, prepare, lost: [0, 1, 2, 3, 4] };
      await withHarmedGuest(device, harm, async ({ directory, status, items, restart }) => {
        const thief = spawn('/usr/bin/python3', ['-c', THIEF, join(directory, 'thief')]);
        try {
          await firstLine(thief);
          const refusals = new Set<number>();
          for (let round = 0; round < 60; round++) {
            const [key, value] = [`k${round % 15}`, `${round} ${'w'.repeat(900)}`];
            const outcome = await status(set(0, key, value));
            if (outcome === 0) expected.set(key, value);
            else refusals.add(outcome);
            if (round % 7 === 0 && (await status(remove(0, `k${round % 10}`))) === 0) expected.delete(`k${round % 10}`);
          }
          assert.equal([...refusals], [DISK_FULL]);
          const sorted = (all: Iterable<[string, string]>) => [...all].sort(([a], [b]) => (a < b ? -1 : 1));
          assert.equal(sorted(await items(0)), sorted(expected));
          await restart();
          assert.equal(sorted(await items(0)), sorted(expected));
        } finally {
          thief.kill('SIGKILL');
        }
      });
    });

    test("FIFOs instead of the system's own files, which it reads ahead, stop nothing", async () => {
      const fifo = '/var/lib/fifo';
      execFileSync('mkfifo', [fifo]);
      // Without resolv.conf: Node's resolver waits for that one by itself.
      const files = ['/etc/hosts', '/etc/os-release'].map((path) => realpathSync(path));
      for (const path of files) execFileSync('mount', ['--bind', fifo, path]);
      try {
        await withHarmedGuest(device, {}, async ({ status, items }) => {
          assert.is(await status(set(0, 'a', '1')), 0);
          assert.equal(await items(0), [['a', '1']]);
        });
      } finally {
        for (const path of files) execFileSync('umount', [path]);
      }
    });
  });
}
