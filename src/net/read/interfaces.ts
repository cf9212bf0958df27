/** One interface with everything that belongs to it, and which one a MAC address means. */
import type { Gateway } from './default-routes.js';
import type { KernelTables } from './kernel.js';
import {
  type Address,
  IFA_F_DADFAILED,
  IFA_F_DEPRECATED,
  IFA_F_TEMPORARY,
  IFA_F_TENTATIVE,
  type Link,
  SCOPE_LINK,
} from './rtnetlink.js';

export interface Interface extends Link {
  /**
   * The most useful first: IPv4, then IPv6; of each the ones that last before temporary, link-local, deprecated and
   * tentative ones. Those that somebody else has too (duplicate address detection) are left out.
   */
  addresses: Address[];
  /** Of this interface's default routes, the preferred one first, each once. */
  gateways: string[];
  /** Those of `gateways` that are there by a router's advertisement alone. */
  advertised: string[];
}

export function interfacesOf({ links, addresses, gateways }: KernelTables): Interface[] {
  return links.map((link) => ({
    ...link,
    ...gatewaysOf(link, gateways),
    addresses: addresses
      .filter(({ index, flags }) => index === link.index && (flags & IFA_F_DADFAILED) === 0)
      .sort((a, b) => usefulness(a) - usefulness(b)),
  }));
}

function gatewaysOf(link: Link, all: readonly Gateway[]): { gateways: string[]; advertised: string[] } {
  const own = all.filter(({ index }) => index === link.index);
  const gateways = [...new Set(own.map(({ text }) => text))];
  const configured = own.filter(({ advertised }) => !advertised).map(({ text }) => text);
  return { gateways, advertised: gateways.filter((text) => !configured.includes(text)) };
}

/** The smaller the better. */
export function usefulness(address: Address): number {
  const { family, flags } = address;
  const has = (flag: number) => (flags & flag) !== 0;
  return (
    (family === 4 ? 0 : 16) +
    (has(IFA_F_TENTATIVE) ? 8 : 0) +
    (has(IFA_F_DEPRECATED) ? 4 : 0) +
    (isOfLink(address) ? 2 : 0) +
    (family === 6 && has(IFA_F_TEMPORARY) ? 1 : 0)
  );
}

/** Not every program that chooses an IPv4 address for the link (RFC 3927) says so in its scope. */
export const isOfLink = ({ scope, text }: Address): boolean => scope >= SCOPE_LINK || text.startsWith('169.254.');

/**
 * The interface that a host means by a MAC address: the one that it gave the adapter. Several may have it: the two halves
 * of accelerated networking, a bridge or bond and its ports, a VLAN and its parent. The addresses are then on one of them,
 * or on what the adapter is a port of, whose MAC address may be another port's.
 */
export function interfaceByMac(
  interfaces: readonly Interface[],
  mac: string,
  isHardware: (name: string) => boolean,
): Interface | undefined {
  const wanted = mac.toUpperCase();
  const offered = interfaces.filter((one) => !one.loopback);
  const given = offered.filter(({ permanentMac }) => permanentMac === wanted);
  // Where the adapter is known, another one that has taken its address on is not meant.
  const named = offered.filter(
    (one) => given.includes(one) || (one.mac === wanted && (given.length === 0 || one.permanentMac === undefined)),
  );
  const candidates = [...new Set(named.flatMap((one) => withMasters(one, offered)))];
  const rank = (one: Interface) =>
    (one.addresses.every(isOfLink) ? 8 : 0) +
    (one.addresses.length > 0 ? 0 : 4) +
    (one.master === undefined ? 0 : 2) +
    (candidates.length > 1 && isHardware(one.name) ? 0 : 1);
  return candidates.sort((a, b) => rank(a) - rank(b) || a.index - b.index)[0];
}

/** The interface, and those that it is a port of, as a port of a bond that is a port of a bridge. */
function withMasters(one: Interface, all: readonly Interface[]): Interface[] {
  const found = [one];
  for (let at: Interface | undefined = one; at?.master !== undefined; ) {
    const index: number = at.master;
    at = all.find((other) => other.index === index);
    if (at === undefined || found.includes(at)) break;
    found.push(at);
  }
  return found;
}
