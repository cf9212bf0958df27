/** Files of managers and of DHCP clients, as they write them; the system tests run the programs themselves. */
import { usesDhcp } from '#internal';
import { configTree } from '../../_support/config-tree.js';
import { assert, suite } from '../../_support/suite.js';

/** The wall-clock time at which all of these are read. */
const NOW = Date.UTC(2026, 10, 23, 5, 3, 53);
const ETH0 = { index: 2, name: 'eth0', ipv4: ['192.0.2.106'], hasLifetime: false, time: NOW };
/** A client set an address with a lifetime. */
const WITH_LIFETIME = { ...ETH0, hasLifetime: true };

const lease = (name: string, address: string, expire: string) =>
  `lease {\n  interface "${name}";\n  fixed-address ${address};\n  option routers 192.0.2.1;\n  expire ${expire};\n}\n`;
const LATER = '1 2026/11/23 05:03:54';
const PAST = '1 2026/11/23 05:03:52';

/** BOOTREPLY for the address; dhcpcd keeps the message itself. */
function message(...address: number[]): Uint8Array {
  const bytes = Buffer.alloc(240);
  bytes.set([2, 1, 6, 0], 0);
  bytes.set(address, 16);
  return bytes;
}

const device = (rest = '') => `[device]\nmanaged=true\nconnection-uuid=u-1\n${rest}`;
const profile = (method: string, rest = '') => `[connection]\nuuid=u-1\n\n[ipv4]\nmethod=${method}\n${rest}`;
const DEVICE = '/run/NetworkManager/devices/2';
const KEYFILE = '/etc/NetworkManager/system-connections/Office (1).nmconnection';
const LINK = '/run/systemd/netif/links/2';
const UNIT = '/etc/systemd/network/10-eth0.network';
const linkOf = (path: string) => `ADMIN_STATE=configured\nNETWORK_FILE=${path}\n`;
const unit = (rest: string) => `[Match]\nName=eth0\n[Network]\n${rest}`;
const INTERFACES = '/etc/network/interfaces';
const DHCLIENT = '/var/lib/dhcp/dhclient.eth0.leases';
const PID = `/run/udhcpc.eth0.pid`;

