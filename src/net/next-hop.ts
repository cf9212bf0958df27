/** Which gateways an interface reaches by its own addresses. A route to any other has to say that it is on the link. */
import ipaddr from 'ipaddr.js';
import { isLinkLocalIpv6 } from './address-text.js';
import type { InterfaceAddress } from './configuration.js';

/** The whole link is the subnet of link-local addresses. */
export function isReachable(gateway: string, addresses: readonly InterfaceAddress[]): boolean {
  if (isLinkLocalIpv6(gateway)) return true;
  return addresses.some((address) => isInSubnet(gateway, address));
}

export function isInSubnet(text: string, subnet: Pick<InterfaceAddress, 'text' | 'prefix'>): boolean {
  const [address, network] = [ipaddr.parse(text), ipaddr.parse(subnet.text)];
  return address.kind() === network.kind() && address.match(network, subnet.prefix);
}
