/**
 * The order of an interface's addresses, which decides the source address of what it sends. Linux lists IPv4 addresses as
 * they came, but those that share a subnet with an earlier one behind all others. Of IPv6 it lists the newest first.
 */
import ipaddr from 'ipaddr.js';
import type { InterfaceAddress } from './configuration.js';

/** As the kernel lists addresses of one family that are wanted in this order: the first of each subnet before the others. */
export function asListed(addresses: readonly InterfaceAddress[]): InterfaceAddress[] {
  const subnets = new Set<string>();
  const isFirst = addresses.map((address) => {
    const subnet = subnetOf(address);
    return address.family === 6 || (!subnets.has(subnet) && subnets.add(subnet) !== undefined);
  });
  return [...addresses.filter((_, at) => isFirst[at]), ...addresses.filter((_, at) => !isFirst[at])];
}

/** The order in which addresses of one family have to come, so that the kernel lists them in this one. */
export function inOrderOfComing<T>(family: 4 | 6, list: readonly T[]): T[] {
  return family === 4 ? [...list] : [...list].reverse();
}

/** What the kernel lists of addresses that come in this order: for programs that add one after the other. */
export function inOrderOfListing(coming: readonly InterfaceAddress[]): InterfaceAddress[] {
  const of = (family: 4 | 6) => coming.filter((address) => address.family === family);
  return [...of(4), ...of(6).reverse()];
}

/** Addresses of one subnet have the same. */
export function subnetOf({ family, text, prefix }: InterfaceAddress): string {
  if (family === 6) return `${text}/${prefix}`;
  return `${ipaddr.IPv4.networkAddressFromCIDR(`${text}/${prefix}`)}/${prefix}`;
}
