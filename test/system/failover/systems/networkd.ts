/** systemd-networkd with systemd-resolved, configured by hand or through netplan. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { until } from '../../../_support/until.js';
import { type GuestSystem, type StaticSettings, startService, writeFile } from '../guest-system.js';
import { run } from '../network.js';
import { startBus } from './bus.js';

export const networkd: GuestSystem = {
  name: 'networkd',
  apart: 'systemd-resolved',
  description: 'systemd-networkd, /etc/systemd/network',
  async install({ link, addresses, gateways, dns }) {
    const several = (key: string, values: string[]) => values.map((value) => `${key}=${value}\n`).join('');
    writeFile(
      `/etc/systemd/network/20-${link}.network`,
      `# The address that everybody knows.\n[Match]\nName=${link}\n\n[Network]\nIPv6AcceptRA=no\n${several('Address', addresses)}${several('Gateway', gateways)}${several('DNS', dns)}`,
    );
    writeFile(
      '/etc/systemd/network/50-others.network',
      '[Match]\nName=eth*\n\n[Network]\nDHCP=ipv4\nIPv6AcceptRA=no\n',
    );
    await startNetworkd();
  },
  linkCame() {},
};

export const netplan: GuestSystem = {
  name: 'netplan',
  apart: 'systemd-resolved',
  description: 'netplan over systemd-networkd, /etc/netplan',
  async install(settings) {
    writeFile('/etc/netplan/01-machine.yaml', netplanText(settings), 0o600);
    run('netplan', 'generate');
    await startNetworkd();
  },
  linkCame() {},
};

const netplanText = ({ link, addresses, gateways, dns }: StaticSettings) => `network:
  version: 2
  renderer: networkd
  ethernets:
    # The address that everybody knows.
    ${link}:
      accept-ra: false
      addresses: [${addresses.map((address) => `"${address}"`).join(', ')}]
      routes:
${gateways.map((gateway) => `        - {to: default, via: "${gateway}"}\n`).join('')}      nameservers:
        addresses: [${dns.map((server) => `"${server}"`).join(', ')}]
    eth1:
      accept-ra: false
      dhcp4: true
`;

export async function startNetworkd(): Promise<void> {
  await startBus();
  // Another manager's settings for all links that look like a container's.
  rmSync('/usr/lib/systemd/network', { recursive: true, force: true });
  for (const folder of ['/run/systemd/netif', '/run/systemd/netif/links', '/run/systemd/netif/leases'])
    makeFolder(folder, 'systemd-network');
  startService('/lib/systemd/systemd-networkd');
  await startResolved();
}

/** systemd-resolved, with its stub in resolv.conf. */
export async function startResolved(): Promise<void> {
  if (!hasUser('systemd-resolve')) run('useradd', '--system', '--user-group', 'systemd-resolve');
  makeFolder('/run/systemd/resolve', 'systemd-resolve');
  rmSync('/etc/resolv.conf', { force: true });
  symlinkSync('/run/systemd/resolve/stub-resolv.conf', '/etc/resolv.conf');
  startService('/lib/systemd/systemd-resolved');
  await until('systemd-resolved runs', () => existsSync('/run/systemd/resolve/resolv.conf'));
}

function makeFolder(folder: string, user: string): void {
  mkdirSync(folder, { recursive: true });
  run('chown', `${user}:${user}`, folder);
}

function hasUser(name: string): boolean {
  try {
    run('getent', 'passwd', name);
    return true;
  } catch {
    return false;
  }
}
