import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPools } from 'hv-kvp/pool';
import { padded, poolFile, poolSummary, recordedExchanges } from '../_support/recorded-daemon.js';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath } from './pool-directory.js';

const samples = process.env['HV_KVP_SAMPLES'];
const STALE = 'test/vectors/pool/real-hv_kvp_daemon-6.1-debian12_pool0_stale-tails.bin';

async function poolOf(file: string) {
  const directory = poolDirectory();
  writeFileSync(poolPath(directory, 0), readFileSync(file));
  return (await openPools(directory)).pool(0);
}

// Decided otherwise (docs/pool.md): ours removes every record with the key, and leaves one with it after a SET; requests with impossible sizes and keys
// without NUL never reach the store.
const NOT_COPIED = new Set([
  'delete/duplicate-removes-first',
  'set/duplicate-modifies-first',
  'delete/key_size-0-removes-first',
  'delete/prefix-no-nul',
  'set/prefix-no-nul-overwrites-longer',
  'set/key_size-0-empty-pool',
  'set/value_size-0',
]);

suite('pool golden', ({ test, testIf }) => {
  for (const exchange of recordedExchanges.filter(
    ({ name }) => /^(set|delete)\//.test(name) && !NOT_COPIED.has(name),
  )) {
    test(`the file is what the stock daemon leaves: ${exchange.name}`, async () => {
      const directory = poolDirectory();
      for (const [pool, before] of Object.entries(exchange.pools_before)) {
        writeFileSync(poolPath(directory, Number(pool)), poolFile(before));
      }
      const pools = await openPools(directory);
      const request = padded(exchange.request_hex, 7432);
      const [operation, pool] = [request[0]!, request[1]!];
      const text = (at: number, size: number) => {
        const field = request.subarray(at, at + size);
        return field.includes(0) ? field.subarray(0, field.indexOf(0)) : field;
      };
      if (operation === 2 && request.readUInt32LE(4) <= 512) await pools.delete(pool, text(8, request.readUInt32LE(4)));
      const [keySize, valueSize] = [request.readUInt32LE(8), request.readUInt32LE(12)];
      if (operation === 1 && keySize <= 512 && valueSize <= 2048) {
        await pools.set(pool, text(16, keySize), text(528, valueSize));
      }
      for (const [number, { size, sha256_cstr }] of Object.entries(exchange.pool_files_after)) {
        assert.equal(poolSummary(readFileSync(poolPath(directory, Number(number)))), { size, sha256_cstr });
      }
    });
  }

  test('the dirty pool of the stock daemon reads right, is shown by check and mended by repair', async () => {
    const pool = await poolOf(STALE);
    const expected = [
      ['PADDING_2', 'true'],
      ['VMCREATE_MODE', 'xy'],
      ['VMCREATE_XRDP', 'true'],
    ];
    const pairs = async () => (await pool.entries()).map(({ key, value }) => [key, value]);
    assert.equal(await pairs(), expected);
    const findings = await pool.check();
    assert.equal(
      findings.map(({ kind, index }) => [kind, index]),
      [
        ['stale-tail', 1],
        ['stale-tail', 2],
      ],
    );
    const { backup } = await pool.repair();
    assert.equal(readFileSync(backup!), readFileSync(STALE));
    assert.equal(await pool.check(), []);
    assert.equal(await pairs(), expected);
  });

  testIf(samples !== undefined, 'HV_KVP_SAMPLES is not set', 'a real host-describing pool', async () => {
    const entries = await (await poolOf(join(samples!, 'zetanova_kvp_pool_3.bin'))).entries();
    const expected = JSON.parse(readFileSync(join(samples!, 'zetanova_kvp_pool_3.expected.json'), 'utf8'));
    assert.equal(
      entries.map(({ key, value }) => ({ key, value })),
      expected,
    );
  });

  testIf(samples !== undefined, 'HV_KVP_SAMPLES is not set', 'an Azure InfiniBand pool', async () => {
    const pool = await poolOf(join(samples!, 'azure-ipoib_kvp_pool_0.bin'));
    assert.is(await pool.get('IPoIB_Data'), 'NUMPAIRS:1|00155D33FF0B:172.16.1.2');
  });

  testIf(
    samples !== undefined,
    'HV_KVP_SAMPLES is not set',
    'an empty slot neither ends nor enters the list',
    async () => {
      const pool = await poolOf(join(samples!, 'moerketh_sample_kvp_pool.bin'));
      const entries = await pool.entries();
      assert.is(entries.length, 3);
      assert.ok(entries.every(({ key }) => key !== ''));
      assert.ok((await pool.check()).some(({ kind }) => kind === 'empty-slot'));
    },
  );
});
