/** Addresses, gateways, DNS servers and DHCP in an ifcfg file. */
import ipaddr from 'ipaddr.js';
import { KvpError } from '../../../errors.js';
import { canonicalAddress, classPrefix, prefixOfMask } from '../../address-text.js';
import { familyOf, type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import type { ShellAssignments } from '../formats/shell-assignments.js';

const ADDRESS = /^IPADDR([0-9]*)$/;
const ADDRESS_OR_MASK = /^(?:IPADDR|PREFIX|NETMASK)[0-9]*$/;
const GATEWAY = /^GATEWAY[0-9]*$/;
const DNS = /^DNS[0-9]+$/;

/** Of BOOTPROTO. */
export const isDhcp = (protocol: string | undefined): boolean => /^(?:dhcp|bootp)/i.test(protocol ?? '');

/** Throws ERR_NET_FILE where a setting of ours is not understood. */
export function readIp(file: ShellAssignments): IpConfiguration {
  return {
    dhcp: isDhcp(file.get('BOOTPROTO')),
    addresses: [...addresses4(file), ...addresses6(file)],
    gateways: [...gateways4(file), ...gateways6(file)],
    dns: numbered(file, DNS).map(({ value }) => address(file, value)),
  };
}

/** Rewrites what differs. Throws ERR_NET_BACKEND for a second gateway of one family: an ifcfg file has one of each. */
export function writeIp(file: ShellAssignments, wanted: IpConfiguration): void {
  const has = readIp(file);
  if (has.dhcp !== wanted.dhcp) file.set('BOOTPROTO', wanted.dhcp ? 'dhcp' : 'none');
  const write = { 4: write4, 6: write6 };
  for (const family of [4, 6] as const) {
    const next = ofFamily(family, wanted);
    if (next.gateways.length > 1) {
      throw new KvpError('ERR_NET_BACKEND', {
        detail: 'an ifcfg file has one gateway for each family, and hv-kvp writes no route file for others',
      });
    }
    write[family](file, ofFamily(family, has), next);
  }
  const flat = (one: IpConfiguration) => JSON.stringify([ofFamily(4, one).dns, ofFamily(6, one).dns]);
  if (flat(has) !== flat(wanted)) {
    file.replace(
      (name) => DNS.test(name),
      wanted.dns.map((value, at) => ({ name: `DNS${at + 1}`, value })),
      (name) => GATEWAY.test(name),
    );
  }
}

const differs = (a: IpConfiguration, b: IpConfiguration, what: 'addresses' | 'gateways'): boolean =>
  JSON.stringify(a[what]) !== JSON.stringify(b[what]);

function write4(file: ShellAssignments, has: IpConfiguration, wants: IpConfiguration): void {
  if (differs(has, wants, 'addresses')) {
    const masks = file.matching((name) => /^NETMASK[0-9]*$/.test(name)).length > 0;
    const entries = wants.addresses.flatMap(({ text, prefix }, at) => {
      const number = at === 0 ? '' : String(at);
      const mask = ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString();
      return [
        { name: `IPADDR${number}`, value: text },
        masks ? { name: `NETMASK${number}`, value: mask } : { name: `PREFIX${number}`, value: String(prefix) },
      ];
    });
    file.replace((name) => ADDRESS_OR_MASK.test(name), entries);
  }
  if (differs(has, wants, 'gateways')) {
    const [gateway] = wants.gateways;
    const entries = gateway === undefined ? [] : [{ name: 'GATEWAY', value: gateway }];
    file.replace(
      (name) => GATEWAY.test(name),
      entries,
      (name) => ADDRESS_OR_MASK.test(name),
    );
    if (gateway !== undefined && isOff(file, 'DEFROUTE')) file.set('DEFROUTE', 'yes');
  }
}

/** Without an address IPv6 is the router's: what a static one had turned off is turned on again. */
function write6(file: ShellAssignments, has: IpConfiguration, wants: IpConfiguration): void {
  if (differs(has, wants, 'addresses')) {
    const [first, ...further] = wants.addresses.map(({ text, prefix }) => `${text}/${prefix}`);
    file.set('IPV6ADDR', first);
    file.set(
      'IPV6ADDR_SECONDARIES',
      further.length === 0 ? undefined : further.join(' '),
      (name) => name === 'IPV6ADDR',
    );
    if (has.addresses.length === 0) {
      file.set('IPV6INIT', 'yes');
      file.set('IPV6_AUTOCONF', 'no');
      file.set('IPV6_DISABLED', undefined);
    }
    if (first === undefined) file.set('IPV6_AUTOCONF', 'yes');
  }
  if (differs(has, wants, 'gateways')) {
    file.set('IPV6_DEFAULTGW', wants.gateways[0], (name) => /^IPV6ADDR/.test(name));
    if (wants.gateways.length > 0 && isOff(file, 'IPV6_DEFROUTE')) file.set('IPV6_DEFROUTE', 'yes');
  }
}

function addresses4(file: ShellAssignments): InterfaceAddress[] {
  return numbered(file, ADDRESS).map(({ name, value }) => {
    const text = address(file, value, 4);
    const number = ADDRESS.exec(name)![1]!;
    return { family: 4, text, prefix: prefixOf(file, number) ?? classPrefix(text) };
  });
}

/** Undefined where neither is there. */
function prefixOf(file: ShellAssignments, number: string): number | undefined {
  const [length, mask] = [file.get(`PREFIX${number}`) ?? '', file.get(`NETMASK${number}`) ?? ''];
  if (length !== '') {
    if (/^[0-9]{1,2}$/.test(length) && Number(length) <= 32) return Number(length);
    throw refused(file, length);
  }
  if (mask === '') return undefined;
  const prefix = prefixOfMask(mask);
  if (prefix === undefined) throw refused(file, mask);
  return prefix;
}

function addresses6(file: ShellAssignments): InterfaceAddress[] {
  const list = [file.get('IPV6ADDR') ?? '', ...(file.get('IPV6ADDR_SECONDARIES') ?? '').split(/\s+/)];
  return list
    .filter((one) => one !== '')
    .map((one) => {
      const [text = '', prefix = '64'] = one.split('/');
      if (!/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > 128) throw refused(file, one);
      return { family: 6, text: address(file, text, 6), prefix: Number(prefix) };
    });
}

function gateways4(file: ShellAssignments): string[] {
  if (isOff(file, 'DEFROUTE')) return [];
  // Numbered ones belong to the addresses; the first one counts.
  return numbered(file, GATEWAY)
    .slice(0, 1)
    .map(({ value }) => address(file, value, 4));
}

function gateways6(file: ShellAssignments): string[] {
  const gateway = file.get('IPV6_DEFAULTGW') ?? '';
  return gateway === '' || isOff(file, 'IPV6_DEFROUTE') ? [] : [address(file, gateway, 6)];
}

/** By their numbers, the one without first; empty ones count as absent. */
function numbered(file: ShellAssignments, pattern: RegExp): { name: string; value: string }[] {
  const number = (name: string) => Number(/[0-9]+$/.exec(name)?.[0] ?? -1);
  const last = new Map(file.matching((name) => pattern.test(name)).map(({ name, value }) => [name, value]));
  return [...last]
    .map(([name, value]) => ({ name, value }))
    .filter(({ value }) => value !== '')
    .sort((a, b) => number(a.name) - number(b.name));
}

const isOff = (file: ShellAssignments, name: string): boolean => /^(?:no|n|false|f|0)$/i.test(file.get(name) ?? '');

function address(file: ShellAssignments, text: string, family?: 4 | 6): string {
  const canonical = canonicalAddress(text);
  if (canonical === undefined || (family !== undefined && familyOf(canonical) !== family)) throw refused(file, text);
  return canonical;
}

const refused = (file: ShellAssignments, text: string) =>
  new KvpError('ERR_NET_FILE', { detail: file.path, actual: JSON.stringify(text.slice(0, 64)) });
