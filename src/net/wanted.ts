/** The configuration that a host wants, parsed strictly: text that is not an address is refused as a whole. */
import ipaddr from 'ipaddr.js';
import { requireObject, requireText } from '../arguments.js';
import { KvpError, MisuseError } from '../errors.js';
import { canonicalAddress, prefixOfMask } from './address-text.js';
import { familyOf, type InterfaceAddress, type IpConfiguration } from './configuration.js';

/** As the device carries it; lists are joined with ';' (protocol.md 5.8). */
export interface WantedText {
  dhcp: boolean;
  addresses: string;
  subnets: string;
  gateways: string;
  dns: string;
}

/** The longest text of an address; beyond it the stock daemon overruns its stack. */
const MAX_ADDRESS_TEXT = 45;

/** Ranges of which no address is one machine's, so neither an interface's nor a gateway's nor a server's. */
const NOBODYS = new Set(['unspecified', 'broadcast', 'multicast']);

/** Throws ERR_NET_ADDRESS for what a host may have sent, and MisuseError for fields that are no texts. */
export function parseWanted(text: WantedText): IpConfiguration {
  requireObject('text', text);
  if (typeof text.dhcp !== 'boolean') throw new MisuseError('text.dhcp is true or false');
  for (const field of ['addresses', 'subnets', 'gateways', 'dns'] as const) requireText(`text.${field}`, text[field]);
  const subnets = elements(text.subnets);
  const addresses = elements(text.addresses).map((element, at): InterfaceAddress => {
    const address = parseAddress(element);
    const family = familyOf(address);
    return { family, text: address, prefix: parsePrefix(family, subnets[at]) };
  });
  // Those without an address mean nothing, but subnets they have to be.
  for (const subnet of subnets.slice(addresses.length)) parsePrefix(subnet.includes('.') ? 4 : 6, subnet);
  return {
    dhcp: text.dhcp,
    addresses,
    gateways: elements(text.gateways).map(parseAddress),
    dns: elements(text.dns).map(parseAddress),
  };
}

/** Empty elements, as of ";;" and of a trailing separator, are skipped; spaces around an element too. */
function elements(list: string): string[] {
  return list
    .split(';')
    .map((element) => element.replace(/^ +| +$/g, ''))
    .filter((element) => element !== '');
}

function parseAddress(element: string): string {
  // A zone names an interface of whoever wrote it: no configuration of this one.
  const plain = element.length <= MAX_ADDRESS_TEXT && /^[0-9A-Fa-f.:]+$/.test(element);
  const address = plain ? canonicalAddress(element) : undefined;
  if (address === undefined || NOBODYS.has(ipaddr.parse(address).range()))
    throw new KvpError('ERR_NET_ADDRESS', { actual: JSON.stringify(element.slice(0, 64)) });
  return address;
}

/** A dotted mask, or a prefix length with or without slash. */
function parsePrefix(family: 4 | 6, subnet: string | undefined): number {
  if (subnet === undefined) throw new KvpError('ERR_NET_ADDRESS', { detail: 'an address without a subnet' });
  const number = /^\/?([0-9]{1,3})$/.exec(subnet)?.[1];
  const prefix = number === undefined ? (family === 4 ? prefixOfMask(subnet) : undefined) : Number(number);
  if (prefix === undefined || prefix > (family === 4 ? 32 : 128))
    throw new KvpError('ERR_NET_ADDRESS', { detail: 'subnet', actual: JSON.stringify(subnet.slice(0, 64)) });
  return prefix;
}
