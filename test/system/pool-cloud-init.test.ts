import { writeFileSync } from 'node:fs';
import { openPools } from 'hv-kvp/pool';
import { cloudInit, fieldText, publishedBy } from '../_support/cloud-init.js';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath } from '../pool/pool-directory.js';
import { ended, firstLine } from '../pool/processes.js';

suite('pool with cloud-init', ({ test }) => {
  test(
    'it appends while we set, delete and enumerate: no record lost, none misread',
    async () => {
      const directory = poolDirectory();
      writeFileSync(poolPath(directory, 1), '');
      const pools = await openPools(directory, { lockTimeoutMs: 30_000 });
      const pool = pools.pool('guest');
      const child = cloudInit(poolPath(directory, 1), 400);
      let running = true;
      const first = firstLine(child);
      const result = ended(child);
      void result.then(() => (running = false));
      await first;
      let rounds = 0;
      for (; running || rounds < 50; rounds++) {
        await pool.set('ours', `${rounds}`);
        await pool.set(`ours-${rounds % 10}`, 'x');
        await pool.delete(`ours-${(rounds + 5) % 10}`);
        for (let index = 0; index < 5; index++) await pools.at(1, index);
      }
      const { code, stdout, stderr } = await result;
      assert.is(code, 0, stderr);
      const { appended } = publishedBy(stdout);
      assert.ok(appended.length > 400, `${appended.length} records`);

      const entries = (await pool.entries()).filter(({ key }) => key.startsWith('CLOUD_INIT|'));
      assert.equal(
        entries.map(({ key, value }) => [key, value]),
        appended.map((hex) => [fieldText(hex, 0, 512), fieldText(hex, 512, 2560)]),
      );
      const full = entries.filter(({ keyBytes }) => keyBytes.length === 512);
      assert.ok(full.length > 0, 'it writes keys without a NUL');
      assert.is(await pool.delete(full[0]!.keyBytes), full.filter(({ key }) => key === full[0]!.key).length);
      console.log(
        `${appended.length} records of cloud-init, ${rounds} rounds of ours, ${full.length} keys without NUL`,
      );
    },
    { limit: 120_000 },
  );

  test('it reads what we wrote, byte for byte', async () => {
    const directory = poolDirectory();
    const pool = (await openPools(directory)).pool('guest');
    await pool.set('PROVISIONING_REPORT', 'a value that is long');
    await pool.set('PROVISIONING_REPORT', 'short');
    const { code, stdout, stderr } = await ended(cloudInit(poolPath(directory, 1), 1, 'read'));
    assert.is(code, 0, stderr);
    const { read } = publishedBy(stdout);
    assert.equal(read[0], ['PROVISIONING_REPORT', 'short']);
  });
});
