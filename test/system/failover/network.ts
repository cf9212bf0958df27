/**
 * Two hosts' networks around one guest. The guest is the private machine itself; the far end of its cable is in a
 * network namespace of the host that it runs on, with gateways, and with a DHCP server where the host has one.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';

export interface Site {
  /** Also the name of the namespace. */
  name: string;
  /** Of the gateway, with prefix lengths. */
  addresses: string[];
  /** What the DHCP server gives away: first, last, DNS server. */
  dhcp?: { from: string; to: string; dns: string };
}

export const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

export const ip = (line: string): string => run('ip', ...line.split(' '));

export function bringUpLoopback(): void {
  ip('link set lo up');
}

/** A cable from the guest to the host's network; the guest's end is down until its system takes it up. */
export function plugIn(site: Site, link: string, mac: string): void {
  ip(`netns add ${site.name}`);
  connect(site, link, mac);
  if (site.dhcp !== undefined) serveDhcp(site, `${link}-far`, site.dhcp);
}

/** Another cable, after the guest's link went away; the network's DHCP server does not see it. */
export function connect(site: Site, link: string, mac: string): void {
  const far = `${link}-far`;
  ip(`link add ${link} address ${mac} type veth peer name ${far} netns ${site.name}`);
  const there = `-n ${site.name}`;
  ip(`${there} link set lo up`);
  ip(`${there} link set ${far} addrgenmode none up`);
  for (const address of site.addresses)
    ip(`${there} address add ${address} dev ${far}${address.includes(':') ? ' nodad' : ''}`);
}

/** The host is lost, and the cable with it. */
export function lose(site: Site, link: string): void {
  ip(`link delete ${link}`);
  ip(`netns delete ${site.name}`);
}

function serveDhcp({ name }: Site, far: string, { from, to, dns }: NonNullable<Site['dhcp']>): void {
  const folder = `/run/dhcp-${name}`;
  mkdirSync(folder);
  const server = [
    ...['--user=root', '--port=0', `--interface=${far}`, '--bind-interfaces', '--no-ping', '--conf-file=/dev/null'],
    ...[`--dhcp-range=${from},${to},1h`, `--dhcp-option=option:dns-server,${dns}`],
    ...[`--pid-file=${folder}/pid`, `--dhcp-leasefile=${folder}/leases`],
  ];
  spawn('ip', ['netns', 'exec', name, 'dnsmasq', '--keep-in-foreground', ...server], { stdio: 'ignore' }).unref();
}

/** Addresses of global scope that are ready for use, with prefix lengths. */
export function addressesOf(link: string): string[] {
  interface Told {
    addr_info: { local: string; prefixlen: number; scope: string; tentative?: boolean }[];
  }
  const [told] = JSON.parse(run('ip', '-j', 'address', 'show', 'dev', link)) as [Told];
  return told.addr_info
    .filter(({ scope, tentative }) => scope === 'global' && tentative !== true)
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

/** Gateways of default routes over this link. */
export function gatewaysOf(link: string): string[] {
  return ['-4', '-6'].flatMap((family) => {
    const routes = JSON.parse(run('ip', '-j', family, 'route', 'show', 'default', 'dev', link) || '[]');
    return (routes as { gateway?: string }[]).flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway]));
  });
}

/** Whether a program ends well. */
export function succeeds(program: string, ...args: string[]): boolean {
  try {
    run(program, ...args);
    return true;
  } catch {
    return false;
  }
}

/** Whether an echo comes back within a second. */
export const pings = (address: string): boolean => succeeds('ping', '-n', '-c', '1', '-W', '1', address);
