/** NetworkManager with its own DHCP client: the console shows what nmcli shows, and resolvectl where resolved is asked. */
import { rmSync } from 'node:fs';
import { guestConsole } from '../_support/guest-console.js';
import { assert, suite } from '../_support/suite.js';
import { startService, writeFile } from './failover/guest-system.js';
import { ip, run } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startBus } from './failover/systems/bus.js';
import { startResolved } from './failover/systems/networkd.js';
import { allEqualIproute, comesToShow, LINKS, type LinkName, plugInAll } from './net-read-guest.js';

const PROFILE = `[connection]
id=office
uuid=6d2a1e5c-2b0f-4f6e-9d53-0123456789ab
type=ethernet
interface-name=eth1

[ipv4]
method=manual
address1=198.51.100.10/24,198.51.100.1
dns=198.51.100.53;198.51.100.54;

[ipv6]
method=manual
address1=2001:db8:2::10/64
`;

export async function testNetworkManager(file: string, resolver: 'resolv.conf' | 'resolved'): Promise<void> {
  if (!(await insidePrivateRoot(file, resolver === 'resolved' ? 'systemd-resolved' : undefined))) return;
  plugInAll();
  ip('link set eth2 up');
  ip('address add 203.0.113.10/24 dev eth2');
  await startBus();
  rmSync('/etc/network/interfaces', { force: true });
  if (resolver === 'resolved') await startResolved();
  else {
    rmSync('/etc/resolv.conf', { force: true });
    writeFile('/etc/resolv.conf', '');
  }
  writeFile('/etc/NetworkManager/NetworkManager.conf', '[main]\nplugins=keyfile\ndhcp=internal\n');
  writeFile('/etc/NetworkManager/system-connections/office.nmconnection', PROFILE, 0o600);
  startService('NetworkManager', '--no-daemon');
  const console = await guestConsole();

  /** Servers as nmcli(1) or resolvectl(1) tells them for the interface. */
  const told = (name: LinkName): string[] =>
    resolver === 'resolved'
      ? wordsOf(run('resolvectl', 'dns', name).replace(/^[^:]*:/, ''))
      : wordsOf(run('nmcli', '--escape', 'no', '-g', 'IP4.DNS,IP6.DNS', 'device', 'show', name).replaceAll('|', ' '));
  const equalTold = async () => {
    for (const name of ['eth0', 'eth1', 'eth2'] as const)
      assert.equal((await console.shows(LINKS[name].mac)).dns, told(name), name);
  };

  /** NetworkManager 1.42 does not always tell resolved 252 what it knows; then the console shows what resolved asks. */
  const asked = (...dns: string[]) => (resolver === 'resolved' ? {} : { dns });

  suite(`a console shows of NetworkManager, with ${resolver}`, ({ test, after }) => {
    after(() => console.stop());

    test('a lease of a profile in memory, a static profile, and an interface that it only watches', async () => {
      await comesToShow(console, 'eth0', {
        dhcp: true,
        address: LINKS.eth0.lease,
        dns: ['192.0.2.53'],
        gateways: ['192.0.2.1'],
      });
      const dns = ['198.51.100.53', '198.51.100.54'];
      await comesToShow(console, 'eth1', { dhcp: false, address: '198.51.100.10', dns, gateways: ['198.51.100.1'] });
      await comesToShow(console, 'eth2', { dhcp: false, address: '203.0.113.10', dns: [], gateways: [] });
      await allEqualIproute(console);
      await equalTold();
    });

    test('a static profile that becomes automatic, with servers of its own, and back', async () => {
      run('nmcli', 'connection', 'modify', 'office', 'ipv4.method', 'auto', 'ipv4.addresses', '', 'ipv4.gateway', '');
      run('nmcli', 'connection', 'up', 'office');
      await comesToShow(console, 'eth1', {
        dhcp: true,
        address: LINKS.eth1.lease,
        ...asked('198.51.100.53', '198.51.100.54'),
        gateways: ['198.51.100.1'],
      });
      await equalTold();
      run(
        'nmcli',
        'connection',
        'modify',
        'office',
        'ipv4.dns',
        '',
        'ipv4.method',
        'manual',
        'ipv4.addresses',
        '198.51.100.11/24',
      );
      run('nmcli', 'connection', 'up', 'office');
      await comesToShow(console, 'eth1', { dhcp: false, address: '198.51.100.11', ...asked(), gateways: [] });
      await allEqualIproute(console);
      await equalTold();
    });

    test('a lease whose servers are not wanted', async () => {
      run(
        'nmcli',
        'connection',
        'modify',
        'office',
        'ipv4.method',
        'auto',
        'ipv4.addresses',
        '',
        'ipv4.ignore-auto-dns',
        'yes',
        'ipv4.dns',
        '203.0.113.53',
      );
      run('nmcli', 'connection', 'up', 'office');
      await comesToShow(console, 'eth1', { dhcp: true, address: LINKS.eth1.lease, ...asked('203.0.113.53') });
      await equalTold();
    });
  });
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
