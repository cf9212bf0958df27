/**
 * The stock daemon against ours through the same FUSE device, with the same requests, in one run. Not a test: it prints
 * a table. Needs root and test/system/setup.
 *
 *     [HV_KVP_SPEED='1 10 …'] node build/test/system/daemon-speed.js
 *
 * For each number of records in pool 0 the daemons take turns (stock, ours, ours, stock), and echoes (an operation that
 * does no work) come between the requests, since machines have faster and slower seconds. Printed are p50, p99 and
 * requests/s, p50 less that of the echoes between, the CPU time a request of the daemon and the programs it starts,
 * resident memory, and the time from exec to registration.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
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
const STARTS = 5;
/** Of each kind in each turn. A stock request on 10,000 records takes about 20 ms: fewer of those. */
const requestsFor = (records: number) => (records >= 10_000 ? 60 : 400);
const WARM_UP = 200;
/** Requests in a row, then as many echoes. */
const BLOCK = 20;

type Kind = 'stock' | 'ours';
const TURNS: readonly Kind[] = ['stock', 'ours', 'ours', 'stock'];

/** Of all turns of one daemon. */
class Figures {
  /** Operation → microseconds of each request, and of the echoes between them. */
  readonly took = new Map<string, number[]>();
  readonly echoes = new Map<string, number[]>();
  readonly cpuUs = new Map<string, number[]>();
  readonly startMs: number[] = [];
  readonly residentKb: number[] = [];
  readonly wholePoolMs: number[] = [];
}

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
  for (const records of sizes) {
    const figures = { stock: new Figures(), ours: new Figures() };
    for (const kind of TURNS) await takeTurn(device, kind, records, figures[kind]);
    for (const kind of ['stock', 'ours'] as const) print(kind, records, figures[kind]);
  }
  await served.close();
}

async function takeTurn(device: RegisteringDevice, kind: Kind, records: number, figures: Figures): Promise<void> {
  for (let pool = 0; pool < 5; pool++) rmSync(`${DIRECTORY}/.kvp_pool_${pool}`, { force: true });
  writeFileSync(POOL, poolOf(records));
  for (let start = 1; start < STARTS; start++) {
    const { daemon, ms } = await started(device, kind);
    figures.startMs.push(ms);
    await daemon.stop();
    await device.closed();
  }
  const { daemon, ms } = await started(device, kind);
  figures.startMs.push(ms);

  const pid = daemon.process.pid ?? 0;
  const last = `key ${records - 1}`;
  const count = requestsFor(records);
  const time = (operation: string, make: Requests['make'], options: Partial<Requests> = {}) =>
    timed(device, pid, figures, { operation, make, requests: count, ...options });
  for (let at = 0; at < WARM_UP; at++)
    for (const message of [get(0, last), set(0, last, 'warm'), enumerate(0, 0)]) await device.request(message);
  await time('echo', echo);
  await time('GET last', () => get(0, last));
  await time('SET modify', (at) => set(0, last, `value ${at}`));
  await time('SET new', () => set(0, 'new', 'value'), { after: () => remove(0, 'new') });
  await time('DELETE last', () => remove(0, 'new'), { before: () => set(0, 'new', 'value') });
  await time('ENUMERATE one', () => enumerate(0, records - 1));
  await time('GET_IP_INFO', () => getIp(MAC), { requests: kind === 'stock' ? 40 : count });
  // The stock daemon reads the whole file for each record: 10,000 records take it most of a minute, so once.
  if (kind === 'ours' || records < 10_000 || figures.wholePoolMs.length === 0)
    figures.wholePoolMs.push(await enumerateAll(device, records));
  figures.residentKb.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
  await daemon.stop();
  await device.closed();
}

async function started(device: RegisteringDevice, kind: Kind) {
  const began = performance.now();
  const daemon = kind === 'stock' ? new StockDaemon() : new OurDaemon();
  await device.registered();
  return { daemon, ms: performance.now() - began };
}

