/** One network adapter's configuration, as GET_IP_INFO reads it and SET_IP_INFO sets it (protocol.md 3.5, 3.6, 5.8). */
import { requireBoolean, requireList, requireObject, requireText, requireUnsigned } from '../arguments.js';

export interface IpInfo {
  /** GET_IP_INFO: the MAC address "00:15:5D:01:02:03". SET_IP_INFO: the adapter's GUID in braces. */
  adapterId: string;
  /** Bit 0 IPv4, bit 1 IPv6. */
  family: number;
  dhcp: boolean;
  addresses: string[];
  /** Element by element what belongs to `addresses`: "255.255.255.0" for IPv4, "64" or "/64" for IPv6. */
  subnets: string[];
  gateways: string[];
  dns: string[];
  /** Binary form only: where each address came from ({@link AddressOrigin}), in the order of `addresses`. */
  origins?: number[];
}

/** The same as the daemon's side carries it: each list one text, joined with ';' (protocol.md 5.8). */
export interface IpInfoText {
  adapterId: string;
  /** Bit 0 IPv4, bit 1 IPv6. */
  family: number;
  dhcp: boolean;
  addresses: string;
  subnets: string;
  gateways: string;
  dns: string;
}

/** What encoders take: each list as texts, or as one text which is then written exactly as it is. */
export interface IpInfoInput {
  adapterId: string;
  family: number;
  dhcp: boolean;
  addresses: string | readonly string[];
  subnets: string | readonly string[];
  gateways: string | readonly string[];
  dns: string | readonly string[];
  origins?: readonly number[];
}

/** The request for an adapter's configuration: everything but the adapter id is empty. */
export function ipInfoRequest(adapterId: string): IpInfo {
  requireText('adapter id', adapterId);
  return {
    adapterId,
    family: 0,
    dhcp: false,
    addresses: [],
    subnets: [],
    gateways: [],
    dns: [],
  };
}

/** "a; b;" → ["a", "b"]: separators at the end, blanks and empty elements are tolerated. */
export function splitList(text: string | readonly string[]): string[] {
  requireTexts('list', text);
  const items = typeof text === 'string' ? text.split(';') : [...text];
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

/** ["a", "b"] → "a;b". A text stays as it is. */
export function joinList(list: string | readonly string[]): string {
  requireTexts('list', list);
  return typeof list === 'string' ? list : list.join(';');
}

/** Throws MisuseError unless every field is what it must be. */
function requireIpInfo(info: IpInfoInput): void {
  requireObject('ip', info);
  requireText('adapter id', info.adapterId);
  requireUnsigned('family', info.family, 8);
  requireBoolean('dhcp', info.dhcp);
  for (const name of ['addresses', 'subnets', 'gateways', 'dns'] as const) requireTexts(name, info[name]);
  if (info.origins === undefined) return;
  requireList('origins', info.origins);
  for (const [index, origin] of info.origins.entries()) requireUnsigned(`origins[${index}]`, origin, 16);
}

function requireTexts(what: string, list: string | readonly string[]): void {
  if (typeof list === 'string') return;
  requireList(what, list);
  for (const [index, text] of list.entries()) requireText(`${what}[${index}]`, text);
}

export function toIpInfo(info: IpInfoInput): IpInfo {
  requireIpInfo(info);
  return {
    adapterId: info.adapterId,
    family: info.family,
    dhcp: info.dhcp,
    addresses: splitList(info.addresses),
    subnets: splitList(info.subnets),
    gateways: splitList(info.gateways),
    dns: splitList(info.dns),
    ...(info.origins === undefined ? {} : { origins: [...info.origins] }),
  };
}

export function toIpInfoText(info: IpInfoInput): IpInfoText {
  requireIpInfo(info);
  return {
    adapterId: info.adapterId,
    family: info.family,
    dhcp: info.dhcp,
    addresses: joinList(info.addresses),
    subnets: joinList(info.subnets),
    gateways: joinList(info.gateways),
    dns: joinList(info.dns),
  };
}
