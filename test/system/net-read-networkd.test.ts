/** systemd-networkd with systemd-resolved, by hand and through netplan: the console shows what resolvectl shows. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { guestConsole } from '../_support/guest-console.js';
import { assert, suite } from '../_support/suite.js';
import { writeFile } from './failover/guest-system.js';
import { run } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startNetworkd } from './failover/systems/networkd.js';
import { allEqualIproute, comesToShow, LINKS, type LinkName, plugInAll } from './net-read-guest.js';

const UNIT = '/etc/systemd/network/20-eth0.network';
const unit = (name: string, settings: string) => `[Match]\nName=${name}\n[Network]\nIPv6AcceptRA=no\n${settings}`;
const DHCP = unit('eth0', 'DHCP=ipv4\n');
const STATIC = unit('eth0', 'Address=192.0.2.10/24\nGateway=192.0.2.1\nDNS=192.0.2.77\n');

/** As `resolvectl dns eth1` has them: "Link 3 (eth1): 198.51.100.53 [2001:db8:2::53]:5353#dns.example". */
function resolvectl(name: LinkName): string[] {
  const servers = run('resolvectl', 'dns', name)
    .trim()
    .replace(/^[^:]*:\s*/, '');
  const address = (text: string) =>
    text
      .replace(/#.*/, '')
      .replace(/^\[(.*)\].*/, '$1')
      .replace(/%.*/, '');
  return servers === '' ? [] : servers.split(/\s+/).map(address);
}

if (await insidePrivateRoot(fileURLToPath(import.meta.url), 'systemd-resolved')) {
  plugInAll();
  writeFile(UNIT, DHCP);
  writeFile(
    '/etc/systemd/network/20-eth1.network',
    unit(
      'eth1',
      'Address=198.51.100.10/24\nAddress=2001:db8:2::10/64\nGateway=198.51.100.1\nGateway=2001:db8:2::1\nDNS=198.51.100.53 [2001:db8:2::53]:5353#dns.example\nDNS=2001:db8:2::54 fe80::53%eth1\n',
    ),
  );
  await startNetworkd();
  const console = await guestConsole();
  const equalResolvectl = async () => {
    for (const name of Object.keys(LINKS) as LinkName[])
      assert.equal((await console.shows(LINKS[name].mac)).dns, resolvectl(name), name);
  };

  suite('a console shows of networkd', ({ test, after }) => {
    after(() => console.stop());

    test('a lease, a static configuration and a link that it leaves alone', async () => {
      await comesToShow(console, 'eth0', {
        dhcp: true,
        address: LINKS.eth0.lease,
        dns: ['192.0.2.53'],
        gateways: ['192.0.2.1'],
      });
      await comesToShow(console, 'eth1', {
        dhcp: false,
        address: '198.51.100.10',
        dns: ['198.51.100.53', '2001:db8:2::53', '2001:db8:2::54', 'fe80::53'],
        gateways: ['198.51.100.1', '2001:db8:2::1'],
      });
      await comesToShow(console, 'eth2', { dhcp: false, address: '', dns: [], gateways: [] });
      await allEqualIproute(console);
      await equalResolvectl();
    });

    test('servers that somebody gives a link at run time', async () => {
      run('resolvectl', 'dns', 'eth1', '203.0.113.99', '2001:db8::99');
      await comesToShow(console, 'eth1', {
        dhcp: false,
        address: '198.51.100.10',
        dns: ['203.0.113.99', '2001:db8::99'],
      });
      await equalResolvectl();
      run('resolvectl', 'revert', 'eth1');
      await comesToShow(console, 'eth1', {
        dhcp: false,
        address: '198.51.100.10',
        dns: ['198.51.100.53', '2001:db8:2::53', '2001:db8:2::54', 'fe80::53'],
      });
    });

    test('from a lease to a static configuration and back', async () => {
      writeFile(UNIT, STATIC);
      run('networkctl', 'reload');
      await comesToShow(console, 'eth0', {
        dhcp: false,
        address: '192.0.2.10',
        dns: ['192.0.2.77'],
        gateways: ['192.0.2.1'],
      });
      await equalResolvectl();
      writeFile(UNIT, DHCP);
      run('networkctl', 'reload');
      await comesToShow(console, 'eth0', {
        dhcp: true,
        address: LINKS.eth0.lease,
        dns: ['192.0.2.53'],
        gateways: ['192.0.2.1'],
      });
      await allEqualIproute(console);
    });

    test('what netplan made of its file: a lease, then none', async () => {
      const netplan = (settings: string) => {
        writeFile(
          '/etc/netplan/10-eth2.yaml',
          `network: {version: 2, renderer: networkd, ethernets: {eth2: {accept-ra: false, ${settings}}}}\n`,
          0o600,
        );
        run('netplan', 'generate');
        run('networkctl', 'reload');
      };
      netplan('dhcp4: true');
      await comesToShow(console, 'eth2', {
        dhcp: true,
        address: LINKS.eth2.lease,
        dns: ['203.0.113.53'],
        gateways: ['203.0.113.1'],
      });
      netplan('addresses: [203.0.113.10/24], nameservers: {addresses: [203.0.113.88]}');
      await comesToShow(console, 'eth2', { dhcp: false, address: '203.0.113.10', dns: ['203.0.113.88'], gateways: [] });
      await allEqualIproute(console);
      await equalResolvectl();
    });

    test('the file that everybody asks, where that is not resolved’s', async () => {
      rmSync('/etc/resolv.conf');
      writeFile('/etc/resolv.conf', 'nameserver 192.0.2.1\n');
      await comesToShow(console, 'eth0', { dhcp: true, address: LINKS.eth0.lease, dns: ['192.0.2.1'] });
      await comesToShow(console, 'eth1', { dhcp: false, address: '198.51.100.10', dns: ['192.0.2.1'] });
    });
  });
}
