/**
 * Measures what a request costs through the device file. Not a test: it judges nothing and prints one JSON object a
 * line. Needs root and test/system/setup.
 *
 *     node scripts/build.js --with tests && node build/test/system/device-figures.js
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createDevicePair, serveDevice } from 'hv-kvp/device';
import { createHardware } from 'hv-kvp/testing';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, MESSAGE_BYTES, RegisteringDevice } from '../_support/registering-device.js';
import { serveMachine } from '../_support/served-machine.js';
import { StockDaemon } from '../_support/stock-daemon.js';

const DEVICE = '/dev/vmbus/hv_kvp';
const WARM_UP = 500;
const ROUNDS = 5000;

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.stockDaemonDirectories();
  await wholeMachine();
  await deviceAlone();
  await pairInProcess();
}

async function wholeMachine(): Promise<void> {
  const started = performance.now();
  const { vm, stop } = await serveMachine(DEVICE);
  const daemon = new StockDaemon();
  await vm.ready();
  await vm.add('key', 'value');
  print({
    figure: 'from serve to the first answered SET, daemon start included',
    ms: round(performance.now() - started),
  });
  await measure('host, driver, FUSE, stock daemon and back: GET', () => vm.get('key'));
  await measure('host, driver, FUSE, stock daemon and back: SET', () => vm.modify('key', 'other'));
  const { rss } = process.memoryUsage();
  const daemonPages = Number(readFileSync(`/proc/${daemon.process.pid}/statm`, 'latin1').split(' ')[1]);
  print({ figure: 'resident memory, MB', serving: round(rss / 1e6), stockDaemon: round((daemonPages * 4096) / 1e6) });
  await daemon.stop();
  await stop();
}

async function deviceAlone(): Promise<void> {
  const device = new RegisteringDevice();
  const started = performance.now();
  const served = await serveDevice({ path: DEVICE, server: device });
  print({ figure: 'serveDevice, until the file is there', ms: round(performance.now() - started) });
  const daemon = new StockDaemon();
  await device.registered();
  const echo = daemonMessage(77, 0, []);
  await measure('FUSE, stock daemon and back: unknown operation', () => device.request(echo));
  await daemon.stop();
  await served.close();
}

async function pairInProcess(): Promise<void> {
  const { vm, driver, close } = createHardware({ refreshIntervalMs: 0 });
  const file = await createDevicePair(driver.session).open();
  vm.boot();
  const message = Buffer.alloc(MESSAGE_BYTES);
  message[0] = 100;
  await file.write(message);
  await file.read(message);
  const serving = (async () => {
    for (;;) {
      await file.read(message);
      message.writeUInt32LE(0, 0);
      await file.write(message);
    }
  })().catch(() => {});
  await vm.ready();
  await vm.add('key', 'value');
  await measure('host, driver, device in process, a daemon that echoes, and back: SET', () =>
    vm.modify('key', 'other'),
  );
  await file.close();
  await serving;
  close();
}

async function measure(figure: string, request: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < WARM_UP; index++) await request();
  const times: number[] = [];
  const started = performance.now();
  for (let index = 0; index < ROUNDS; index++) {
    const before = performance.now();
    await request();
    times.push(performance.now() - before);
  }
  const total = performance.now() - started;
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 1000);
  print({ figure, requestsPerSecond: Math.round((ROUNDS / total) * 1000), p50Us: at(0.5), p99Us: at(0.99) });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function print(row: object): void {
  console.log(JSON.stringify(row));
}
