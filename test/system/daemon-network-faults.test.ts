/** N of the stock daemon's fault list: requests about the network that kill it or make it run what a name says. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import {
  ADAPTER_NOT_FOUND,
  FAIL,
  type HarmedGuest,
  INVALID_ARGUMENT,
  withHarmedGuest,
} from '../_support/harmed-guest.js';
import { getIp, ipOf, statusOf } from '../_support/key-value-requests.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const MAC = '00:15:5D:0A:0B:0C';
const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
/** In a shell the name would make a file "z". */
const COMMAND = { name: ['a;touch$', 'IFS}z'].join('{'), mac: '00:15:5D:0A:0B:0D' };
const COMMAND_GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ac}';

/** SET_IP_INFO with the texts of one adapter. */
function setIp(adapterId: string, addresses: string, subnets: string): Uint8Array {
  const bytes = daemonMessage(5, 0, [
    [4, Buffer.from(adapterId)],
    [262, Buffer.from(addresses)],
    [2310, Buffer.from(subnets)],
  ]);
  bytes[260] = 1;
  return bytes;
}

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');
  machine.privateDirectory('/etc/network');
  machine.privateDirectory('/run');
  machine.privateInterface({ name: 'eth0', mac: MAC, addresses: ['10.20.30.40/24'], gateways: [] });
  execFileSync('ip', ['link', 'add', COMMAND.name, 'type', 'bridge']);
  execFileSync('ip', ['link', 'set', COMMAND.name, 'address', COMMAND.mac, 'up']);
  execFileSync('ip', ['address', 'add', '192.0.2.7/24', 'dev', COMMAND.name]);
  // Bridges have no adapter id: sysfs as a synthetic adapter would show it.
  machine.privateDirectory('/sys/class/net');
  for (const [name, guid] of [
    ['eth0', GUID],
    [COMMAND.name, COMMAND_GUID],
  ] as const) {
    mkdirSync(`/sys/class/net/${name}/device`, { recursive: true });
    writeFileSync(`/sys/class/net/${name}/device/device_id`, `${guid}\n`);
  }
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  const guest = (work: (guest: HarmedGuest) => Promise<void>) => withHarmedGuest(device, {}, work);

  suite('hv-kvp-daemon and hostile network requests', ({ test, after }) => {
    after(() => served.close());

    test('N16, N15b: SET_IP_INFO with text that is no address changes no file', async () => {
      const before = filesBelow('/etc/network');
      await guest(async ({ status }) => {
        for (const [addresses, subnets] of [
          ['1'.repeat(46), '255.255.255.0'],
          ['1'.repeat(1024), '255.255.255.0'],
          ['fe80::1%'.padEnd(46, 'x'), '64'],
          ['10.0.0.1', '$(touch z)'],
          ['10.0.0.1;`touch z`', '255.255.255.0;255.255.255.0'],
          ['10.0.0.1\nup touch z', '255.255.255.0'],
        ] as const)
          assert.is(await status(setIp(GUID, addresses, subnets)), INVALID_ARGUMENT, addresses);
      });
      assert.equal(filesBelow('/etc/network'), before);
      assert.not.ok(existsSync('z'));
    });

    test('N07, N11: metacharacters in an adapter id name no adapter', async () => {
      await guest(async ({ status }) => {
        for (const id of ['$(touch z)', '`touch z`', '; touch z', '../../../etc/passwd', `${GUID}; touch z`]) {
          assert.is(await status(getIp(id)), FAIL, id);
          assert.is(await status(setIp(id, '10.0.0.1', '255.255.255.0')), ADAPTER_NOT_FOUND, id);
        }
      });
      assert.not.ok(existsSync('z'));
    });

    test('N08, N19: an interface named like a command is an interface', async () => {
      await guest(async ({ ask, status }) => {
        const answer = await ask(getIp(COMMAND.mac));
        assert.is(statusOf(answer), 0);
        assert.match((ipOf(answer) as { addresses: string }).addresses, /^192\.0\.2\.7\b/);
        assert.is(await status(setIp(COMMAND_GUID, 'not an address', '24')), INVALID_ARGUMENT);
      });
      assert.not.ok(existsSync('z'));
    });

    test('N03, N04: a MAC in lower case is the same, and the loopback is none', async () => {
      await guest(async ({ ask, status }) => {
        assert.equal(ipOf(await ask(getIp(MAC.toLowerCase()))), ipOf(await ask(getIp(MAC))));
        assert.is(await status(getIp('00:00:00:00:00:00')), FAIL);
      });
    });

    test('N18, N20: GET_IP_INFO starts no program, so that none can be slow', async () => {
      machine.privateDirectory('/srv');
      for (const name of ['ip', 'sh', 'hv_get_dns_info', 'hv_get_dhcp_info']) {
        writeFileSync(`/srv/${name}`, `#!/bin/sh\necho ${name} >>/srv/started\nexec sleep 60\n`);
        chmodSync(`/srv/${name}`, 0o755);
      }
      const path = process.env['PATH'];
      process.env['PATH'] = `/srv:${path}`;
      try {
        await guest(async ({ status, daemon }) => {
          for (let round = 0; round < 20; round++) assert.is(await status(getIp(MAC)), 0);
          const children = readFileSync(`/proc/${daemon.process.pid}/task/${daemon.process.pid}/children`, 'utf8');
          assert.is(children, '');
        });
      } finally {
        process.env['PATH'] = path;
      }
      assert.not.ok(existsSync('/srv/started'));
    });
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
}
