import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPools } from 'hv-kvp/pool';
import { PEERS } from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath } from '../pool/pool-directory.js';
import { ended, firstLine } from '../pool/processes.js';

/** cloud-init's own handler, with its own threads and locks; it prints every record that it has appended. */
const PUBLISH = `
import json, sys
from cloudinit.reporting.events import ReportingEvent
from cloudinit.reporting.handlers import HyperVKvpReportingHandler
appended = []
append = HyperVKvpReportingHandler._append_kvp_item
def remember(self, record_data):
    append(self, record_data)
    records = record_data if isinstance(record_data, list) else [record_data]
    appended.extend(bytes(record).hex() for record in records)
HyperVKvpReportingHandler._append_kvp_item = remember
handler = HyperVKvpReportingHandler(kvp_file_path=sys.argv[1])
print('ready', flush=True)
for number in range(int(sys.argv[2])):
    name = 'n' * 600 if number % 50 == 7 else 'step-%d' % number
    text = 'long "quoted" text ' * 200 if number % 20 == 3 else 'short'
    handler.publish_event(ReportingEvent('start', name, text))
handler.flush()
read = [[item['key'], item['value']] for item in handler._iterate_kvps(0)] if len(sys.argv) > 3 else []
print(json.dumps({'appended': appended, 'read': read}), flush=True)
`;

function cloudInit(path: string, events: number, ...more: string[]) {
  return spawn('/usr/bin/python3', ['-c', PUBLISH, path, `${events}`, ...more], {
    env: { ...process.env, PYTHONPATH: join(PEERS, 'usr/lib/python3/dist-packages') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const field = (hex: string, from: number, to: number): string => {
  const bytes = Buffer.from(hex, 'hex').subarray(from, to);
  return bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length).toString();
};

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
      const { appended } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { appended: string[] };
      assert.ok(appended.length > 400, `${appended.length} records`);

      const entries = (await pool.entries()).filter(({ key }) => key.startsWith('CLOUD_INIT|'));
      assert.equal(
        entries.map(({ key, value }) => [key, value]),
        appended.map((hex) => [field(hex, 0, 512), field(hex, 512, 2560)]),
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
    const { read } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { read: [string, string][] };
    assert.equal(read[0], ['PROVISIONING_REPORT', 'short']);
  });
});
