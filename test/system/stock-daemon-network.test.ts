/** The stock daemon behind a device file of ours sets a network configuration, or refuses to. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';

const ADAPTER = '{d3a2b1c0-1111-2222-3333-444455556666}';
const SCRIPT = '/usr/libexec/hypervkvpd/hv_set_ifconfig';
const GUID_NOT_FOUND = 0x80041002;
const E_FAIL = 0x80004005;

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.stockDaemonDirectories();
  syntheticAdapter();
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const daemon = new StockDaemon();
  await device.registered();

  suite('stock daemon, SET_IP_INFO', ({ test, after }) => {
    after(async () => {
      await daemon.stop();
      await served.close();
    });

    test('refuses an adapter that does not exist', async () => {
      assert.is(statusOf(await device.request(setIp('{00000000-0000-0000-0000-000000000000}'))), GUID_NOT_FOUND);
    });

    test('refuses where the distribution has no script', async () => {
      assert.is(statusOf(await device.request(setIp(ADAPTER))), E_FAIL);
    });

    test('accepts, and hands the script what the host sent', async () => {
      // The version in Debian 12 gives the ifcfg file only.
      writeFileSync(SCRIPT, '#!/bin/sh\ncat "$1" > /var/lib/applied.ifcfg\n', { mode: 0o755 });
      assert.is(statusOf(await device.request(setIp(ADAPTER))), 0);
      const ifcfg = readFileSync('/var/lib/applied.ifcfg', 'utf8');
      for (const line of [
        'DEVICE=eth7',
        'BOOTPROTO=none',
        'IPADDR0=192.0.2.7',
        'NETMASK0=255.255.255.0',
        'GATEWAY=192.0.2.1',
      ])
        assert.ok(ifcfg.split('\n').includes(line), `${line} in ${ifcfg}`);
    });

    test('reports the failure of the script', async () => {
      writeFileSync(SCRIPT, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
      assert.is(statusOf(await device.request(setIp(ADAPTER))), E_FAIL);
    });
  });
}

/** An interface as the network driver of Hyper-V shows it: with the adapter's id in /sys. No bridge has one. */
function syntheticAdapter(): void {
  machine.privateDirectory('/sys');
  mkdirSync('/sys/class/net/eth7/device', { recursive: true });
  writeFileSync('/sys/class/net/eth7/address', '00:15:5d:00:00:07\n');
  writeFileSync('/sys/class/net/eth7/device/device_id', `${ADAPTER}\n`);
}

function setIp(adapter: string): Uint8Array {
  const text = (value: string) => Buffer.from(value);
  return daemonMessage(5, 0, [
    [4, text(adapter)],
    [260, text('\x01')],
    [262, text('192.0.2.7')],
    [2310, text('255.255.255.0')],
    [4358, text('192.0.2.1')],
    [5382, text('192.0.2.53')],
  ]);
}

const statusOf = (answer: Uint8Array) => Buffer.from(answer).readUInt32LE(0);
