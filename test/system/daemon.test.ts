/** Our daemon as a program on a device file, in the place of the stock one. */
import { mkdirSync, readFileSync } from 'node:fs';
import { arch, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { enumerate, get, getIp, ipOf, itemOf, set, statusOf, textAt } from '../_support/key-value-requests.js';
import { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { recordedEnvironment } from '../_support/recorded-daemon.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
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
  machine.privateDirectory('/var/lib');
  mkdirSync('/var/lib/hyperv');
  const device = new RegisteringDevice();
  let served = await serveDevice({ path: DEVICE, server: device });

  suite('hv-kvp-daemon', ({ test, after }) => {
    after(() => served.close());

    test('registers, is called hv_kvp_daemon, and dies of SIGTERM while idle', async () => {
      const daemon = new OurDaemon();
      await device.registered();
      assert.is(machine.onlyProcess('hv_kvp_daemon'), daemon.process.pid);
      assert.is(await daemon.stop(), 'SIGTERM');
      await device.closed();
    });

    test('tells the true intrinsic items in their order', async () => {
      const daemon = new OurDaemon();
      await device.registered();
      const items: [string, string][] = [];
      for (let index = 0; index < 10; index++) items.push(itemOf(await device.request(enumerate(2, index))));
      assert.equal(items, [
        ['FullyQualifiedDomainName', 'kvp-golden.example.test'],
        ['IntegrationServicesVersion', '3.1'],
        ['NetworkAddressIPv4', '10.20.30.40'],
        ['NetworkAddressIPv6', 'fd00:20::40'],
        ['OSBuildNumber', release()],
        ['OSName', 'Golden Linux'],
        ['OSMajorVersion', '7.5'],
        ['OSMinorVersion', ''],
        ['OSVersion', release().split('-')[0]],
        ['ProcessorArchitecture', arch() === 'x64' ? 'x86_64' : 'aarch64'],
      ]);
      assert.is(statusOf(await device.request(enumerate(2, 10))), 0x80070103);
      await daemon.stop();
      await device.closed();
    });

    test('tells the configuration of an interface by its MAC', async () => {
      const daemon = new OurDaemon();
      await device.registered();
      assert.equal(ipOf(await device.request(getIp('00:15:5D:0A:0B:0C'))), {
        family: 3,
        dhcp: 0,
        addresses: '10.20.30.40;fd00:20::40',
        subnets: '255.255.255.0;/64',
        gateways: '10.20.30.1;fd00:20::1;',
        dns: '10.20.30.53;10.20.30.54;',
      });
      assert.is(statusOf(await device.request(getIp('00:15:5D:FF:FF:FF'))), 0x80004005);
      await daemon.stop();
      await device.closed();
    });

    test('writes pool files that the next daemon reads', async () => {
      const first = new OurDaemon();
      await device.registered();
      assert.is(statusOf(await device.request(set(1, 'Schlüssel', 'Wert'))), 0);
      await first.stop('SIGKILL');
      await device.closed();
      const second = new OurDaemon();
      await device.registered();
      assert.is(textAt(await device.request(get(1, 'Schlüssel')), 528), 'Wert');
      assert.is(readFileSync('/var/lib/hyperv/.kvp_pool_1').length, 2560);
      await second.stop();
      await device.closed();
    });

    test('without -n its starter ends after the registration, and it serves on', async () => {
      const starter = new OurDaemon([]);
      assert.is(await starter.ended, 0, starter.output);
      assert.is(device.registrations.length > 0, true);
      const pid = machine.onlyProcess('hv_kvp_daemon');
      assert.is.not(pid, starter.process.pid);
      assert.is(statusOf(await device.request(set(0, 'from', 'afar'))), 0);
      process.kill(pid);
      await device.closed();
      await machine.noProcess('hv_kvp_daemon');
    });

    test('without a device it ends with 1 and says why, in the foreground and in the background', async () => {
      for (const args of [['-n'], []]) {
        const daemon = new OurDaemon([...args, '--device', '/dev/vmbus/nothing']);
        assert.is(await daemon.ended, 1);
        assert.match(daemon.output, /ENOENT/);
      }
    });

    test('waits for a device that comes later, when asked to', async () => {
      await served.close();
      const daemon = new OurDaemon(['-n', '--wait']);
      served = await serveDevice({ path: DEVICE, server: device });
      await device.registered();
      assert.is(statusOf(await device.request(set(0, 'a', 'b'))), 0);
      await daemon.stop();
      await device.closed();
    });

    test('registers again when the driver went away and came back', async () => {
      const daemon = new OurDaemon();
      await device.registered();
      await served.close();
      await device.closed();
      served = await serveDevice({ path: DEVICE, server: device });
      await device.registered();
      assert.is(statusOf(await device.request(set(0, 'c', 'd'))), 0);
      await daemon.stop();
      await device.closed();
    });

    test('SIGHUP reloads and serves on; unknown options end with 1, help with 0', async () => {
      const daemon = new OurDaemon();
      await device.registered();
      daemon.process.kill('SIGHUP');
      assert.is(statusOf(await device.request(set(0, 'e', 'f'))), 0);
      await daemon.stop();
      await device.closed();
      assert.match(daemon.output, /reloaded/);
      assert.is(await new OurDaemon(['--bogus']).ended, 1);
      assert.is(await new OurDaemon(['-h']).ended, 0);
    });

    test('shows values in its log only with -d', async () => {
      for (const debug of [false, true]) {
        const daemon = new OurDaemon(debug ? ['-n', '-d'] : ['-n']);
        await device.registered();
        await device.request(set(0, 'colour', 'ultramarine'));
        await device.request(set(0, 'db_password', 'hunter2'));
        await daemon.stop();
        await device.closed();
        assert.is(daemon.output.includes('ultramarine'), debug);
        assert.not.match(daemon.output, /hunter2/);
      }
    });
  });
}
