/** A guest on three networks, two of them with a DHCP server, for tests of what a host's console shows of it. */
import type { IpInfo } from 'hv-kvp/codec';
import type { GuestConsole } from '../_support/guest-console.js';
import { links } from '../_support/iproute-truth.js';
import { atOneMoment, equalsIproute } from '../_support/shown-network.js';
import { assert } from '../_support/suite.js';
import { until } from '../_support/until.js';
import { bringUpLoopback, plugIn, type Site } from './failover/network.js';

export const LINKS = {
  eth0: { mac: '00:15:5D:00:00:0A', dns: '192.0.2.53', lease: /^192\.0\.2\.1\d\d$/ },
  eth1: { mac: '00:15:5D:00:00:0B', dns: '198.51.100.53', lease: /^198\.51\.100\.1\d\d$/ },
  eth2: { mac: '00:15:5D:00:00:0C', dns: '203.0.113.53', lease: /^203\.0\.113\.1\d\d$/ },
} as const;
export type LinkName = keyof typeof LINKS;

const site = (name: string, network: string, ipv6: string): Site => ({
  name,
  addresses: [`${network}.1/24`, `${ipv6}::1/64`],
  dhcp: { from: `${network}.100`, to: `${network}.199`, dns: `${network}.53` },
});

export function plugInAll(): void {
  bringUpLoopback();
  plugIn(site('lan0', '192.0.2', '2001:db8:1'), 'eth0', LINKS.eth0.mac);
  plugIn(site('lan1', '198.51.100', '2001:db8:2'), 'eth1', LINKS.eth1.mac);
  plugIn(site('lan2', '203.0.113', '2001:db8:3'), 'eth2', LINKS.eth2.mac);
}

export interface Expected {
  dhcp: boolean;
  /** The first address. */
  address: string | RegExp;
  dns?: readonly string[];
  gateways?: readonly string[];
}

/** Resolves once the console shows it, without anybody having been told to look. */
export async function comesToShow(console: GuestConsole, name: LinkName, expected: Expected): Promise<IpInfo> {
  let shown = await console.vm.getIp(LINKS[name].mac);
  const isSo = async () => {
    shown = await console.vm.getIp(LINKS[name].mac);
    return fits(shown, expected);
  };
  await until('the console shows it', isSo).catch(() => {
    assert.unreachable(`${name}: ${JSON.stringify(shown)} instead of ${JSON.stringify(expected)} ${expected.address}`);
  });
  return shown;
}

function fits(shown: IpInfo, { dhcp, address, dns = shown.dns, gateways = shown.gateways }: Expected): boolean {
  const [first = ''] = shown.addresses;
  return (
    shown.dhcp === dhcp &&
    (typeof address === 'string' ? first === address : address.test(first)) &&
    shown.dns.join() === dns.join() &&
    shown.gateways.join() === gateways.join()
  );
}

/** Addresses and gateways of all three, by iproute2. */
export async function allEqualIproute(console: GuestConsole): Promise<void> {
  const names = Object.keys(LINKS) as LinkName[];
  const { shown, told } = await atOneMoment(
    console,
    names.map((name) => LINKS[name].mac),
  );
  for (const [at, name] of names.entries()) equalsIproute(shown[at]!, told.find(({ ifname }) => ifname === name)!);
}

export const indexOf = (name: LinkName): number => links().find(({ ifname }) => ifname === name)!.ifindex;
