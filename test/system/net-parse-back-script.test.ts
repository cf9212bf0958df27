/** The script interface's ifcfg file is byte for byte the one that the stock daemon writes; a shell reads ours of ifcfg. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { backendVectors } from '../_support/backend-vectors.js';
import { run } from '../_support/parse-back.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const ADAPTER = '{d3a2b1c0-1111-2222-3333-444455556666}';

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.stockDaemonDirectories();
  machine.privateDirectory('/sys');
  mkdirSync('/sys/class/net/eth0/device', { recursive: true });
  writeFileSync('/sys/class/net/eth0/address', '00:15:5d:01:02:03\n');
  writeFileSync('/sys/class/net/eth0/device/device_id', `${ADAPTER}\n`);
  const script = '#!/bin/sh\ncat "$1" > /var/lib/applied.ifcfg\n';
  writeFileSync('/usr/libexec/hypervkvpd/hv_set_ifconfig', script, { mode: 0o755 });
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const daemon = new StockDaemon();
  await device.registered();

  suite('the stock daemon writes the same ifcfg file', ({ test, after }) => {
    after(async () => {
      await daemon.stop();
      await served.close();
    });
    for (const { name, wanted, after: files } of backendVectors('script')) {
      test(name, async () => {
        const { dhcp, addresses, gateways, dns } = wanted;
        const subnets = addresses.map(({ family, prefix }) => (family === 4 ? mask(prefix) : String(prefix)));
        const list = (items: string[]) => Buffer.from(items.join(';'));
        const answer = await device.request(
          daemonMessage(5, 0, [
            [4, Buffer.from(ADAPTER)],
            [260, Buffer.from([3])],
            [261, Buffer.from([dhcp ? 1 : 0])],
            [262, list(addresses.map(({ text }) => text))],
            [2310, list(subnets)],
            [4358, list(gateways)],
            [5382, list(dns)],
          ]),
        );
        assert.is(Buffer.from(answer).readUInt32LE(0), 0);
        assert.is(files['/var/lib/hyperv/ifcfg-eth0'], readFileSync('/var/lib/applied.ifcfg', 'utf8'));
      });
    }
  });

  suite('a shell reads the ifcfg files', ({ test }) => {
    for (const { name, folder, wanted, after: files } of backendVectors('ifcfg')) {
      test(name, () => {
        const path = Object.keys(files).find((one) => !one.endsWith('-lo'))!;
        const [four, six] = [4, 6].map((family) => wanted.addresses.filter((address) => address.family === family));
        const value = (key: string) =>
          run('sh', '-c', `. "$1"; printf %s "\${${key}-}"`, 'read', `${folder}/after${path}`);
        assert.is(value('BOOTPROTO') === 'dhcp', wanted.dhcp);
        for (const at of [0, 1, 2, 3]) {
          const number = at === 0 ? '' : String(at);
          const prefix = four![at] === undefined ? '' : String(four![at].prefix);
          assert.is(value(`IPADDR${number}`), four![at]?.text ?? '');
          assert.ok(
            [prefix, prefix && mask(Number(prefix))].includes(value(`PREFIX${number}`) || value(`NETMASK${number}`)),
          );
        }
        const texts = six!.map(({ text, prefix }) => `${text}/${prefix}`);
        assert.is(value('IPV6ADDR'), texts[0] ?? '');
        assert.is(value('IPV6ADDR_SECONDARIES'), texts.slice(1).join(' '));
        assert.equal([1, 2, 3].map((at) => value(`DNS${at}`)).filter(Boolean), wanted.dns);
        const gateways = [value('GATEWAY'), value('IPV6_DEFAULTGW').replace('%eth0', '')];
        assert.equal(gateways.filter(Boolean), wanted.gateways);
      });
    }
  });
}

function mask(prefix: number): string {
  const bits = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}
