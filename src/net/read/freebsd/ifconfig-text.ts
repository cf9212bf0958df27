/**
 * What FreeBSD's ifconfig(8) prints of every interface, read: links and addresses in the form of the other systems. Built
 * from the manual page and from published output; unverified on a real FreeBSD.
 */
import ipaddr from 'ipaddr.js';
import { canonicalAddress, prefixOfFreebsdMask } from '../../address-text.js';
import {
  type Address,
  IFA_F_DADFAILED,
  IFA_F_DEPRECATED,
  IFA_F_PERMANENT,
  IFA_F_TENTATIVE,
  type Link,
  SCOPE_LINK,
} from '../rtnetlink.js';

export interface IfconfigTables {
  /** Numbered from 1 in the order of the text: ifconfig prints no index. */
  links: Link[];
  addresses: Address[];
}

const HEAD = /^([^\s:]+): flags=[0-9a-f]+<([A-Z0-9_,]*)>/i;

/** Of `ifconfig -a`. What is not understood is passed over. */
export function readIfconfig(text: string): IfconfigTables {
  const links: Link[] = [];
  const addresses: Address[] = [];
  /** Name of a port → name of the bridge or aggregate that lists it. */
  const masters = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, flags = ''] = HEAD.exec(line) ?? [];
    if (name !== undefined) {
      links.push(newLink(links.length + 1, name, flags.toUpperCase().split(',')));
      continue;
    }
    const link = links.at(-1);
    if (link === undefined || !/^\s/.test(line)) continue;
    const words = line.trim().split(/\s+/);
    const [keyword, value = ''] = words;
    if (keyword === 'ether' || keyword === 'lladdr') link.mac = macText(value) ?? link.mac;
    else if (keyword === 'laggport:' || keyword === 'member:') masters.set(value, link.name);
    else if (keyword === 'inet' || keyword === 'inet6') {
      const address = readAddress(keyword === 'inet' ? 4 : 6, words, link.index);
      if (address !== undefined) addresses.push(address);
    }
  }
  for (const link of links) {
    const master = masters.get(link.name);
    link.master = links.find(({ name }) => name === master)?.index;
  }
  return { links, addresses };
}

function newLink(index: number, name: string, flags: readonly string[]): Link {
  const has = (flag: string) => flags.includes(flag);
  return { index, name, loopback: has('LOOPBACK'), up: has('UP'), mac: undefined, master: undefined };
}

function macText(text: string): string | undefined {
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text) && !/^[0:]+$/.test(text) ? text.toUpperCase() : undefined;
}

/** `inet A netmask 0x…`, `inet A --> B netmask 0x…`, `inet6 A%if prefixlen N …`, and both with `A/N` (option -f). */
function readAddress(family: 4 | 6, words: readonly string[], index: number): Address | undefined {
  const [bare = '', cidr] = words[1]?.split('/') ?? [];
  const after = (keyword: string) => words[words.indexOf(keyword, 2) + 1];
  const has = (keyword: string) => words.includes(keyword, 2);
  const text = canonicalAddress(bare);
  const given = cidr ?? (has('prefixlen') ? after('prefixlen') : undefined);
  const prefix = given === undefined ? prefixOfFreebsdMask((has('netmask') && after('netmask')) || '') : Number(given);
  if (text === undefined || text.includes(':') !== (family === 6)) return undefined;
  if (prefix === undefined || !(prefix >= 0 && prefix <= (family === 4 ? 32 : 128))) return undefined;
  const lent = has('autoconf') || has('temporary') || (has('vltime') && /^[0-9]+$/.test(after('vltime') ?? ''));
  const flags =
    (lent ? 0 : IFA_F_PERMANENT) |
    (has('tentative') ? IFA_F_TENTATIVE : 0) |
    (has('duplicated') ? IFA_F_DADFAILED : 0) |
    (has('deprecated') || has('detached') ? IFA_F_DEPRECATED : 0);
  const scope = ipaddr.parse(text).range() === 'linkLocal' ? SCOPE_LINK : 0;
  return { index, family, text, prefix, scope, flags };
}
