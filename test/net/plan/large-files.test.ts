/**
 * Plans for files that nobody writes by hand. The number of steps may grow only as the file does: where it grows with the
 * square, these tests reach their limits of time, which are many times what is needed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BackendName, type IpConfiguration, planText, planTree } from 'hv-kvp/net';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';

const WANTED: IpConfiguration = {
  dhcp: false,
  addresses: Array.from({ length: 1_024 }, (_, at) => ({ family: 4, text: addressOf(1_000_000 + at), prefix: 24 })),
  gateways: ['192.0.2.1'],
  dns: ['192.0.2.53'],
};

function addressOf(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
}

const lines = (count: number, line: (at: number, address: string) => string): string =>
  Array.from({ length: count }, (_, at) => line(at, addressOf(at))).join('');

const KEYFILE = '[connection]\nid=a\nuuid=a-b\ntype=ethernet\ninterface-name=eth0\n';
const UNIT = '[Match]\nName=eth0\n[Network]\n';
const RC = 'ifconfig_eth0="inet 192.0.2.9/24"\n';

const CASES: readonly [title: string, manager: BackendName, path: string, text: () => string][] = [
  [
    'rc.conf with 20,000 aliases',
    'rc.conf',
    '/etc/rc.conf',
    () => RC + lines(20_000, (at, address) => `ifconfig_eth0_alias${at}="inet ${address}/24"\n`),
  ],
  [
    'rc.conf with 20,000 routes of ours',
    'rc.conf',
    '/etc/rc.conf',
    () =>
      `${RC}static_routes="${lines(20_000, (at) => `hvkvp_eth0_${at} `)}"\n${lines(20_000, (at, address) => `route_hvkvp_eth0_${at}="default ${address}"\n`)}`,
  ],
  [
    'rc.conf that assigns one name 20,000 times',
    'rc.conf',
    '/etc/rc.conf',
    () => lines(20_000, (_, address) => `ifconfig_eth0="inet ${address}/24"\n`),
  ],
  [
    'a keyfile with 200,000 keys',
    'networkmanager',
    '/etc/NetworkManager/system-connections/a.nmconnection',
    () => `${KEYFILE}[ipv4]\nmethod=auto\n${lines(200_000, (at) => `key${at}=1\n`)}`,
  ],
  [
    'a keyfile with 20,000 addresses',
    'networkmanager',
    '/etc/NetworkManager/system-connections/a.nmconnection',
    () => `${KEYFILE}[ipv4]\nmethod=manual\n${lines(20_000, (at, address) => `address${at}=${address}/24\n`)}`,
  ],
  [
    'a keyfile with 5,000 routes in as many sections',
    'networkmanager',
    '/etc/NetworkManager/system-connections/a.nmconnection',
    () => KEYFILE + lines(5_000, (at, address) => `[ipv4]\nmethod=manual\nroute${at}=0.0.0.0/0,${address}\n`),
  ],
  [
    'a unit with 10,000 sections of addresses',
    'networkd',
    '/etc/systemd/network/a.network',
    () => UNIT + lines(10_000, (_, address) => `[Address]\nAddress=${address}/24\n`),
  ],
  [
    'a unit that takes 10,000 addresses back 10,000 times',
    'networkd',
    '/etc/systemd/network/a.network',
    () =>
      UNIT +
      lines(10_000, (_, address) => `[Address]\nAddress=${address}/24\n`) +
      '[Network]\n' +
      'Address=\n'.repeat(10_000),
  ],
  [
    'a unit with a route of 20,000 gateways',
    'networkd',
    '/etc/systemd/network/a.network',
    () => `${UNIT}[Route]\n${lines(20_000, (_, address) => `MultiPathRoute=${address} 1\n`)}`,
  ],
  [
    'a unit with 8,000 addresses and as many gateways outside their subnets',
    'networkd',
    '/etc/systemd/network/a.network',
    () => UNIT + lines(8_000, (_, address) => `[Address]\nAddress=${address}/32\n[Route]\nGateway=1${address}\n`),
  ],
  [
    'a unit with 8,000 deprecated addresses behind those that are wanted, in the other order',
    'networkd',
    '/etc/systemd/network/a.network',
    () =>
      UNIT +
      WANTED.addresses
        .map(({ text }) => `[Address]\nAddress=${text}/24\n`)
        .toReversed()
        .join('') +
      lines(8_000, (_, address) => `[Address]\nAddress=${address}/24\nPreferredLifetime=0\n`),
  ],
  [
    'interfaces with 5,000 stanzas of the interface',
    'ifupdown',
    '/etc/network/interfaces',
    () => lines(5_000, (_, address) => `iface eth0 inet static\n address ${address}/24\n up true\n`),
  ],
  [
    'interfaces with 100,000 lines of comment in a stanza',
    'ifupdown',
    '/etc/network/interfaces',
    () => `iface eth0 inet dhcp\n${lines(100_000, () => '# x\n')} up true\n`,
  ],
  [
    'an ifcfg file with 10,000 addresses',
    'ifcfg',
    '/etc/sysconfig/network-scripts/ifcfg-eth0',
    () => `DEVICE=eth0\nBOOTPROTO=none\n${lines(10_000, (at, address) => `IPADDR${at}=${address}\nPREFIX${at}=24\n`)}`,
  ],
  [
    'netplan with 2,000 definitions',
    'netplan',
    '/etc/netplan/a.yaml',
    () => `network:\n  ethernets:\n    eth0: {dhcp4: true}\n${lines(2_000, (at) => `    x${at}: {}\n`)}`,
  ],
  [
    'netplan with 2,000 addresses and as many gateways outside their subnets',
    'netplan',
    '/etc/netplan/a.yaml',
    () =>
      `network:\n  ethernets:\n    eth0:\n      addresses:\n${lines(2_000, (_, address) => `      - ${address}/32\n`)}` +
      `      routes:\n${lines(2_000, (_, address) => `      - {to: default, via: 1${address}}\n`)}`,
  ],
  [
    'interfaces with 10,000 addresses in a stanza without a family',
    'ifupdown',
    '/etc/network/interfaces',
    () => `auto eth0\niface eth0\n${lines(10_000, (_, address) => ` address ${address}/24\n`)}`,
  ],
  [
    'resolv.conf with 20,000 servers',
    'iproute2',
    '/etc/resolv.conf',
    () => lines(20_000, (_, address) => `nameserver ${address}\n`),
  ],
  [
    'a line of 2 MiB that could name a secret everywhere',
    'ifupdown',
    '/etc/network/interfaces',
    () => `iface eth0 inet dhcp\n ${'psk'.repeat(700_000)}\n`,
  ],
];

suite('a plan for a file of unusual size', ({ test }) => {
  for (const [title, manager, path, text] of CASES)
    test(`${title}, of which 1,024 addresses shall be made, comes to an end`, () => {
      const root = temporaryFolder();
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text());
      const target = { name: 'eth0', index: 2, mac: '00:15:5D:00:00:01' };
      const plan = planTree({ root, manager, target, wanted: WANTED });
      assert.is(
        plan.files.some((file) => file.path === path),
        true,
      );
      assert.match(planText(plan), path);
    });
});
