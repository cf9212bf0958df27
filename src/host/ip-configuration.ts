/** The IP configuration that an administrator gives an adapter, and the IP block it becomes. */
import ipaddr from 'ipaddr.js';
import { requireBoolean, requireList, requireObject, requireText } from '../arguments.js';
import type { IpInfo } from '../codec/index.js';
import { KvpError } from '../errors.js';
import { FAMILY_IPV4, FAMILY_IPV6, FAMILY_NONE } from '../wire/ip.js';
import { normalizeGuid } from './adapters.js';

/** WMI: Msvm_GuestNetworkAdapterConfiguration. `subnets[i]` belongs to `addresses[i]`. */
export interface IpConfiguration {
  dhcp?: boolean;
  addresses?: string[];
  /** IPv4: a mask such as 255.255.255.0; IPv6: a prefix length such as 64. */
  subnets?: string[];
  /** At most five of each family. */
  gateways?: string[];
  dns?: string[];
}

const MAX_PER_FAMILY = { addresses: 64, gateways: 5, dns: 64 } as const;

/** Throws ERR_CODEC_IP for what is no address, a subnet that does not fit its address, or more entries than the block holds. */
export function ipBlock(guid: string, configuration: IpConfiguration): IpInfo {
  requireObject('configuration', configuration);
  const { dhcp = false, addresses = [], subnets = [], gateways = [], dns = [] } = configuration;
  requireBoolean('dhcp', dhcp);
  for (const [name, list] of Object.entries({ addresses, subnets, gateways, dns })) {
    requireList(name, list);
    for (const text of list) requireText(`a text of ${name}`, text);
  }
  if (addresses.length !== subnets.length) {
    throw new KvpError('ERR_CODEC_IP', {
      detail: 'every address needs a subnet',
      expected: addresses.length,
      actual: subnets.length,
    });
  }
  for (const [name, list] of Object.entries({ addresses, gateways, dns })) {
    checkAddresses(list, MAX_PER_FAMILY[name as keyof typeof MAX_PER_FAMILY], name);
  }
  addresses.forEach((address, index) => {
    checkSubnet(address, subnets[index] ?? '');
  });
  return { adapterId: normalizeGuid(guid), family: familyOf(addresses), dhcp, addresses, subnets, gateways, dns };
}

function checkAddresses(list: string[], limit: number, name: string): void {
  for (const family of [isIpv4, isIpv6]) {
    const count = list.filter(family).length;
    if (count > limit)
      throw new KvpError('ERR_CODEC_IP', { detail: name, expected: `at most ${limit}`, actual: count });
  }
  const wrong = list.find((text) => !isIpv4(text) && !isIpv6(text));
  if (wrong !== undefined) throw new KvpError('ERR_CODEC_IP', { detail: name, actual: JSON.stringify(wrong) });
}

function checkSubnet(address: string, subnet: string): void {
  const valid = isIpv4(address)
    ? isIpv4(subnet) && ipaddr.IPv4.parse(subnet).prefixLengthFromSubnetMask() !== null
    : /^\d{1,3}$/.test(subnet) && Number(subnet) <= 128;
  if (!valid) throw new KvpError('ERR_CODEC_IP', { detail: `subnet of ${address}`, actual: JSON.stringify(subnet) });
}

const isIpv4 = (text: string) => ipaddr.IPv4.isValidFourPartDecimal(text);
const isIpv6 = (text: string) => ipaddr.IPv6.isValid(text) && !text.includes('%');

function familyOf(addresses: string[]): number {
  const four = addresses.some(isIpv4) ? FAMILY_IPV4 : FAMILY_NONE;
  const six = addresses.some(isIpv6) ? FAMILY_IPV6 : FAMILY_NONE;
  return four | six;
}
