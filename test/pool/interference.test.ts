import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { KvpError } from 'hv-kvp';
import { openPools, type PoolStore } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { MemoryDisk } from './memory-disk.js';
import { records } from './pool-directory.js';

const PATH = '/pools/.kvp_pool_1';
const locks = { tryLock: () => true, waitForLock: async () => true, unlock: () => {}, holders: () => '' };
const key = Buffer.from('k300');

const CALLS: Record<string, (pools: PoolStore) => Promise<unknown>> = {
  get: (pools) => pools.get(1, key),
  at: (pools) => pools.at(1, 300),
  set: (pools) => pools.set(1, key, Buffer.from('new')),
  'set new': (pools) => pools.set(1, Buffer.from('new'), Buffer.from('new')),
  delete: (pools) => pools.delete(1, key),
  entries: (pools) => pools.pool(1).entries(),
  check: (pools) => pools.pool(1).check(),
};

suite('pool interference', ({ test }) => {
  test('a file that shrinks or grows at any call, by somebody who takes no lock, ends in an answer or a typed error', async () => {
    const start = records(...Array.from({ length: 301 }, (_, n): [string, string] => [`k${n}`, 'v'.repeat(20)]));
    const theirs = [records(['only', 'one']), new Uint8Array(), start.subarray(0, 1000), Buffer.concat([start, start])];
    for (const [name, call] of Object.entries(CALLS)) {
      for (const bytes of theirs) {
        for (let at = 0, done = false; !done; at++) {
          const disk = new MemoryDisk();
          disk.overwrite(PATH, start);
          const pools = await openPools('/pools', {}, { files: disk, wallClock: disk.wallClock, locks });
          disk.arm();
          done = true;
          disk.interfere = (number) => {
            if (number !== at) return;
            done = false;
            disk.overwrite(PATH, bytes);
          };
          await call(pools).catch((error) => assert.instance(error, KvpError, `${name}, call ${at}: ${error}`));
          disk.interfere = () => {};
          await pools.set(1, Buffer.from('after'), Buffer.from('all'));
          assert.is(Buffer.from((await pools.get(1, Buffer.from('after')))!).toString(), 'all', `${name}, call ${at}`);
        }
      }
    }
  });

  test('an import loads no native code; the first lock does', () => {
    const code =
      "const { openPools } = await import('hv-kvp/pool');" +
      "const native = () => process.report.getReport().sharedObjects.some((path) => path.includes('koffi'));" +
      'const before = native();' +
      "const pools = await openPools('/tmp', { readOnly: true }); await pools.pool(4).entries();" +
      "const { mkdtempSync } = await import('node:fs'); const directory = mkdtempSync('/tmp/hv-kvp-pool-');" +
      "await (await openPools(directory)).pool(0).set('a', '1');" +
      "(await import('node:fs')).rmSync(directory, { recursive: true });" +
      'console.log(before, native());';
    const cwd = fileURLToPath(new URL('../../../', import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd,
      encoding: 'utf8',
    });
    assert.is(stdout.trim(), 'false true', stderr);
  });
});
