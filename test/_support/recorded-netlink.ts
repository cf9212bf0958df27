/** The kernel's answers of test/vectors/net/netlink, and what is read of them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  Dump,
  type Interface,
  interfacesOf,
  type NetlinkMessage,
  readAddresses,
  readGateways,
  readLinks,
} from '#internal';

const folder = fileURLToPath(new URL('../../../test/vectors/net/netlink/', import.meta.url));
/** Of the recorded requests. */
export const SEQUENCE = 1;

export type Table = 'links' | 'addresses' | 'routes' | 'nextHops';
/** Each table's datagrams. */
export type Recording = Record<Table, Uint8Array[]>;

export function recording(name: 'expanded' | 'by-number'): Recording {
  const texts = JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as Record<Table, string[]>;
  const bytes = (table: Table) => texts[table].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
  return {
    links: bytes('links'),
    addresses: bytes('addresses'),
    routes: bytes('routes'),
    nextHops: bytes('nextHops'),
  };
}

export function dumped(datagrams: readonly Uint8Array[]): NetlinkMessage[] {
  const dump = new Dump(SEQUENCE, () => true);
  for (const datagram of datagrams) if (dump.take(datagram)) break;
  return dump.messages;
}

export function interfacesIn({ links, addresses, routes, nextHops }: Recording): Interface[] {
  return interfacesOf({
    links: readLinks(dumped(links)),
    addresses: readAddresses(dumped(addresses)),
    gateways: readGateways(dumped(routes), dumped(nextHops)),
  });
}
