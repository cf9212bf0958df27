/** An interface's configuration in the device's text form, within its limits (protocol.md 5.7, 5.8). */
import {
  FAMILY_IPV4,
  FAMILY_IPV6,
  GATEWAY_LIST_UNITS,
  IP_LIST_UNITS,
  IP_MAX_ADDRESSES,
  IP_MAX_DNS,
  IP_MAX_GATEWAYS,
} from '../../wire/ip.js';
import { subnetText } from '../address-text.js';
import type { Interface } from './interfaces.js';

export interface IpInfo {
  family: number;
  dhcp: boolean;
  addresses: string;
  subnets: string;
  gateways: string;
  dns: string;
}

/**
 * Element i of `addresses` and `subnets` belong together; neither list ends with a separator, while gateways and DNS
 * servers each end with one, as the Linux daemon writes them. What does not fit is left out, the least useful first.
 * A list is as long as a host's field in UTF-16 takes, half of what the device would.
 */
export function ipInfoOf(found: Interface, dns: readonly string[], dhcp: boolean): IpInfo {
  const families = { 4: 0, 6: 0 };
  const addresses: string[] = [];
  const subnets: string[] = [];
  for (const { family, text, prefix } of found.addresses) {
    const subnet = subnetText(family, prefix);
    if (families[family] === IP_MAX_ADDRESSES) continue;
    if (!fits(addresses, text, IP_LIST_UNITS) || !fits(subnets, subnet, IP_LIST_UNITS)) continue;
    families[family]++;
    addresses.push(text);
    subnets.push(subnet);
  }
  return {
    family: (families[4] > 0 ? FAMILY_IPV4 : 0) | (families[6] > 0 ? FAMILY_IPV6 : 0),
    dhcp,
    addresses: addresses.join(';'),
    subnets: subnets.join(';'),
    gateways: terminated(found.gateways, IP_MAX_GATEWAYS, GATEWAY_LIST_UNITS),
    dns: terminated(dns, IP_MAX_DNS, IP_LIST_UNITS),
  };
}

/** Room for one more element, its separator and the terminating NUL. */
function fits(list: readonly string[], element: string, fieldUnits: number): boolean {
  return list.join(';').length + 1 + element.length + 1 <= fieldUnits;
}

function terminated(elements: readonly string[], perFamily: number, fieldUnits: number): string {
  const isIpv6 = (element: string) => element.includes(':');
  const counted = [
    ...elements.filter((element) => !isIpv6(element)).slice(0, perFamily),
    ...elements.filter(isIpv6).slice(0, perFamily),
  ];
  let text = '';
  for (const element of counted) {
    if (text.length + element.length + 1 >= fieldUnits) break;
    text += `${element};`;
  }
  return text;
}
