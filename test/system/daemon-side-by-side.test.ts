/** One script of requests to the stock daemon and to ours, each on its own pools: every difference has a named rule. */
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { enumerate, get, getIp, remove, set, statusOf } from '../_support/key-value-requests.js';
import { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { Random } from '../_support/random.js';
import { poolSummary, recordedEnvironment } from '../_support/recorded-daemon.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const REQUESTS = 400;
const MAC = '00:15:5D:0A:0B:0C';

/** name → the reason, and whether a pair of answers is that difference. */
const RULES: Record<string, { reason: string; explains: (request: Buffer, stock: Buffer, ours: Buffer) => boolean }> = {
  'stale bytes behind a NUL are not sent': {
    reason: 'they are what an earlier value or the heap held',
    explains: (request, stock, ours) => withCleanFields(request, stock).equals(withCleanFields(request, ours)),
  },
  'unknown operations are not supported': {
    reason: 'the stock daemon says OK to what it has not done',
    explains: (request, stock, ours) => request[0]! > 5 && statusOf(stock) === 0 && statusOf(ours) === 0x80070032,
  },
  'impossible key sizes are refused as such': {
    reason: 'the stock daemon says there is no such item',
    explains: (request, stock, ours) =>
      request.readUInt32LE(request[0] === 2 ? 4 : 8) > 512 &&
      statusOf(stock) === 0x80070103 &&
      statusOf(ours) === 0x80070057,
  },
  'the loopback is not offered': {
    reason: 'it is no adapter of the virtual machine',
    explains: (request, stock, ours) => request[0] === 4 && statusOf(stock) === 0 && statusOf(ours) === 0x80004005,
  },
};

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateHostName(recordedEnvironment.hostname);
  for (const path of ['/etc/hosts', '/etc/resolv.conf', '/etc/os-release'] as const)
    machine.privateFile(path, recordedEnvironment[path]);
  machine.privateInterface({
    name: 'eth0',
    mac: MAC.toLowerCase(),
    addresses: ['10.20.30.40/24', '10.20.31.40/16', 'fd00:20::40/64'],
    gateways: ['10.20.30.1', 'fd00:20::1'],
  });
  machine.stockDaemonDirectories();
  mkdirSync('/var/lib/ours');

  suite('side by side with the stock daemon', ({ test }) => {
    test(`${REQUESTS} requests`, async () => {
      const seed = Number(process.env['HV_KVP_SEED'] ?? 20_261_123);
      console.log(`seed ${seed}`);
      const [stockDevice, ourDevice] = [new RegisteringDevice(), new RegisteringDevice()];
      const stockServed = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: stockDevice });
      const ourServed = await serveDevice({ path: '/dev/ours/hv_kvp', server: ourDevice });
      const stock = new StockDaemon();
      const ours = new OurDaemon(['-n', '--device', '/dev/ours/hv_kvp', '--pool-dir', '/var/lib/ours']);
      await Promise.all([stockDevice.registered(), ourDevice.registered()]);

      try {
        await compare(stockDevice, ourDevice, seed);
      } finally {
        await Promise.all([stock.stop(), ours.stop()]);
        await Promise.all([stockServed.close(), ourServed.close()]);
      }
    });
  });
}

async function compare(stockDevice: RegisteringDevice, ourDevice: RegisteringDevice, seed: number): Promise<void> {
  const used = new Map<string, number>();
  const unexplained: string[] = [];
  for (const [at, message] of script(seed).entries()) {
    const request = Buffer.from(message);
    const [theirs, own] = await Promise.all([stockDevice.request(message), ourDevice.request(message)]);
    const [a, b] = [Buffer.from(theirs), Buffer.from(own)];
    if (a.equals(b)) continue;
    const rule = Object.keys(RULES).find((name) => RULES[name]?.explains(request, a, b));
    if (rule !== undefined) used.set(rule, (used.get(rule) ?? 0) + 1);
    else unexplained.push(`request ${at}, ${hex(request)}: stock ${hex(a)}, ours ${hex(b)}`);
  }
  assert.equal(unexplained, []);
  for (const name of Object.keys(RULES)) assert.ok(used.has(name), `no request shows that ${name}`);
  for (let pool = 0; pool < 5; pool++) {
    const [theirs, own] = ['hyperv', 'ours'].map((folder) => readFileSync(`/var/lib/${folder}/.kvp_pool_${pool}`));
    assert.equal(poolSummary(own!), poolSummary(theirs!), `pool ${pool}`);
  }
}

/** Mostly what hosts send, now and then what none should; nothing that kills the stock daemon. */
function script(seed: number): Uint8Array[] {
  const random = new Random(seed);
  const below = (limit: number) => random.below(limit);
  const key = () => ['alpha', 'beta', 'Beta', 'clé', '鍵', 'a'.repeat(511), `k${below(30)}`][below(7)]!;
  const value = () => ['', 'x', 'ß'.repeat(below(600)), 'v'.repeat(below(2047)), `${below(1e9)}`][below(5)]!;
  const makers: (() => Uint8Array)[] = [
    () => set(below(5), key(), value()),
    () => set(below(5), key(), value()),
    () => get(below(5), key()),
    () => remove(below(5), key()),
    () => enumerate(below(5), below(20)),
    () => enumerate(2, below(12)),
    () => [getIp(MAC), getIp('00:15:5D:FF:FF:FF'), getIp('00:00:00:00:00:00')][below(3)]!,
    () => daemonMessage(6 + below(90), below(5), [[4, Buffer.from('body')]]),
    () =>
      daemonMessage(below(2), below(5), [
        [8, 513 + below(1000)],
        [12, 4],
        [16, Buffer.from('beta')],
      ]),
    () =>
      // Of a key that no record has: the stock daemon compares beyond the field, and removes a record with an empty value.
      daemonMessage(2, below(5), [
        [4, 513 + below(1000)],
        [8, Buffer.from('none')],
      ]),
  ];
  return Array.from({ length: REQUESTS }, () => makers[below(makers.length)]!());
}

/** The answer with everything behind the first NUL of its value, and in an ENUMERATE of its key, zeroed. */
function withCleanFields(request: Buffer, answer: Buffer): Buffer {
  const clean = Buffer.from(answer);
  const fields =
    request[0] === 0
      ? [[528, 2576]]
      : [
          [20, 532],
          [532, 2580],
        ];
  for (const [start = 0, end = 0] of fields) {
    const nul = clean.subarray(start, end).indexOf(0);
    if (nul >= 0) clean.fill(0, start + nul, end);
  }
  return clean;
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').replace(/(00)+$/, '');
}
