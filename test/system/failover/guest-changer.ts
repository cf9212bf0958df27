/** What changes the guest's network, without a host: for the tests of everything that can go wrong. */
import { createNetFacts, type IpConfiguration, type NetFacts } from 'hv-kvp/net';
import { createNetChanger, type NetChanger, type NetChangerOptions } from '#internal';
import type { SystemName } from './guest-system.js';
import { SETTINGS } from './story.js';

export const WANTED: IpConfiguration = {
  dhcp: false,
  addresses: SETTINGS.addresses.map((address) => {
    const [text = '', prefix] = address.split('/');
    return { family: text.includes(':') ? 6 : 4, text, prefix: Number(prefix) };
  }),
  gateways: SETTINGS.gateways,
  dns: SETTINGS.dns,
};

export interface GuestChanger extends NetChanger {
  facts: NetFacts;
  close(): void;
}

export function guestChanger(name: SystemName, options: Partial<NetChangerOptions> = {}): GuestChanger {
  const facts = createNetFacts();
  const changer = createNetChanger({ facts, manager: name, ...options });
  return { ...changer, facts, close: () => facts.close() };
}
