/** The stock daemon, unmodified, on a device file of ours: its answers equal the recorded ones. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import * as machine from '../_support/private-machine.js';
import {
  padded,
  poolFile,
  poolSummary,
  type RecordedExchange,
  recordedEnvironment,
  recordedExchanges,
} from '../_support/recorded-daemon.js';
import { daemonMessage, RegisteringDevice, setMessage } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';
const poolPath = (pool: number | string) => `/var/lib/hyperv/.kvp_pool_${pool}`;

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  recordedMachine();
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: DEVICE, server: device });

  suite('stock daemon', ({ test, after }) => {
    after(() => served.close());

    test('registers with one whole message', async () => {
      const daemon = await registered(device);
      const registration = device.registrations.at(-1) as Uint8Array;
      assert.is(registration.length, 7432);
      assert.is(registration[0], 100);
      await stop(daemon);
    });

    test('without -n it detaches and registers from another process', async () => {
      const launcher = new StockDaemon([]);
      assert.is(await launcher.ended, 0);
      await device.registered();
      const pid = machine.onlyProcess('hv_kvp_daemon');
      assert.is.not(pid, launcher.process.pid);
      process.kill(pid);
      await device.closed();
    });

    for (const exchange of recordedExchanges) {
      test(`answers as recorded: ${exchange.name}`, () => replay(device, exchange));
    }

    test('serves one request after another, and a daemon after another', async () => {
      for (let round = 0; round < 3; round++) {
        clearPools();
        const daemon = await registered(device);
        for (let index = 0; index < 100; index++) {
          const answer = await device.request(setMessage(4, `key ${index}`, `value ${index}`));
          assert.is(statusOf(answer), 0);
        }
        const last = await device.request(daemonMessage(3, 4, [[4, 99]]));
        assert.is(textAt(last, 20), 'key 99');
        assert.is(textAt(last, 532), 'value 99');
        await stop(daemon, round === 1 ? 'SIGKILL' : 'SIGTERM');
      }
    });
  });
}

/** The machine that the recordings were made on, but for its kernel's name. */
function recordedMachine(): void {
  machine.privateDev();
  machine.privateHostName(recordedEnvironment.hostname);
  for (const path of ['/etc/hosts', '/etc/resolv.conf', '/etc/os-release'] as const)
    machine.privateFile(path, recordedEnvironment[path]);
  machine.privateInterface({
    name: 'eth0',
    mac: '00:15:5d:0a:0b:0c',
    addresses: ['10.20.30.40/24', 'fd00:20::40/64'],
    gateways: ['10.20.30.1', 'fd00:20::1'],
  });
  machine.stockDaemonDirectories();
}

/** The kernel may tell of the last daemon's end only after its process is gone: until then the device still has it. */
async function registered(device: RegisteringDevice): Promise<StockDaemon> {
  await device.closed();
  const daemon = new StockDaemon();
  await device.registered();
  return daemon;
}

async function stop(daemon: StockDaemon, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  assert.is(await daemon.stop(signal), signal);
}

function clearPools(): void {
  for (let pool = 0; pool < 5; pool++) rmSync(poolPath(pool), { force: true });
}

async function replay(device: RegisteringDevice, exchange: RecordedExchange): Promise<void> {
  clearPools();
  for (const [pool, content] of Object.entries(exchange.pools_before)) writeFileSync(poolPath(pool), poolFile(content));
  const daemon = await registered(device);
  const answer = device.request(padded(exchange.request_hex, exchange.len));
  if (exchange.reply_hex === null) {
    await rejects(answer);
    assert.is(await daemon.ended, exchange.stock_exit);
  } else {
    assert.is(hex(await answer), hex(expectedReply(exchange, exchange.reply_hex)));
    await stop(daemon);
  }
  for (const [pool, { size, sha256_cstr }] of Object.entries(exchange.pool_files_after))
    assert.equal(poolSummary(readFileSync(poolPath(pool))), { size, sha256_cstr }, `pool ${pool}`);
}

/** As recorded, but for the kernel's release: the recorder changed it by a preload, which would not be unmodified. */
function expectedReply({ name, len }: RecordedExchange, replyHex: string): Buffer {
  const reply = padded(replyHex, len);
  if (name === 'enum/pool2-index4') {
    reply.fill(0, 532);
    reply.write(release(), 532);
  }
  return reply;
}

async function rejects(work: Promise<unknown>): Promise<void> {
  let outcome = 'resolved';
  await work.catch(() => {
    outcome = 'rejected';
  });
  assert.is(outcome, 'rejected');
}

const hex = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(00)+$/, '');
const statusOf = (answer: Uint8Array) => Buffer.from(answer).readInt32LE(0);
function textAt(answer: Uint8Array, offset: number): string {
  const bytes = Buffer.from(answer).subarray(offset);
  return bytes.toString('utf8', 0, bytes.indexOf(0));
}
