/** Arguments of FreeBSD's ifconfig(8) as rc.conf(5) holds them: addresses among words that are somebody else's. */
import { canonicalAddress, prefixOfFreebsdMask, subnetText } from '../../address-text.js';
import type { InterfaceAddress } from '../../configuration.js';

/** An address with its mask or prefix length. */
export interface AddressClause {
  address: InterfaceAddress;
  /** As it was written, or as it is to be written. */
  text: string;
}

export interface IfconfigArguments {
  /** Words and addresses in their order. Words that only name a family are left out. */
  parts: (string | AddressClause)[];
  /** What is not understood of it; undefined when everything is. */
  problem: string | undefined;
}

/** What may follow an address and belongs to it. */
const OF_ADDRESS = new Set(['netmask', 'prefixlen', 'broadcast']);
/** Give the address before them another meaning than that of a fixed address. */
const STRANGE = new Set(['vhid', 'pass', 'eui64', 'anycast', 'delete', '-alias', 'remove', 'dest_address']);

export function readArguments(value: string): IfconfigArguments {
  const words = value.split(/\s+/).filter((word) => word !== '');
  const parts: IfconfigArguments['parts'] = [];
  let problem: string | undefined;
  for (let at = 0; at < words.length; ) {
    const word = words[at]!;
    const family = { inet: 4, inet6: 6 }[word];
    const start = family === undefined ? at : at + 1;
    const end = endOfAddress(words, start);
    if (end > start) {
      const address = readAddress(words.slice(start, end));
      if (address === undefined || (family ?? address.family) !== address.family || isAddress(words[end]))
        problem ??= value;
      else parts.push({ address, text: words.slice(at, end).join(' ') });
      at = end;
    } else {
      // After `inet` there is a host's name, a range of addresses or something else that nobody here can resolve.
      if (family === 4 || STRANGE.has(word) || word.includes('/')) problem ??= value;
      if (family === undefined && word !== 'alias') parts.push(word);
      at++;
    }
  }
  return { parts, problem };
}

const isAddress = (word = ''): boolean => canonicalAddress(word.split('/')[0]!) !== undefined;

/** Behind the address at `start` and what belongs to it; `start` itself where there is none. */
function endOfAddress(words: readonly string[], start: number): number {
  if (!isAddress(words[start])) return start;
  let end = start + 1;
  while (OF_ADDRESS.has(words[end] ?? '') && end + 1 < words.length) end += 2;
  return end;
}

function readAddress([head = '', ...options]: readonly string[]): InterfaceAddress | undefined {
  const [bare = '', length] = head.split('/');
  const text = canonicalAddress(bare)!;
  const family = text.includes(':') ? 6 : 4;
  const option = (keyword: string) => options[options.indexOf(keyword) + 1];
  const has = (keyword: string) => options.includes(keyword);
  const given = length ?? (has('prefixlen') ? option('prefixlen') : undefined);
  if (given !== undefined) {
    const isLength = /^[0-9]{1,3}$/.test(given) && Number(given) <= (family === 4 ? 32 : 128);
    return isLength ? { family, text, prefix: Number(given) } : undefined;
  }
  // Without a mask the class of an IPv4 address would decide, or not, from version to version.
  if (family === 6) return { family, text, prefix: 64 };
  const prefix = has('netmask') ? prefixOfFreebsdMask(option('netmask')!) : undefined;
  return prefix === undefined ? undefined : { family, text, prefix };
}

export type AddressStyle = 'mask' | 'cidr';

/** As the manual's examples have it (`inet 192.0.2.7 netmask 255.255.255.0`), or `inet 192.0.2.7/24`. */
export function writeClause(address: InterfaceAddress, style: AddressStyle): AddressClause {
  const { family, text, prefix } = address;
  const keyword = family === 4 ? 'inet' : 'inet6';
  if (style === 'cidr') return { address, text: `${keyword} ${text}/${prefix}` };
  const mask = family === 4 ? `netmask ${subnetText(4, prefix)}` : `prefixlen ${prefix}`;
  return { address, text: `${keyword} ${text} ${mask}` };
}
