/**
 * The stock daemon against ours with the same requests, in one run. Not a test: it prints a table. Needs root and
 * test/system/setup.
 *
 *     [HV_KVP_SPEED='1 10 …'] [HV_KVP_PROGRAMS='stock dist/bin/hv-kvp-daemon.js'] node build/test/system/daemon-speed.js
 *
 * Both run at once, each with its own pools on one disk and its own device file, which one process serves. They take
 * turns block by block, since machines have faster and slower seconds; echoes (an operation that does no work) go before
 * each block. Printed are p50, p99 and requests/s, p50 less that of the echoes between, the CPU time a request of the
 * daemon and the programs it starts, resident memory, and the time from exec to registration. Two builds of ours can be
 * compared too.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServedDevice, serveDevice } from 'hv-kvp/device';
import { enumerate, get, getIp, remove, set, statusOf } from '../_support/key-value-requests.js';
import { OurDaemon, PROGRAM } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';

const PROGRAMS = (process.env['HV_KVP_PROGRAMS'] ?? `stock ${PROGRAM}`).split(' ');
const STOCK = 'stock';
/** What the stock daemon cannot be told otherwise. */
const STOCK_DEVICE = '/dev/vmbus/hv_kvp';
const STOCK_DIRECTORY = '/var/lib/hyperv';
const MAC = '00:15:5D:0A:0B:0C';
const RECORD_BYTES = 2560;
const TICKS_PER_SECOND = 100;
const STARTS = 10;
const WARM_UP = 300;
/** Requests in a row, after as many echoes. */
const BLOCK = 20;
/** Of each operation. A stock request on 10,000 records takes about 20 ms: fewer of those. */
const blocksFor = (records: number) => (records >= 10_000 ? 8 : 40);
/** Whole pools: about a thousand requests, and one pool at least. */
const wholePoolsFor = (records: number) => Math.ceil(1_000 / (records + 1));

class Figures {
  /** Operation → microseconds of each request, and of the echoes between them. */
  readonly took = new Map<string, number[]>();
  readonly echoes = new Map<string, number[]>();
  readonly cpuUs = new Map<string, number[]>();
  readonly startMs: number[] = [];
  readonly wholePoolMs: number[] = [];
}

interface Guest {
  program: string;
  device: RegisteringDevice;
  served: ServedDevice;
  path: string;
  directory: string;
}

type Running = Guest & { figures: Figures; daemon: StockDaemon | OurDaemon };

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateInterface({
    name: 'eth0',
    mac: MAC.toLowerCase(),
    addresses: ['10.20.30.40/24', '10.20.31.40/24', 'fd00:20::40/64'],
    gateways: ['10.20.30.1'],
  });
  machine.stockDaemonDirectories();
  const guests: Guest[] = [];
  for (const [at, program] of PROGRAMS.entries()) guests.push(await guestFor(program, at));
  const sizes = (process.env['HV_KVP_SPEED'] ?? '1 10 100 1000 10000').split(' ').map(Number);
  for (const records of sizes) {
    const running: Running[] = [];
    for (const guest of guests) running.push(await start(guest, records));
    await measure(running, records);
    for (const one of running) {
      print(one, records);
      await one.daemon.stop();
      await one.device.closed();
    }
  }
  for (const { served } of guests) await served.close();
}

async function guestFor(program: string, at: number): Promise<Guest> {
  const path = program === STOCK ? STOCK_DEVICE : `/dev/guest-${at}/hv_kvp`;
  const directory = program === STOCK ? STOCK_DIRECTORY : `/var/lib/guest-${at}`;
  mkdirSync(directory, { recursive: true });
  // On a disk, as the pools of a guest are.
  execFileSync('mount', ['--bind', mkdtempSync(join(tmpdir(), 'hv-kvp-speed-')), directory]);
  const device = new RegisteringDevice();
  return { program, device, path, directory, served: await serveDevice({ path, server: device }) };
}

