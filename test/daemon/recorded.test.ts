/** Our daemon on the requests that the stock one was recorded with: the same answers and pools, but for a table. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { createNetPort } from 'hv-kvp/net';
import { openPools } from 'hv-kvp/pool';
import { differenceFrom, intendedDifferenceFor, intendedDifferences } from '../_support/intended-differences.js';
import {
  padded,
  poolFile,
  poolSummary,
  type RecordedExchange,
  recordedExchanges,
} from '../_support/recorded-daemon.js';
import { recordedIntrinsics, recordedNetwork } from '../_support/recorded-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

suite('daemon against the recorded stock daemon', ({ test }) => {
  for (const exchange of recordedExchanges) test(exchange.name, () => replay(exchange));

  test('every intended difference is about a recorded exchange', () => {
    const names = new Set(recordedExchanges.map(({ name }) => name));
    for (const { name, exchanges } of intendedDifferences)
      for (const exchange of Object.keys(exchanges)) assert.ok(names.has(exchange), `${name}: ${exchange}`);
  });
});

async function replay(exchange: RecordedExchange): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'hv-kvp-recorded-'));
  const path = (pool: string) => join(root, `.kvp_pool_${pool}`);
  for (const [pool, content] of Object.entries(exchange.pools_before)) writeFileSync(path(pool), poolFile(content));
  const device = new RegisteringDevice();
  const net = recordedNetwork(root);
  const pools = await openPools(root, { createAll: true });
  const daemon = runDaemon({
    device: createDevicePair(device),
    pools,
    net: createNetPort({ facts: net }),
    intrinsics: recordedIntrinsics(net),
  });
  try {
    await device.registered();
    const request = padded(exchange.request_hex, exchange.len);
    const answer = Buffer.from(await device.request(request));
    const intended = intendedDifferenceFor(exchange);
    if (intended === undefined) {
      assert.is(exchange.stock_exit, null, 'the stock daemon died and no rule says what ours does');
      assert.is(hex(answer), hex(padded(exchange.reply_hex ?? '', exchange.len)));
    } else {
      assert.equal(differenceFrom(request, answer), intended.answer, intended.rule);
    }
    for (const [pool, recorded] of Object.entries(exchange.pool_files_after)) {
      const file = existsSync(path(pool)) ? readFileSync(path(pool)) : Buffer.alloc(0);
      if (intended?.records === undefined) assert.equal(poolSummary(file), recordedSummary(recorded), `pool ${pool}`);
      else assert.equal(poolSummary(file), poolSummary(poolFile(intended.records)), intended.rule);
    }
  } finally {
    await daemon.stop();
    net.close();
    await pools.close();
    rmSync(root, { recursive: true });
  }
}

const recordedSummary = ({ size, sha256_cstr }: { size: number; sha256_cstr: string }) => ({ size, sha256_cstr });
const hex = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(00)+$/, '');
