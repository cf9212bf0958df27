/** An interface's IP configuration: what a host wants, what files say, what the kernel has. */

export interface InterfaceAddress {
  family: 4 | 6;
  /** Canonical: dotted IPv4, or RFC 5952 IPv6 without zone. */
  text: string;
  /** 0 to 32 or 128. */
  prefix: number;
}

export interface IpConfiguration {
  /** Of IPv4 only: IPv6 is configured by the router when there is no address of it (protocol.md 5.9). */
  dhcp: boolean;
  /** The primary one of each family first. */
  addresses: InterfaceAddress[];
  /** Of the default route, the preferred one of each family first. */
  gateways: string[];
  /** In the order in which they are asked. */
  dns: string[];
}

export const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

/** The part of a configuration that belongs to one family; `dhcp` stays as it is. */
export function ofFamily(family: 4 | 6, configuration: IpConfiguration): IpConfiguration {
  return {
    dhcp: configuration.dhcp,
    addresses: configuration.addresses.filter((address) => address.family === family),
    gateways: configuration.gateways.filter((gateway) => familyOf(gateway) === family),
    dns: configuration.dns.filter((server) => familyOf(server) === family),
  };
}

/** Equal in everything, the order within each family included; how the families are mixed means nothing. */
export function sameConfiguration(a: IpConfiguration, b: IpConfiguration): boolean {
  const flat = (one: IpConfiguration) => JSON.stringify([ofFamily(4, one), ofFamily(6, one)].map(canonical));
  return flat(a) === flat(b);
}

const canonical = ({ dhcp, addresses, gateways, dns }: IpConfiguration) => [
  dhcp,
  addresses.map(({ text, prefix }) => `${text}/${prefix}`),
  gateways,
  dns,
];