/** Starts it several times, and leaves the last running. */
async function start(guest: Guest, records: number): Promise<Running> {
  const { program, device, path, directory } = guest;
  for (let pool = 0; pool < 5; pool++) rmSync(`${directory}/.kvp_pool_${pool}`, { force: true });
  writeFileSync(`${directory}/.kvp_pool_0`, poolOf(records));
  const figures = new Figures();
  for (;;) {
    const began = performance.now();
    const daemon =
      program === STOCK ? new StockDaemon() : new OurDaemon(['-n', '--device', path, '--pool-dir', directory], program);
    await device.registered();
    figures.startMs.push(performance.now() - began);
    if (figures.startMs.length === STARTS) return { ...guest, figures, daemon };
    await daemon.stop();
    await device.closed();
  }
}

async function measure(guests: Running[], records: number): Promise<void> {
  const last = `key ${records - 1}`;
  for (const { device } of guests)
    for (let at = 0; at < WARM_UP; at++)
      for (const message of [get(0, last), set(0, last, 'warm'), enumerate(0, 0)]) await device.request(message);
  const operations: Operation[] = [
    { name: 'echo', make: echo },
    { name: 'GET last', make: () => get(0, last) },
    { name: 'SET modify', make: (at) => set(0, last, `value ${at}`) },
    { name: 'SET new', make: () => set(0, 'new', 'value'), after: () => remove(0, 'new') },
    { name: 'DELETE last', make: () => remove(0, 'new'), before: () => set(0, 'new', 'value') },
    { name: 'ENUMERATE one', make: () => enumerate(0, records - 1) },
    { name: 'GET_IP_INFO', make: () => getIp(MAC) },
  ];
  for (const operation of operations)
    for (let block = 0; block < blocksFor(records); block++)
      for (const guest of inTurn(guests, block)) {
        if (operation.name === 'GET_IP_INFO' && guest.program === STOCK && block > 1) continue;
        await timeBlock(guest, operation);
      }
  for (let pool = 0; pool < wholePoolsFor(records); pool++)
    for (const { device, figures } of inTurn(guests, pool))
      figures.wholePoolMs.push(await enumerateAll(device, records));
}

/** Who comes second in one round comes first in the next. */
function inTurn(guests: Running[], round: number): Running[] {
  return round % 2 === 0 ? guests : guests.toReversed();
}

async function enumerateAll(device: RegisteringDevice, records: number): Promise<number> {
  const began = performance.now();
  let index = 0;
  while (statusOf(await device.request(enumerate(0, index))) === 0) index++;
  if (index !== records) throw new Error(`enumerated ${index} of ${records} records`);
  return performance.now() - began;
}

interface Operation {
  name: string;
  make: (at: number) => Uint8Array;
  /** These keep the pool as it was; their time is not counted, their CPU time is. */
  before?: () => Uint8Array;
  after?: () => Uint8Array;
}

async function timeBlock(
  { device, daemon, figures }: Running,
  { name, make, before, after }: Operation,
): Promise<void> {
  const times: number[] = [];
  const echoes: number[] = [];
  const pid = daemon.process.pid ?? 0;
  for (let at = 0; at < BLOCK; at++) echoes.push((await ask(device, echo())).us);
  const cpuBefore = cpuUsOf(pid);
  for (let at = 0; at < BLOCK; at++) {
    if (before) await device.request(before());
    const message = make((figures.took.get(name)?.length ?? 0) + at);
    const { us, answer } = await ask(device, message);
    times.push(us);
    if (message[0]! <= 4 && statusOf(answer) !== 0) throw new Error(`operation ${message[0]} failed`);
    if (after) await device.request(after());
  }
  const add = (all: Map<string, number[]>, values: number[]) => all.set(name, [...(all.get(name) ?? []), ...values]);
  add(figures.cpuUs, [(cpuUsOf(pid) - cpuBefore) / BLOCK]);
  add(figures.took, times);
  add(figures.echoes, echoes);
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

function residentBytesOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}

function print({ program, figures, daemon }: Running, records: number): void {
  const line = (what: string, text: string) =>
    console.log(`${basename(program).padEnd(18)} ${String(records).padEnd(6)} ${what.padEnd(14)} ${text}`);
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
  line('resident', `${(residentBytesOf(daemon.process.pid ?? 0) / 1e6).toFixed(1)} MB`);
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
