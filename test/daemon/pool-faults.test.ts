/** What befalls pool files while the daemon runs (B and C of the fault list): it lives, answers, and loses nothing. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { openPools } from 'hv-kvp/pool';
import { noIntrinsics, noNet } from '../_support/daemon-ports.js';
import { enumerate, get, itemOf, remove, set, statusOf, textAt } from '../_support/key-value-requests.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const NO_MORE = 0x80070103;
const RECORD_BYTES = 2560;

interface Guest {
  ask(message: Uint8Array): Promise<Uint8Array>;
  path(pool: number): string;
}

/** Serves a new directory that `prepare` has seen, then checks that every pool but the harmed one still works. */
async function guest(harmed: number, prepare: (path: Guest['path']) => void, work: (guest: Guest) => Promise<void>) {
  const root = mkdtempSync(join(tmpdir(), 'hv-kvp-faults-'));
  const path = (pool: number) => join(root, `.kvp_pool_${pool}`);
  prepare(path);
  const device = new RegisteringDevice();
  const pools = await openPools(root, { createAll: true, lockTimeoutMs: 200 });
  const daemon = runDaemon({ device: createDevicePair(device), pools, net: noNet, intrinsics: noIntrinsics });
  try {
    await device.registered();
    await work({ ask: (message) => device.request(message), path });
    for (let pool = 0; pool < 5; pool++) {
      if (pool === harmed) continue;
      assert.is(statusOf(await device.request(set(pool, 'other', 'pool'))), 0);
      assert.is(textAt(await device.request(get(pool, 'other')), 528), 'pool');
    }
    assert.is(device.registrations.length, 1);
  } finally {
    await daemon.stop();
    await pools.close();
    rmSync(root, { recursive: true });
  }
}

const nothing = () => {};
const record = (key: string, value: string) => {
  const bytes = Buffer.alloc(RECORD_BYTES);
  bytes.write(key, 0);
  bytes.write(value, 512);
  return bytes;
};

suite('daemon and the fates of pool files', ({ test }) => {
  test('B01, B02: a partial record is ignored, and nothing of it shows in the next', async () => {
    const prepare = (path: Guest['path']) =>
      writeFileSync(path(0), Buffer.concat([record('a', '1'), Buffer.alloc(700, 0x5a)]));
    await guest(0, prepare, async ({ ask, path }) => {
      assert.is(statusOf(await ask(enumerate(0, 1))), NO_MORE);
      assert.is(statusOf(await ask(set(0, 'b', '2'))), 0);
      assert.ok(readFileSync(path(0)).equals(Buffer.concat([record('a', '1'), record('b', '2')])));
    });
  });

  test('B03: a file that was replaced by a rename is followed', async () => {
    await guest(-1, nothing, async ({ ask, path }) => {
      await ask(set(1, 'old', '1'));
      writeFileSync(`${path(1)}.new`, record('new', '2'));
      renameSync(`${path(1)}.new`, path(1));
      assert.equal(itemOf(await ask(enumerate(1, 0))), ['new', '2']);
      assert.is(statusOf(await ask(set(1, 'more', '3'))), 0);
      assert.is(readFileSync(path(1)).length, 2 * RECORD_BYTES);
    });
  });

  test('B04, B05: a file that was removed or emptied is an empty pool', async () => {
    await guest(-1, nothing, async ({ ask, path }) => {
      await ask(set(1, 'a', '1'));
      rmSync(path(1));
      assert.is(statusOf(await ask(get(1, 'a'))), NO_MORE);
      assert.is(statusOf(await ask(set(1, 'b', '2'))), 0);
      assert.ok(readFileSync(path(1)).equals(record('b', '2')));
      truncateSync(path(1), 0);
      assert.is(statusOf(await ask(enumerate(1, 0))), NO_MORE);
      assert.is(statusOf(await ask(set(1, 'c', '3'))), 0);
      assert.ok(readFileSync(path(1)).equals(record('c', '3')));
    });
  });

  const inPlaces: [string, (path: string) => void][] = [
    ['B06: a directory', (path) => mkdirSync(path)],
    ['B08: a FIFO', (path) => execFileSync('mkfifo', [path])],
    ['B07: a symbolic link', (path) => symlinkSync('/etc/passwd', path)],
  ];
  for (const [name, make] of inPlaces) {
    test(`${name} in a pool's place is refused; the other pools work`, async () => {
      await guest(
        3,
        (path) => make(path(3)),
        async ({ ask }) => {
          for (const message of [get(3, 'a'), set(3, 'a', 'b'), remove(3, 'a'), enumerate(3, 0)])
            assert.ok(statusOf(await ask(message)) >= 0x80000000);
        },
      );
    });
  }

  test('A04, A05, A16, A22: full fields, embedded NULs and twins survive the removal of another record', async () => {
    const full = Buffer.concat([Buffer.alloc(512, 0x6b), Buffer.alloc(2048, 0x76)]);
    const hidden = record('visible', 'value');
    hidden.write('behind the NUL', 100);
    const prepare = (path: Guest['path']) =>
      writeFileSync(
        path(1),
        Buffer.concat([record('first', '1'), full, hidden, record('twin', '1'), record('twin', '2')]),
      );
    await guest(-1, prepare, async ({ ask, path }) => {
      assert.is(statusOf(await ask(remove(1, 'first'))), 0);
      assert.ok(
        readFileSync(path(1))
          .subarray(0, 2 * RECORD_BYTES)
          .equals(Buffer.concat([full, hidden])),
      );
      assert.is(Buffer.from(await ask(enumerate(1, 0))).toString('latin1', 20, 532), 'k'.repeat(512));
      assert.is(statusOf(await ask(remove(1, 'twin'))), 0);
      assert.is(statusOf(await ask(get(1, 'twin'))), NO_MORE);
    });
  });

  test('A13, A14: nothing of an earlier value is kept on disk or sent', async () => {
    await guest(-1, nothing, async ({ ask, path }) => {
      await ask(set(1, 'secret', 'a long password that was here'));
      await ask(set(1, 'secret', 'x'));
      assert.ok(readFileSync(path(1)).equals(record('secret', 'x')));
      const answer = Buffer.from(await ask(enumerate(1, 0)));
      assert.is(answer.toString('latin1', 532, 2580), 'x'.padEnd(2048, '\0'));
    });
  });
});
