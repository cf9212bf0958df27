/** An IP configuration on the command line: for a host that sets it, and for a person who plans or applies it here. */
import type { Command } from 'commander';
import ipaddr from 'ipaddr.js';
import { MisuseError } from '../errors.js';

export interface GivenIp {
  dhcp?: true;
  address?: string[];
  gateway?: string[];
  dns?: string[];
}

/** As a host keeps it: element i of `addresses` and of `subnets` belong together. */
export interface IpLists {
  dhcp: boolean;
  addresses: string[];
  subnets: string[];
  gateways: string[];
  dns: string[];
}

const collect = (value: string, list: string[] = []) => [...list, value];

export function withIpOptions(command: Command): Command {
  return command
    .option('--dhcp', 'take addresses by DHCP')
    .option('--address <address/prefix>', 'such as 192.168.1.5/24 or fd00::5/64; repeatable', collect)
    .option('--gateway <address>', 'at most five a family; repeatable', collect)
    .option('--dns <address>', 'repeatable', collect);
}

/** Throws MisuseError for an address without a prefix length. */
export function ipLists({ dhcp, address = [], gateway = [], dns = [] }: GivenIp): IpLists {
  const pairs = address.map(splitPrefix);
  return {
    dhcp: dhcp === true,
    addresses: pairs.map(([text]) => text),
    subnets: pairs.map(([, subnet]) => subnet),
    gateways: gateway,
    dns,
  };
}

/** IPv4 blocks carry masks, IPv6 blocks prefix lengths (protocol.md 5.8). */
function splitPrefix(text: string): [address: string, subnet: string] {
  const [address = '', prefix = ''] = text.split('/');
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (ipaddr.IPv4.isValidFourPartDecimal(address) && length <= 32) {
    return [address, ipaddr.IPv4.subnetMaskFromPrefixLength(length).toString()];
  }
  if (ipaddr.IPv6.isValid(address) && length <= 128) return [address, String(length)];
  throw new MisuseError(`"${text}" is not an address with a prefix length`);
}
