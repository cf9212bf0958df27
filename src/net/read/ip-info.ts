/** An interface's configuration in the device's text form, within its limits (protocol.md 5.7, 5.8). */
import { DAEMON_IP_GATEWAY_BYTES, DAEMON_IP_LIST_BYTES } from '../../wire/daemon-message.js';
import { FAMILY_IPV4, FAMILY_IPV6, IP_MAX_ADDRESSES, IP_MAX_DNS, IP_MAX_GATEWAYS } from '../../wire/ip.js';
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
 */
export function ipInfoOf(found: Interface, dns: readonly string[], dhcp: boolean): IpInfo {
  const families = { 4: 0, 6: 0 };
  const addresses: string[] = [];
  const subnets: string[] = [];
  for (const { family, text, prefix } of found.addresses) {
    const subnet = subnetText(family, prefix);
    if (families[family] === IP_MAX_ADDRESSES) continue;
    if (!fits(addresses, text, DAEMON_IP_LIST_BYTES) || !fits(subnets, subnet, DAEMON_IP_LIST_BYTES)) continue;
    families[family]++;
    addresses.push(text);
    subnets.push(subnet);
  }
  return {
    family: (families[4] > 0 ? FAMILY_IPV4 : 0) | (families[6] > 0 ? FAMILY_IPV6 : 0),
    dhcp,
    addresses: addresses.join(';'),
    subnets: subnets.join(';'),
    gateways: terminated(found.gateways, IP_MAX_GATEWAYS, DAEMON_IP_GATEWAY_BYTES),
    dns: terminated(dns, IP_MAX_DNS, DAEMON_IP_LIST_BYTES),
  };
}

/** Room for one more element, its separator and the terminating NUL. */
function fits(list: readonly string[], element: string, fieldBytes: number): boolean {
  return list.join(';').length + 1 + element.length + 1 <= fieldBytes;
}

function terminated(elements: readonly string[], perFamily: number, fieldBytes: number): string {
  const isIpv6 = (element: string) => element.includes(':');
  const counted = [
    ...elements.filter((element) => !isIpv6(element)).slice(0, perFamily),
    ...elements.filter(isIpv6).slice(0, perFamily),
  ];
  let text = '';
  for (const element of counted) {
    if (text.length + element.length + 1 >= fieldBytes) break;
    text += `${element};`;
  }
  return text;
}
