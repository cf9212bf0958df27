/**
 * The stock daemon against ours through the same FUSE device, with the same requests, in one run. Not a test: it prints
 * a table. Needs root and test/system/setup.
 *
 *     [HV_KVP_SPEED='1 10 …'] node build/test/system/daemon-speed.js
 *
 * For each daemon and number of records in pool 0: p50, p99 and requests/s, p50 less that of an echo (an operation that
 * does no work), the daemon's CPU time a request, resident memory, and the time from exec to registration.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { enumerate, get, getIp, remove, set, statusOf } from '../_support/key-value-requests.js';
import { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';

const DIRECTORY = '/var/lib/hyperv';
const POOL = `${DIRECTORY}/.kvp_pool_0`;
const MAC = '00:15:5D:0A:0B:0C';
const RECORD_BYTES = 2560;
const TICKS_PER_SECOND = 100;
/** A stock request on 10,000 records takes about 20 ms: fewer of those. */
const requestsFor = (records: number) => (records >= 10_000 ? 60 : records >= 1_000 ? 300 : 600);

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateInterface({
    name: 'eth0',
    mac: MAC.toLowerCase(),
    addresses: ['10.20.30.40/24', '10.20.31.40/24', 'fd00:20::40/64'],
    gateways: ['10.20.30.1'],
  });
  machine.stockDaemonDirectories();
  // On a disk, as the pools of a guest are.
  execFileSync('mount', ['--bind', mkdtempSync(join(tmpdir(), 'hv-kvp-speed-')), DIRECTORY]);
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const sizes = (process.env['HV_KVP_SPEED'] ?? '1 10 100 1000 10000').split(' ').map(Number);
  for (const records of sizes) for (const kind of ['stock', 'ours'] as const) await measure(device, kind, records);
  await served.close();
}

async function measure(device: RegisteringDevice, kind: 'stock' | 'ours', records: number): Promise<void> {
  await device.closed();
  for (let pool = 0; pool < 5; pool++) rmSync(`${DIRECTORY}/.kvp_pool_${pool}`, { force: true });
  writeFileSync(POOL, poolOf(records));
  const started = performance.now();
  const daemon = kind === 'stock' ? new StockDaemon() : new OurDaemon();
  await device.registered();
  const startMs = performance.now() - started;
  const pid = daemon.process.pid ?? 0;

  const last = `key ${records - 1}`;
  const count = requestsFor(records);
  const echo = () => daemonMessage(77, 0, []);
  await time(device, pid, 200, echo);
  const floor = await time(device, pid, 600, echo);
  const rows: [string, Timing][] = [
    ['echo', floor],
    ['GET last', await time(device, pid, count, () => get(0, last))],
    ['SET modify', await time(device, pid, count, (at) => set(0, last, `value ${at}`))],
    ['SET new', await time(device, pid, count, () => set(0, 'new', 'value'), { after: () => remove(0, 'new') })],
    ['DELETE last', await time(device, pid, count, () => remove(0, 'new'), { before: () => set(0, 'new', 'value') })],
    ['ENUMERATE one', await time(device, pid, count, () => enumerate(0, records - 1))],
    ['GET_IP_INFO', await time(device, pid, 60, () => getIp(MAC))],
  ];
  // The stock daemon reads the whole file for each record: 10,000 records take it most of a minute.
  const whole = kind === 'stock' && records > 1_000 ? 'not measured' : await enumerateAll(device, records);
  const residentKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  await daemon.stop();

  for (const [operation, timing] of rows) {
    const figures = {
      p50: timing.p50,
      p99: timing.p99,
      perSecond: timing.perSecond,
      lessEcho: timing.p50 - floor.p50,
      cpuUs: timing.cpuUs,
    };
    const text = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`.padEnd(18));
    console.log(`${kind.padEnd(6)} ${String(records).padEnd(6)} ${operation.padEnd(14)} ${text.join('')}`);
  }
  console.log(
    `${kind.padEnd(6)} ${String(records).padEnd(6)} whole pool ${whole}, resident ${residentKb} kB, exec to registered ${startMs.toFixed(1)} ms`,
  );
}

async function enumerateAll(device: RegisteringDevice, records: number): Promise<string> {
  const started = performance.now();
  let index = 0;
  while (statusOf(await device.request(enumerate(0, index))) === 0) index++;
  if (index !== records) throw new Error(`enumerated ${index} of ${records} records`);
  return `${(performance.now() - started).toFixed(1)} ms`;
}

/** Microseconds. */
interface Timing {
  p50: number;
  p99: number;
  perSecond: number;
  cpuUs: number;
}

/** `before` and `after` keep the pool as it was; their time is not counted, their CPU time is. */
async function time(
  device: RegisteringDevice,
  pid: number,
  count: number,
  make: (at: number) => Uint8Array,
  { before, after }: { before?: () => Uint8Array; after?: () => Uint8Array } = {},
): Promise<Timing> {
  const took: number[] = [];
  const cpu = cpuSeconds(pid);
  for (let at = 0; at < count; at++) {
    if (before) await device.request(before());
    const message = make(at);
    const sent = performance.now();
    const answer = await device.request(message);
    took.push((performance.now() - sent) * 1_000);
    if (message[0]! <= 4 && statusOf(answer) !== 0) throw new Error(`operation ${message[0]} failed`);
    if (after) await device.request(after());
  }
  const seconds = took.reduce((sum, one) => sum + one, 0) / 1_000_000;
  took.sort((a, b) => a - b);
  return {
    p50: took[Math.floor(count / 2)] ?? 0,
    p99: took[Math.floor(count * 0.99)] ?? 0,
    perSecond: count / seconds,
    cpuUs: ((cpuSeconds(pid) - cpu) / count) * 1_000_000,
  };
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function poolOf(records: number): Buffer {
  const file = Buffer.alloc(records * RECORD_BYTES);
  for (let at = 0; at < records; at++) {
    file.write(`key ${at}`, at * RECORD_BYTES);
    file.write(`value ${at}`, at * RECORD_BYTES + 512);
  }
  return file;
}