async function enumerateAll(device: RegisteringDevice, records: number): Promise<number> {
  const began = performance.now();
  let index = 0;
  while (statusOf(await device.request(enumerate(0, index))) === 0) index++;
  if (index !== records) throw new Error(`enumerated ${index} of ${records} records`);
  return performance.now() - began;
}

interface Requests {
  operation: string;
  requests: number;
  make: (at: number) => Uint8Array;
  /** These keep the pool as it was; their time is not counted, their CPU time is. */
  before?: () => Uint8Array;
  after?: () => Uint8Array;
}

async function timed(
  device: RegisteringDevice,
  pid: number,
  figures: Figures,
  { operation, requests, make, before, after }: Requests,
): Promise<void> {
  const times: number[] = [];
  const echoes: number[] = [];
  let cpu = 0;
  for (let done = 0; done < requests; done += BLOCK) {
    for (let count = 0; count < BLOCK; count++) echoes.push((await ask(device, echo())).us);
    const cpuBefore = cpuUsOf(pid);
    for (let at = done; at < done + BLOCK; at++) {
      if (before) await device.request(before());
      const message = make(at);
      const { us, answer } = await ask(device, message);
      times.push(us);
      if (message[0]! <= 4 && statusOf(answer) !== 0) throw new Error(`operation ${message[0]} failed`);
      if (after) await device.request(after());
    }
    cpu += cpuUsOf(pid) - cpuBefore;
  }
  const add = (all: Map<string, number[]>, values: number[]) =>
    all.set(operation, [...(all.get(operation) ?? []), ...values]);
  add(figures.took, times);
  add(figures.echoes, echoes);
  add(figures.cpuUs, [cpu / requests]);
}

async function ask(device: RegisteringDevice, message: Uint8Array) {
  const sent = performance.now();
  const answer = await device.request(message);
  return { us: (performance.now() - sent) * 1_000, answer };
}

function echo(): Uint8Array {
  return daemonMessage(77, 0, []);
}

/** Of all threads, and of the children that were waited for. */
function cpuUsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]),
  );
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  const childTicks = Number(fields[13]) + Number(fields[14]);
  return threads.reduce((sum, ns) => sum + ns, 0) / 1_000 + (childTicks / TICKS_PER_SECOND) * 1_000_000;
}

function print(kind: Kind, records: number, figures: Figures): void {
  const line = (what: string, text: string) =>
    console.log(`${kind.padEnd(6)} ${String(records).padEnd(6)} ${what.padEnd(14)} ${text}`);
  for (const [operation, took] of figures.took) {
    const p50 = atShare(took, 0.5);
    const columns = {
      p50,
      p99: atShare(took, 0.99),
      perSecond: 1_000_000 / mean(took),
      lessEcho: p50 - atShare(figures.echoes.get(operation) ?? [], 0.5),
      cpuUs: mean(figures.cpuUs.get(operation) ?? []),
    };
    line(
      operation,
      Object.entries(columns)
        .map(([name, value]) => `${name} ${Math.round(value)}`.padEnd(18))
        .join(''),
    );
  }
  line('whole pool', `${atShare(figures.wholePoolMs, 0.5).toFixed(1)} ms`);
  line('resident', figures.residentKb.map((kb) => `${((kb * 1_024) / 1e6).toFixed(1)} MB`).join(', '));
  line('start', `exec to registered ${atShare(figures.startMs, 0.5).toFixed(1)} ms; load ${loadavg()[0]?.toFixed(1)}`);
}

function atShare(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}

function mean(values: number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

function poolOf(records: number): Buffer {
  const file = Buffer.alloc(records * RECORD_BYTES);
  for (let at = 0; at < records; at++) {
    file.write(`key ${at}`, at * RECORD_BYTES);
    file.write(`value ${at}`, at * RECORD_BYTES + 512);
  }
  return file;
}
