/** One interface with everything that belongs to it. */
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
  /** It has a device behind it, as an adapter of the host has. */
  isHardware?: boolean;
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
