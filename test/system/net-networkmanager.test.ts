/** NetworkManager takes a change up where it is: what stays is never away, and nobody hears of a link that goes down. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createNetFacts } from 'hv-kvp/net';
import { commandRunner, createNetChanger } from '#internal';
import { changingKernel, plugInto } from '../_support/changing-kernel.js';
import { configuration } from '../_support/configurations.js';
import { run } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';
import { startService, writeFile } from './failover/guest-system.js';
import { ip } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startBus } from './failover/systems/bus.js';

const PROFILE = `[connection]
id=room
uuid=6d2a1e5c-2b0f-4f6e-9d53-0123456789ab
type=ethernet
interface-name=eth0

[ipv4]
method=manual
address1=192.0.2.7/24
gateway=192.0.2.1
dns=192.0.2.53;

[ipv6]
method=auto
addr-gen-mode=eui64
`;

const nmcliOf = (started: readonly string[]) => started.filter((line) => line.startsWith('nmcli'));

const MANAGER = [
  'org.freedesktop.NetworkManager',
  '/org/freedesktop/NetworkManager',
  'org.freedesktop.NetworkManager',
] as const;
const busctl = (...call: string[]) => run('busctl', '--system', 'call', ...MANAGER, ...call);
const checkpoints = () => run('busctl', '--system', 'get-property', ...MANAGER, 'Checkpoints').trim();

/** What the kernel said while `act` went on. */
async function heard(act: () => Promise<void>): Promise<string> {
  const monitor: ChildProcess = spawn('ip', ['-o', 'monitor', 'address', 'link'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  monitor.stdout!.on('data', (data: Buffer) => {
    text += data.toString();
  });
  /** Changes that are made for the monitor to tell of. */
  let marks = 0;
  const mark = () => ip(`link set far0 mtu ${1400 + marks++}`);
  await until('the monitor listens', () => {
    mark();
    return text !== '';
  });
  await act();
  mark();
  await until('the monitor is up to date', () => text.includes(`mtu ${1400 + marks - 1} `));
  monitor.kill();
  return text;
}

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  await startBus();
  rmSync('/etc/network/interfaces', { force: true });
  writeFile('/etc/resolv.conf', '');
  writeFile('/etc/NetworkManager/NetworkManager.conf', '[main]\nplugins=keyfile\nno-auto-default=*\n');
  writeFile('/etc/NetworkManager/system-connections/room.nmconnection', PROFILE, 0o600);
  plugInto('eth0', '00:15:5D:01:02:03');
  startService('NetworkManager', '--no-daemon');
  const guest = changingKernel('eth0');
  await guest.comesToBe(configuration('192.0.2.7/24', '192.0.2.1', '192.0.2.53'));

  suite('NetworkManager on a kernel', ({ test, after }) => {
    after(() => guest.close());

    for (const [title, wanted] of Object.entries({
      'a second address and IPv6': configuration(
        '192.0.2.7/24 192.0.2.8/24 2001:db8::7/64',
        '192.0.2.1 2001:db8::1',
        '192.0.2.53 2001:db8::53',
      ),
      'another gateway': configuration('192.0.2.7/24', '192.0.2.254', '192.0.2.53'),
      'another DNS server': configuration('192.0.2.7/24', '192.0.2.254', '192.0.2.54'),
    })) {
      test(`${title}: the address that stays is never away`, async () => {
        const said = await heard(async () => {
          assert.equal(await guest.apply('eth0', wanted), { kind: 'applied' });
        });
        assert.match(nmcliOf(guest.started).at(-1)!, 'device reapply eth0');
        assert.not.match(said, /Deleted.*192\.0\.2\.7\//);
        assert.not.match(said, /eth0.*state DOWN/);
        assert.is(checkpoints(), 'ao 0');
        assert.ok(await guest.isSo(wanted));
        assert.ok((await guest.plan('eth0', wanted)).empty);
      });
    }

    test('a change whose process is gone in the middle is taken back by NetworkManager itself', async () => {
      const before = configuration('192.0.2.7/24', '192.0.2.254', '192.0.2.54');
      assert.ok(await guest.isSo(before));
      const facts = createNetFacts({ refreshMs: 60_000 });
      const ordinary = commandRunner();
      const isGone = new Promise<void>((gone) => {
        // As of a killed process: nothing comes after its last program.
        const dying = createNetChanger({
          probe: async () => [],
          ...{ facts, manager: 'networkmanager', stateDir: mkdtempSync('/run/hv-kvp-'), withinMs: 2_000 },
          async run(command, limits) {
            const answer = await ordinary(command, limits);
            if (!command.argv.includes('reapply')) return answer;
            gone();
            return new Promise(() => {});
          },
        });
        void dying.apply('eth0', configuration('192.0.2.99/24', '192.0.2.1', '192.0.2.53'));
      });
      await isGone;
      assert.match(checkpoints(), /^ao 1 "/);
      await until('the new address is there', () => ip('address show dev eth0').includes('192.0.2.99/24'));
      await until('the old one is back', () => ip('address show dev eth0').includes('192.0.2.7/24'));
      await guest.comesToBe(before);
      assert.is(checkpoints(), 'ao 0');
      facts.close();
    });

    test('a checkpoint of the device that a dead process left does not take a later change back', async () => {
      const device = /"(.*)"/.exec(busctl('GetDeviceByIpIface', 's', 'eth0'))![1]!;
      busctl('CheckpointCreate', 'aouu', '1', device, '2', '0');
      const left = checkpoints();
      const wanted = configuration('192.0.2.98/24', '192.0.2.1', '192.0.2.53');
      assert.equal(await guest.apply('eth0', wanted), { kind: 'applied' });
      assert.ok(guest.started.some((line) => line.includes(`CheckpointDestroy o ${/"(.*)"/.exec(left)![1]}`)));
      assert.is(checkpoints(), 'ao 0');
      assert.ok(await guest.isSo(wanted));
    });

    test('what NetworkManager does not take up where it is, it takes up from the start', async () => {
      run('nmcli', 'connection', 'modify', 'room', 'ethernet.cloned-mac-address', '00:15:5D:01:02:04');
      const wanted = configuration('192.0.2.9/24', '192.0.2.1', '192.0.2.53');
      assert.equal(await guest.apply('eth0', wanted), { kind: 'applied' });
      assert.equal(
        nmcliOf(guest.started).map((line) => line.split(' ').slice(3, 5).join(' ')),
        ['connection load', 'device reapply', 'connection up'],
      );
      assert.ok(await guest.isSo(wanted));
    });
  });
}