const CASES: [title: string, files: Record<string, string | Uint8Array>, expected: boolean, subject?: typeof ETH0][] = [
  ['nothing is known', {}, false],
  ['an address has a lifetime', {}, true, WITH_LIFETIME],

  ['NetworkManager, automatic', { [DEVICE]: device(), [KEYFILE]: profile('auto') }, true],
  [
    'NetworkManager, manual, whatever the lifetime',
    { [DEVICE]: device(), [KEYFILE]: profile('manual') },
    false,
    WITH_LIFETIME,
  ],
  ['NetworkManager, a profile that says nothing', { [DEVICE]: device(), [KEYFILE]: '[connection]\nuuid=u-1\n' }, true],
  ['NetworkManager, shared with others', { [DEVICE]: device(), [KEYFILE]: profile('shared') }, false],
  [
    'NetworkManager only watches a client’s address',
    {
      [DEVICE]: device(),
      '/run/NetworkManager/system-connections/eth0.nmconnection': profile('manual', '[.nmmeta]\nexternal=true\n'),
    },
    true,
    WITH_LIFETIME,
  ],
  [
    'NetworkManager, a profile elsewhere, with a lease',
    { [DEVICE]: device('[dhcp4]\ndhcp4.ip_address=192.0.2.106\n') },
    true,
  ],
  [
    'NetworkManager, a profile elsewhere, with a lease file',
    { [DEVICE]: device(), '/var/lib/NetworkManager/internal-u-1-eth0.lease': 'ADDRESS=192.0.2.106\n' },
    true,
  ],
  [
    'NetworkManager, a lease of another profile',
    { [DEVICE]: device(), '/var/lib/NetworkManager/internal-u-2-eth0.lease': 'x' },
    false,
  ],

  ['networkd, static', { [LINK]: linkOf(UNIT), [UNIT]: unit('Address=192.0.2.106/24\n') }, false, WITH_LIFETIME],
  ['networkd, DHCP', { [LINK]: linkOf(UNIT), [UNIT]: unit('DHCP=yes\n') }, true],
  ['networkd, DHCP of IPv6 alone', { [LINK]: linkOf(UNIT), [UNIT]: unit('DHCP=ipv6\n') }, false],
  [
    'networkd, a lease',
    { [LINK]: linkOf(UNIT), [UNIT]: unit(''), '/run/systemd/netif/leases/2': 'ADDRESS=192.0.2.106\n' },
    true,
  ],
  [
    'networkd, DHCP by a drop-in',
    { [LINK]: linkOf(UNIT), [UNIT]: unit('DHCP=no\n'), [`${UNIT}.d/10-dhcp.conf`]: '[Network]\nDHCP=ipv4\n' },
    true,
  ],
  [
    'networkd, no DHCP by a drop-in',
    {
      [LINK]: linkOf(UNIT),
      [UNIT]: unit('DHCP=yes\n'),
      [`/run/systemd/network/10-eth0.network.d/x.conf`]: '[Network]\nDHCP=no\n',
    },
    false,
  ],
  [
    'netplan over networkd',
    {
      [LINK]: linkOf('/run/systemd/network/10-netplan-eth0.network'),
      '/run/systemd/network/10-netplan-eth0.network': unit(
        'DHCP=ipv4\nLinkLocalAddressing=ipv6\n\n[DHCP]\nRouteMetric=100\n',
      ),
    },
    true,
  ],
  ['networkd leaves the link alone', { [LINK]: 'ADMIN_STATE=unmanaged\n', [UNIT]: unit('DHCP=yes\n') }, false],

  ['ifupdown, DHCP', { [INTERFACES]: 'auto eth0\niface eth0 inet dhcp\n' }, true],
  ['ifupdown, static', { [INTERFACES]: 'iface eth0 inet static\n  address 192.0.2.106/24\n' }, false, WITH_LIFETIME],
  ['ifupdown, DHCP of IPv6 alone', { [INTERFACES]: 'iface eth0 inet6 dhcp\n' }, false],
  ['ifupdown, another interface', { [INTERFACES]: 'iface eth01 inet dhcp\niface eth inet dhcp\n' }, false],
  [
    'ifupdown, by a mapping',
    {
      [INTERFACES]: 'iface office inet dhcp\niface eth0 inet manual\n',
      '/run/network/ifstate': 'lo=lo\neth01=x\neth0=office\n',
    },
    true,
  ],

  ['ifcfg, DHCP', { '/etc/sysconfig/network-scripts/ifcfg-eth0': 'DEVICE=eth0\nBOOTPROTO="dhcp"\n' }, true],
  [
    'ifcfg, static',
    { '/etc/sysconfig/network-scripts/ifcfg-eth0': 'BOOTPROTO=none\nIPADDR=192.0.2.106\n' },
    false,
    WITH_LIFETIME,
  ],
  ['rc.conf, DHCP', { '/etc/rc.conf': 'ifconfig_eth0="SYNCDHCP"\n' }, true],
  ['rc.conf, static', { '/etc/rc.conf': 'ifconfig_eth0="inet 192.0.2.106/24"\n' }, false, WITH_LIFETIME],

  [
    'dhclient, a lease in use',
    { [DHCLIENT]: lease('eth0', '192.0.2.9', LATER) + lease('eth0', '192.0.2.106', LATER) },
    true,
  ],
  ['dhclient, one that never ends', { [DHCLIENT]: lease('eth0', '192.0.2.106', 'never') }, true],
  [
    'dhclient, one for all interfaces',
    {
      '/var/lib/dhcp/dhclient.leases':
        lease('eth0', '192.0.2.106', `epoch ${NOW / 1000 + 1}; # in a while`) + lease('eth1', '192.0.2.7', LATER),
    },
    true,
  ],
  [
    'dhclient, a lease of another interface',
    { '/var/lib/dhcp/dhclient.leases': lease('eth1', '192.0.2.106', LATER) },
    false,
  ],
  ['dhclient, a lease that is over', { [DHCLIENT]: lease('eth0', '192.0.2.106', PAST) }, false],
  [
    'dhclient, one that is over by the clock of epochs',
    { [DHCLIENT]: lease('eth0', '192.0.2.106', `epoch ${NOW / 1000 - 1}`) },
    false,
  ],
  ['dhclient, a lease that is not in use', { [DHCLIENT]: lease('eth0', '192.0.2.107', LATER) }, false],
  [
    'dhclient, bytes that are no leases',
    { [DHCLIENT]: 'lease { interface "eth0" fixed-address\n}\u0000lease{' },
    false,
  ],

  [
    'dhcpcd, a lease in use',
    { '/var/lib/dhcpcd/eth0.lease': message(192, 0, 2, 106), '/run/dhcpcd/eth0-4.pid': '7\n' },
    true,
  ],
  [
    'dhcpcd, one for all interfaces',
    { '/var/lib/dhcpcd5/eth0.lease': message(192, 0, 2, 106), '/run/dhcpcd.pid': '7\n' },
    true,
  ],
  [
    'dhcpcd, a lease that is not in use',
    { '/var/lib/dhcpcd/eth0.lease': message(192, 0, 2, 1), '/run/dhcpcd/pid': '7\n' },
    false,
  ],
  ['dhcpcd has ended', { '/var/lib/dhcpcd/eth0.lease': message(192, 0, 2, 106) }, false],
  ['dhcpcd, a lease cut short', { '/var/lib/dhcpcd/eth0.lease': 'x', '/run/dhcpcd/pid': '7\n' }, false],

  ['udhcpc runs', { [PID]: '17\n', '/proc/17/comm': 'udhcpc\n' }, true],
  ['udhcpc has ended', { [PID]: '17\n' }, false],
  ['another program has its number', { [PID]: '17\n', '/proc/17/comm': 'bash\n' }, false],
  ['a pid file that leads elsewhere', { [PID]: '../../etc/passwd\n' }, false],
];

suite('DHCP state', ({ test }) => {
  for (const [title, files, expected, subject = ETH0] of CASES)
    test(title, () => {
      const tree = configTree(files);
      assert.is(usesDhcp(tree.files, subject), expected);
      tree.remove();
    });
});
