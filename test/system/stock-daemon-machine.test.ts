/** The complete machine around the stock daemon: our host, rings, driver and device file, and C code we did not write. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { virtualAdapter } from 'hv-kvp/host';
import * as machine from '../_support/private-machine.js';
import { recordedEnvironment } from '../_support/recorded-daemon.js';
import { type ServedMachine, serveMachine } from '../_support/served-machine.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';
const MAC = '00:15:5D:0A:0B:0C';
const poolPath = (pool: number) => `/var/lib/hyperv/.kvp_pool_${pool}`;

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateHostName(recordedEnvironment.hostname);
  for (const path of ['/etc/hosts', '/etc/resolv.conf', '/etc/os-release'] as const)
    machine.privateFile(path, recordedEnvironment[path]);
  machine.privateInterface({
    name: 'eth0',
    mac: MAC,
    addresses: ['10.20.30.40/24', 'fd00:20::40/64'],
    gateways: ['10.20.30.1', 'fd00:20::1'],
  });
  machine.stockDaemonDirectories();
  for (const kvpVersion of ['5.0', '4.0'] as const) operations(kvpVersion);
  lives();
}

/** A host that offers messages up to this version; the IP block differs between the two. */
function operations(kvpVersion: '5.0' | '4.0'): void {
  let served: ServedMachine;
  let daemon: StockDaemon;
  suite(`stock daemon in the complete machine, messages ${kvpVersion}`, ({ test }) => {
    test('host and guest agree once the daemon has registered', async () => {
      for (let pool = 0; pool < 5; pool++) rmSync(poolPath(pool), { force: true });
      writeFileSync(poolPath(1), Buffer.concat([record('guest key', 'guest välue'), record('second', '2')]));
      served = await serveMachine(DEVICE, { kvpVersion, driverVersion: kvpVersion, adapters: [virtualAdapter(MAC)] });
      assert.is(served.vm.state, 'negotiating');
      daemon = new StockDaemon();
      await served.vm.ready();
    });
    test('SET, GET, DELETE and ENUMERATE of the host items', async () => {
      const { vm } = served;
      for (let index = 0; index < 20; index++) await vm.add(`key ${index}`, `Zürich 🏔 ${index}`);
      assert.is(await vm.get('key 7'), 'Zürich 🏔 7');
      // The longest value that comes back whole: the driver cuts at 1,022 units, as Linux does.
      const long = 'x'.repeat(1022);
      await vm.modify('key 7', long);
      assert.ok((await vm.get('key 7')) === long);
      assert.ok((await vm.get('key 7', { by: 'enumerate' })) === long);
      assert.is(await vm.get('missing'), undefined);
      await vm.remove('key 0');
      const keys = (await vm.enumerate(0)).map(({ key }) => key);
      assert.equal(
        keys,
        Array.from({ length: 19 }, (_, index) => `key ${index + 1}`),
      );
      assert.is(textOf(readFileSync(poolPath(0)), 0), 'key 1');
    });
    test('the guest items', async () => {
      assert.equal(await served.vm.guestItems(), [
        { key: 'guest key', value: 'guest välue' },
        { key: 'second', value: '2' },
      ]);
    });
    test('the description of the host was pushed to pool 3', async () => {
      const items = await served.vm.enumerate(3);
      assert.ok(items.some(({ key, value }) => key === 'VirtualMachineName' && value === 'hv-kvp'));
    });
    test('pool 4 is empty', async () => {
      assert.equal(await served.vm.enumerate(4), []);
    });
    test('the intrinsic items', async () => {
      const values = Object.fromEntries((await served.vm.intrinsics()).map(({ key, value }) => [key, value]));
      assert.is(Object.keys(values).length, 10);
      assert.is(values['FullyQualifiedDomainName'], 'kvp-golden.example.test');
      assert.is(values['IntegrationServicesVersion'], '3.1');
      assert.is(values['NetworkAddressIPv4'], '10.20.30.40');
      assert.is(values['OSName'], 'Golden Linux');
    });
    test('the network configuration, by MAC', async () => {
      const ip = await served.vm.getIp(MAC);
      assert.equal(ip.addresses, ['10.20.30.40', 'fd00:20::40']);
      assert.equal(ip.gateways, ['10.20.30.1', 'fd00:20::1']);
      assert.equal(ip.dns, ['10.20.30.53', '10.20.30.54']);
      assert.is(ip.dhcp, false);
      assert.is(await codeOf(served.vm.getIp('00:15:5D:FF:FF:FF')), 'ERR_HOST_STATUS');
    });
    test('the end', async () => {
      await served.stop();
      assert.is(await daemon.ended, 1);
    });
  });
}

function lives(): void {
  suite('stock daemon in the complete machine, lives', ({ test }) => {
    test('a daemon that is killed and started again gets what was added meanwhile', async () => {
      rmSync(poolPath(0), { force: true });
      const served = await serveMachine(DEVICE);
      await served.vm.add('before the daemon', '1');
      const first = new StockDaemon();
      await served.vm.ready();
      assert.is(await served.vm.get('before the daemon'), '1');
      await first.stop('SIGKILL');
      const added = served.vm.add('while nobody listens', '2');
      const second = new StockDaemon();
      assert.equal(await added, { delivered: true });
      assert.is(await served.vm.get('while nobody listens'), '2');
      await second.stop();
      await served.stop();
    });
    test('a request that kills the daemon fails, and the next daemon serves on', async () => {
      const served = await serveMachine(DEVICE);
      const first = new StockDaemon();
      await served.vm.ready();
      // A key without a NUL in the pool: the stock daemon aborts when an earlier record is deleted (its fault A04).
      writeFileSync(poolPath(0), Buffer.concat([record('early', '1'), record('k'.repeat(512), '2')]));
      await served.vm.add('early', '1');
      assert.is(await codeOf(served.vm.remove('early')), 'ERR_HOST_STATUS');
      assert.is(await first.ended, 'SIGABRT');
      const second = new StockDaemon();
      assert.ok((await served.vm.intrinsics()).length === 10);
      await second.stop();
      await served.stop();
    });
    test('a reboot of the host pushes everything again', async () => {
      const served = await serveMachine(DEVICE);
      const daemon = new StockDaemon();
      await served.vm.ready();
      await served.vm.add('again', 'and again');
      rmSync(poolPath(0));
      writeFileSync(poolPath(0), '');
      served.vm.boot();
      await served.vm.ready();
      await daemon.stop();
      const next = new StockDaemon();
      assert.is(await served.vm.get('again'), 'and again');
      await next.stop();
      await served.stop();
    });
  });
}

function record(key: string, value: string): Buffer {
  const bytes = Buffer.alloc(2560);
  bytes.write(key, 0);
  bytes.write(value, 512);
  return bytes;
}

const textOf = (bytes: Buffer, offset: number) => bytes.toString('utf8', offset, bytes.indexOf(0, offset));

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error) => error.code,
  );
}
