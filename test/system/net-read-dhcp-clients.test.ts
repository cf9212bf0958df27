/** Clients without a manager: ifupdown with dhclient, dhcpcd, BusyBox's udhcpc, and the same addresses set by hand. */
import { fileURLToPath } from 'node:url';
import { guestConsole } from '../_support/guest-console.js';
import { suite } from '../_support/suite.js';
import { writeFile } from './failover/guest-system.js';
import { addressesOf, ip, run } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { allEqualIproute, comesToShow, LINKS, plugInAll } from './net-read-guest.js';

const INTERFACES = '/etc/network/interfaces';

if (await insidePrivateRoot(fileURLToPath(import.meta.url), 'dhcpcd-base')) {
  plugInAll();
  writeFile('/etc/resolv.conf', '');
  writeFile('/run/network/ifstate', '');
  const console = await guestConsole();
  /** What is left when a client ended: its address, set by hand. */
  const setByHand = (link: string) => {
    const [address = ''] = addressesOf(link);
    ip(`address flush dev ${link}`);
    ip(`address add ${address} dev ${link}`);
  };

  suite('a console shows of DHCP clients', ({ test, after }) => {
    after(() => console.stop());

    test('dhclient, started by ifup; then a static stanza with the address that it had', async () => {
      writeFile(INTERFACES, 'iface eth0 inet dhcp\n');
      run('ifup', 'eth0');
      await comesToShow(console, 'eth0', {
        dhcp: true,
        address: LINKS.eth0.lease,
        dns: ['192.0.2.53'],
        gateways: ['192.0.2.1'],
      });
      const [address = ''] = addressesOf('eth0');
      run('ifdown', 'eth0');
      writeFile(INTERFACES, `iface eth0 inet static\n  address ${address}\n  gateway 192.0.2.1\n`);
      run('ifup', 'eth0');
      await comesToShow(console, 'eth0', {
        dhcp: false,
        address: LINKS.eth0.lease,
        dns: ['192.0.2.53'],
        gateways: ['192.0.2.1'],
      });
      await allEqualIproute(console);
      run('ifdown', 'eth0');
    });

    test('dhclient, by a mapping of ifupdown', async () => {
      writeFile(INTERFACES, 'iface office inet dhcp\niface eth0 inet static\n  address 192.0.2.9/24\n');
      run('ifup', 'eth0=office');
      await comesToShow(console, 'eth0', { dhcp: true, address: LINKS.eth0.lease, dns: ['192.0.2.53'] });
      run('ifdown', 'eth0');
      run('ifup', 'eth0');
      await comesToShow(console, 'eth0', { dhcp: false, address: '192.0.2.9', dns: ['192.0.2.53'] });
      run('ifdown', 'eth0');
      writeFile(INTERFACES, '');
    });

    test('dhclient, by hand, with its leases in the file for all', async () => {
      ip('link set eth0 up');
      run('dhclient', '-4', '-1', '-pf', '/run/dhclient.pid', '-lf', '/var/lib/dhcp/dhclient.leases', 'eth0');
      await comesToShow(console, 'eth0', { dhcp: true, address: LINKS.eth0.lease, dns: ['192.0.2.53'] });
      run('dhclient', '-4', '-r', '-pf', '/run/dhclient.pid', '-lf', '/var/lib/dhcp/dhclient.leases', 'eth0');
      await comesToShow(console, 'eth0', { dhcp: false, address: /^(fe80::.*)?$/, dns: ['192.0.2.53'] });
    });

    test('dhcpcd, with the servers that it noted down; then its address by hand', async () => {
      ip('link set eth1 up');
      run('dhcpcd', '-4', '-A', '-w', 'eth1');
      await comesToShow(console, 'eth1', {
        dhcp: true,
        address: LINKS.eth1.lease,
        dns: ['198.51.100.53'],
        gateways: ['198.51.100.1'],
      });
      await allEqualIproute(console);
      run('dhcpcd', '-4', '-p', '-x', 'eth1');
      setByHand('eth1');
      await comesToShow(console, 'eth1', { dhcp: false, address: LINKS.eth1.lease, dns: ['198.51.100.53'] });
    });

    test('dhcpcd, with a static address in its file', async () => {
      ip('address flush dev eth1');
      writeFile(
        '/etc/dhcpcd.conf',
        'interface eth1\nstatic ip_address=198.51.100.10/24\nstatic routers=198.51.100.1\nstatic domain_name_servers=198.51.100.77\n',
      );
      run('dhcpcd', '-4', '-A', '-w', 'eth1');
      await comesToShow(console, 'eth1', {
        dhcp: false,
        address: '198.51.100.10',
        dns: ['198.51.100.77'],
        gateways: ['198.51.100.1'],
      });
      run('dhcpcd', '-4', '-k', 'eth1');
    });

    test('udhcpc, whose addresses have no lifetime; and when it has ended', async () => {
      ip('link set eth2 up');
      run('udhcpc', '-n', '-p', '/run/udhcpc.eth2.pid', '-i', 'eth2');
      await comesToShow(console, 'eth2', {
        dhcp: true,
        address: LINKS.eth2.lease,
        dns: ['203.0.113.53'],
        gateways: ['203.0.113.1'],
      });
      await allEqualIproute(console);
      run('sh', '-c', 'kill $(cat /run/udhcpc.eth2.pid)');
      await comesToShow(console, 'eth2', { dhcp: false, address: LINKS.eth2.lease, dns: ['203.0.113.53'] });
    });
  });
}
