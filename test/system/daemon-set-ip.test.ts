/**
 * SET_IP_INFO through the built program and a device file, on a machine without a network manager: carried out by `ip`,
 * refused truthfully, and taken back by the next daemon when the first is killed half-way.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { FAIL, type HarmedGuest, withHarmedGuest } from '../_support/harmed-guest.js';
import { getIp, ipOf, statusOf } from '../_support/key-value-requests.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';

const MAC = '00:15:5D:0A:0B:0C';
const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
const OLD = '10.20.30.40/24';
const NEW = '192.0.2.7/24';
/** What stands before the real one where the daemon looks for programs. */
const FAKE_IP = '/usr/local/sbin/ip';

/** An address with its mask, and a gateway. */
function setIp(address: string, gateway = ''): Uint8Array {
  return daemonMessage(5, 0, [
    [4, Buffer.from(GUID)],
    [262, Buffer.from(address)],
    [2310, Buffer.from('255.255.255.0')],
    [4358, Buffer.from(gateway)],
  ]);
}

function addresses(): string[] {
  const [found] = JSON.parse(
    execFileSync('ip', ['-j', '-4', 'address', 'show', 'dev', 'eth0'], { encoding: 'utf8' }),
  ) as {
    addr_info: { local: string; prefixlen: number }[];
  }[];
  return (found?.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  for (const folder of ['/var/lib', '/run', '/usr/local/sbin']) machine.privateDirectory(folder);
  machine.privateInterface({ name: 'eth0', mac: MAC, addresses: [OLD], gateways: [] });
  // Bridges have no adapter id: sysfs as a synthetic adapter would show it.
  machine.privateDirectory('/sys/class/net');
  mkdirSync('/sys/class/net/eth0/device', { recursive: true });
  writeFileSync('/sys/class/net/eth0/device/device_id', `${GUID}\n`);
  const realIp = execFileSync('sh', ['-c', 'command -v ip'], { encoding: 'utf8' }).trim();
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  /** Each begins with the old configuration and the real program. */
  const guest = (work: (guest: HarmedGuest) => Promise<void>) => {
    rmSync(FAKE_IP, { force: true });
    execFileSync('ip', ['address', 'flush', 'dev', 'eth0']);
    execFileSync('ip', ['address', 'add', OLD, 'dev', 'eth0']);
    return withHarmedGuest(device, {}, work);
  };
  /** At `ip … del …`, which comes after the first new address. */
  const misbehave = (what: string) => {
    writeFileSync(FAKE_IP, `#!/bin/sh\ncase "$*" in *" del "*) ${what};; esac\nexec ${realIp} "$@"\n`);
    chmodSync(FAKE_IP, 0o755);
  };

  suite('hv-kvp-daemon sets the IP configuration', ({ test, after }) => {
    after(() => served.close());

    test('N12: as the host asked, and says so; the same again is nothing to do', () =>
      guest(async ({ ask, status, directory }) => {
        assert.is(await status(setIp('192.0.2.7', '192.0.2.1')), 0);
        assert.equal(addresses(), [NEW]);
        const told = await ask(getIp(MAC));
        assert.is(statusOf(told), 0);
        const { addresses: shown, gateways } = ipOf(told);
        assert.equal([shown, gateways], ['192.0.2.7', '192.0.2.1;']);
        misbehave('exit 1');
        assert.is(await status(setIp('192.0.2.7', '192.0.2.1')), 0);
        assert.not.ok(existsSync(join(directory, 'net-journal')));
      }));

    test('a gateway that cannot be: failed, and the old configuration is in force', () =>
      guest(async ({ status }) => {
        assert.is(await status(setIp('192.0.2.7', '127.0.0.1')), FAIL);
        assert.equal(addresses(), [OLD]);
      }));

    test('killed half-way, the next daemon takes it back', () =>
      guest(async (harmed) => {
        misbehave('touch /run/half-way; exec sleep 1000');
        const answer = harmed.ask(setIp('192.0.2.7', '192.0.2.1')).then(
          () => 'answered',
          () => 'nobody answered',
        );
        await until('the change is half-way', () => existsSync('/run/half-way'));
        assert.equal(addresses().toSorted(), [OLD, NEW].toSorted());
        rmSync(FAKE_IP);
        await harmed.restart();
        assert.is(await answer, 'nobody answered');
        await until('the journal is gone', () => !existsSync(join(harmed.directory, 'net-journal')));
        assert.equal(addresses(), [OLD]);
        assert.is(await harmed.status(setIp('192.0.2.7', '192.0.2.1')), 0);
        assert.equal(addresses(), [NEW]);
      }));
  });
}
