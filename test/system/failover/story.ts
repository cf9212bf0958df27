/** The failover's cast: one guest, two hosts' networks, and the settings that the guest has to get back. */

import { until } from '../../_support/until.js';
import type { GuestSystem, StaticSettings } from './guest-system.js';
import { addressesOf, bringUpLoopback, gatewaysOf, lose, pings, plugIn, type Site } from './network.js';

export const FIRST = { link: 'eth0', mac: '00:15:5d:00:00:0a' } as const;
/** What the guest finds on the other host: another adapter on another network. */
export const SECOND = {
  link: 'eth1',
  mac: '00:15:5d:00:00:0b',
  guid: '{7a1e5d3c-0000-4000-8000-00155d00000b}',
} as const;

export const SETTINGS: StaticSettings = {
  link: FIRST.link,
  addresses: ['192.0.2.10/24', '2001:db8:1::10/64'],
  gateways: ['192.0.2.1', '2001:db8:1::1'],
  dns: ['192.0.2.53', '2001:db8:1::53'],
};

/** The same as the host's administrator stores it, and as the host's console shows it. */
export const STORED = {
  dhcp: false,
  addresses: ['192.0.2.10', '2001:db8:1::10'],
  subnets: ['255.255.255.0', '64'],
  gateways: SETTINGS.gateways,
  dns: SETTINGS.dns,
};

const GATEWAYS = ['192.0.2.1/24', '2001:db8:1::1/64'];
export const SITE_A: Site = { name: 'host-a', addresses: GATEWAYS };
export const SITE_B: Site = {
  name: 'host-b',
  addresses: [...GATEWAYS, '198.51.100.1/24'],
  dhcp: { from: '198.51.100.100', to: '198.51.100.120', dns: '198.51.100.1' },
};

export const isConfigured = (link: string, { addresses, gateways }: StaticSettings): boolean =>
  sameSet(addressesOf(link), addresses) && sameSet(gatewaysOf(link), gateways);

const sameSet = (a: string[], b: string[]) => a.length === b.length && a.every((one) => b.includes(one));

/** The guest works at its first host, with the static settings that its administrator gave it. */
export async function startAtFirstHost(system: GuestSystem): Promise<void> {
  bringUpLoopback();
  plugIn(SITE_A, FIRST.link, FIRST.mac);
  await system.install(SETTINGS);
  await until('the static settings are in force', () => isConfigured(FIRST.link, SETTINGS));
  for (const gateway of SETTINGS.gateways) await until(`${gateway} answers`, () => pings(gateway));
}

/** The first host is gone; on the second the guest has what a DHCP server gives it. */
export async function moveToSecondHost(system: GuestSystem): Promise<void> {
  lose(SITE_A, FIRST.link);
  plugIn(SITE_B, SECOND.link, SECOND.mac);
  system.linkCame(SECOND.link);
  await until('an address by DHCP', () => addressesOf(SECOND.link).some((text) => text.startsWith('198.51.100.')));
}
