/** Which gateways an interface reaches by its own addresses. A route to any other has to say that it is on the link. */
import ipaddr from 'ipaddr.js';
import { isLinkLocalIpv6 } from './address-text.js';
import type { InterfaceAddress } from './configuration.js';

/** Subnets that can be asked for many addresses: files may hold thousands of either. */
export class Subnets {
  /** By the length of the prefix: the networks that have it. */
  readonly #networks = new Map<number, Set<string>>();

  constructor(subnets: Iterable<Pick<InterfaceAddress, 'text' | 'prefix'>>) {
    for (const { text, prefix } of subnets) {
      const alike = this.#networks.get(prefix) ?? new Set();
      this.#networks.set(prefix, alike.add(networkOf(bitsOf(text), prefix)));
    }
  }

  has(address: string): boolean {
    const bits = bitsOf(address);
    return [...this.#networks].some(([prefix, alike]) => alike.has(networkOf(bits, prefix)));
  }

  /** The whole link is the subnet of link-local addresses. */
  reach(gateway: string): boolean {
    return isLinkLocalIpv6(gateway) || this.has(gateway);
  }
}

const bitsOf = (address: string): string =>
  ipaddr
    .parse(address)
    .toByteArray()
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');

/** Addresses of both families may begin with the same bits. */
const networkOf = (bits: string, prefix: number): string => `${bits.length} ${bits.slice(0, prefix)}`;
