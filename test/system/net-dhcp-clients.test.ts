/** Where no manager is in charge, each of the DHCP clients is started, keeps to the DNS servers, and ends again. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { changingKernel } from '../_support/changing-kernel.js';
import { configuration } from '../_support/configurations.js';
import { assert, suite } from '../_support/suite.js';
import { writeFile } from './failover/guest-system.js';
import { bringUpLoopback, plugIn } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';

const PROGRAMS = { dhclient: '/sbin/dhclient', dhcpcd: '/usr/sbin/dhcpcd', udhcpc: '/sbin/udhcpc' } as const;
/** dhcpcd asks several seconds long whether somebody else has the address. */
const LIMIT = { limit: 60_000 };
type Client = keyof typeof PROGRAMS;

const STATIC = configuration('198.51.100.7/24', '198.51.100.1', '192.0.2.53');
const DHCP = configuration('', '', '', true);
const DHCP_AND_DNS = configuration('', '', '192.0.2.54', true);

const hide = (client: Client) => renameSync(PROGRAMS[client], `${PROGRAMS[client]}-hidden`);
const show = (client: Client) => renameSync(`${PROGRAMS[client]}-hidden`, PROGRAMS[client]);

/** Nobody buries a process that ended here. */
const isRunning = (client: Client): boolean =>
  readdirSync('/proc').some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').startsWith(`${pid} (${client}) S`);
    } catch {
      return false;
    }
  });

const nameServers = (): string[] =>
  readFileSync('/etc/resolv.conf', 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('nameserver ') ? [line.slice(11)] : []));

if (await insidePrivateRoot(fileURLToPath(import.meta.url), 'dhcpcd-base')) {
  bringUpLoopback();
  writeFile('/etc/resolv.conf', 'nameserver 203.0.113.53\n');
  plugIn(
    {
      name: 'lan',
      addresses: ['198.51.100.1/24'],
      dhcp: { from: '198.51.100.100', to: '198.51.100.120', dns: '198.51.100.1' },
    },
    'eth0',
    '00:15:5D:01:02:03',
  );
  for (const client of ['dhclient', 'dhcpcd', 'udhcpc'] as const) hide(client);
  const guest = changingKernel('eth0', 'iproute2');

  suite('DHCP without a manager', ({ test, after }) => {
    after(() => guest.close());

    test('a container with the links of services and without systemd has no manager', async () => {
      rmSync('/etc/network/interfaces', { force: true });
      writeFile('/etc/systemd/system/multi-user.target.wants/NetworkManager.service', '');
      const auto = changingKernel('eth0');
      assert.is((await auto.plan('eth0', STATIC)).backend.name, 'iproute2');
      mkdirSync('/run/systemd/system', { recursive: true });
      assert.is((await auto.plan('eth0', STATIC)).backend.name, 'networkmanager');
      rmSync('/run/systemd/system', { recursive: true });
      auto.close();
    });

    for (const client of ['dhclient', 'dhcpcd', 'udhcpc'] as const) {
      test(
        `${client}: from a static configuration to a lease and back`,
        async () => {
          show(client);
          try {
            await guest.apply('eth0', STATIC);
            assert.ok(await guest.isSo(STATIC), JSON.stringify(await guest.present()));
            assert.equal(await guest.apply('eth0', DHCP), { kind: 'applied' });
            assert.ok(isRunning(client), 'it runs');
            const { addresses, gateways, dhcp } = await guest.present();
            assert.match(addresses.map(({ text }) => text).join(), /^198\.51\.100\.1[0-2][0-9]$/);
            assert.equal([gateways, dhcp], [['198.51.100.1'], true]);
            assert.equal(nameServers(), ['198.51.100.1']);
            assert.ok((await guest.plan('eth0', DHCP)).empty);

            assert.equal(await guest.apply('eth0', STATIC), { kind: 'applied' });
            assert.is(isRunning(client), false);
            assert.ok(await guest.isSo(STATIC));
            assert.equal(nameServers(), ['192.0.2.53']);
          } finally {
            hide(client);
          }
        },
        LIMIT,
      );

      if (client === 'udhcpc') continue;
      test(
        `${client}: DNS servers that are wanted beside a lease stay`,
        async () => {
          show(client);
          try {
            await guest.apply('eth0', STATIC);
            assert.ok(await guest.isSo(STATIC), JSON.stringify(await guest.present()));
            assert.equal(await guest.apply('eth0', DHCP_AND_DNS), { kind: 'applied' });
            assert.equal(nameServers(), ['192.0.2.54']);
            assert.equal(await guest.apply('eth0', STATIC), { kind: 'applied' });
          } finally {
            hide(client);
          }
        },
        LIMIT,
      );
    }

    test('udhcpc: DNS servers beside a lease are refused, as it would write its own over them', async () => {
      show('udhcpc');
      try {
        const refused = await guest.plan('eth0', DHCP_AND_DNS).then(String, (error: { code?: string }) => error.code);
        assert.is(refused, 'ERR_NET_BACKEND');
        assert.ok(existsSync('/etc/resolv.conf'));
      } finally {
        hide('udhcpc');
      }
    });
  });
}
