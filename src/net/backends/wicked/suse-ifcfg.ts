/** Addresses and DHCP in an ifcfg file of SUSE, as ifcfg(5) of wicked describes them. */
import { KvpError } from '../../../errors.js';
import { inOrderOfComing, inOrderOfListing } from '../../address-order.js';
import { canonicalAddress, prefixOfMask } from '../../address-text.js';
import { familyOf, type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import { fileError } from '../../file-error.js';
import type { Assignment, ShellAssignments } from '../formats/shell-assignments.js';

type Addressing = Pick<IpConfiguration, 'dhcp' | 'addresses'>;

/** The variables of one address, which have the same suffix: any text, and for the first one mostly none. */
const PARTS = ['IPADDR', 'PREFIXLEN', 'NETMASK', 'BROADCAST', 'REMOTE_IPADDR', 'LABEL', 'SCOPE', 'IP_OPTIONS'];
/** As ifcfg(5) allows it, and no shell does. */
const DASHED = /^[ \t]*(IPADDR[A-Za-z0-9_]*-[^=\s]*)=/m;
/** What YaST writes for none. */
const UNSPECIFIED = new Set(['0.0.0.0', '::']);
const COMES_UP = /^(?:auto|boot|onboot|on|nfsroot|hotplug|ifplugd)$/;

interface AddressEntry {
  suffix: string;
  address: InterfaceAddress;
  assignments: Assignment[];
}

/** Whether the interface comes up with the machine. Throws ERR_NET_FILE. */
export const comesUp = (file: ShellAssignments): boolean => COMES_UP.test(file.get('STARTMODE') ?? '');

/** A port of a bond: wicked reads neither addresses nor routes. Throws ERR_NET_FILE. */
export const isWithoutIp = (file: ShellAssignments): boolean => /^none$/i.test(protocol(file));

/** Throws ERR_NET_FILE where a setting of ours is not understood, and for what the firmware is to configure. */
export function readAddressing(file: ShellAssignments): Addressing {
  if (/^ibft$/i.test(protocol(file)))
    throw fileError(file.path, 'BOOTPROTO=ibft: the firmware configures the interface');
  if (isWithoutIp(file)) return { dhcp: false, addresses: [] };
  return { dhcp: usesDhcp4(file), addresses: inOrderOfListing(entriesOf(file).map(({ address }) => address)) };
}

/** Throws ERR_NET_FILE. */
export const usesDhcp4 = (file: ShellAssignments): boolean =>
  protocol(file)
    .split('+')
    .some((word) => word === 'dhcp' || word === 'dhcp4');

/** Whether DHCP of IPv6 would end with that of IPv4. Throws ERR_NET_FILE. */
export const endsDhcp6 = (file: ShellAssignments): boolean => protocol(file).split('+').includes('dhcp');

/**
 * Rewrites what differs, and makes the interface come up with the machine. Throws ERR_NET_FILE, and ERR_NET_BACKEND for
 * a prefix that wicked takes for none.
 */
export function writeAddressing(file: ShellAssignments, wanted: IpConfiguration): void {
  const open = wanted.addresses.find(({ prefix }) => prefix === 0);
  if (open !== undefined)
    throw new KvpError('ERR_NET_BACKEND', { detail: 'wicked has no prefix of 0', actual: cidr(open) });
  const next = protocolFor(protocol(file), wanted);
  if (next !== protocol(file)) file.set('BOOTPROTO', next);
  if (!comesUp(file)) file.set('STARTMODE', 'auto', (name) => name === 'BOOTPROTO');
  if (flat(readAddressing(file).addresses) === flat(wanted.addresses)) return;
  const suffixes = suffixesOf(file);
  const wants = ([4, 6] as const).flatMap((family) => inOrderOfComing(family, ofFamily(family, wanted).addresses));
  file.replace(
    (name) => partIn(name, suffixes) !== undefined,
    assignmentsFor(wants, entriesOf(file)),
    (name) => name === 'BOOTPROTO',
  );
}

const protocol = (file: ShellAssignments): string => file.get('BOOTPROTO') || 'static';

const flat = (addresses: readonly InterfaceAddress[]): string =>
  ([4, 6] as const)
    .map((family) =>
      addresses
        .filter((one) => one.family === family)
        .map(cidr)
        .join(),
    )
    .join(';');

const cidr = ({ text, prefix }: InterfaceAddress): string => `${text}/${prefix}`;

/**
 * "dhcp" is content with a lease of either family. Alone, that of IPv6 would have to come, and in most networks it never
 * does: it stays without that of IPv4 only where the file asks for it by itself. A fixed IPv6 address ends it.
 */
function protocolFor(present: string, { dhcp, addresses, gateways }: IpConfiguration): string {
  const words = present.split('+');
  const has4 = words.some((word) => word === 'dhcp' || word === 'dhcp4');
  const isFixed6 = addresses.some(({ family }) => family === 6);
  const has6 = words.includes('dhcp6') || words.includes('dhcp');
  const isOff = /^none$/i.test(present) && addresses.length + gateways.length > 0;
  if (has4 === dhcp && !(isFixed6 && has6) && !isOff) return present;
  const others = words.filter((word) => dhcp && word === 'autoip');
  const with6 = !isFixed6 && (words.includes('dhcp6') || (dhcp && !words.includes('dhcp4')));
  const clients = dhcp ? (with6 ? 'dhcp' : 'dhcp4') : with6 ? 'dhcp6' : 'static';
  return [clients, ...others].join('+');
}

/** In the order of the lines, which is that of their coming. */
function entriesOf(file: ShellAssignments): AddressEntry[] {
  const dashed = DASHED.exec(String(file))?.[1];
  if (dashed !== undefined)
    throw fileError(file.path, `${dashed}: a name with a dash, which some versions of wicked pass over`);
  const seen = new Set<string>();
  return [...partsOf(file)].flatMap(([suffix, parts]): AddressEntry[] => {
    const value = parts.get('IPADDR') ?? '';
    if (value === '') return [];
    const [text = '', length = ''] = value.split('/');
    const address = canonicalAddress(text);
    if (address === undefined) throw refused(file, `IPADDR${suffix}`, value);
    if (UNSPECIFIED.has(address) || seen.has(address)) return [];
    seen.add(address);
    const family = familyOf(address);
    const said = { length, PREFIXLEN: parts.get('PREFIXLEN') ?? '', NETMASK: parts.get('NETMASK') ?? '' };
    const prefix = prefixOf(family, said);
    if (prefix === undefined)
      throw refused(file, `IPADDR${suffix}`, [value, said.PREFIXLEN, said.NETMASK].join(' ').trimEnd());
    const assignments = [...parts].map(([part, one]) => ({ name: part + suffix, value: one }));
    return [{ suffix, address: { family, text: address, prefix }, assignments }];
  });
}

/** By suffix, the variables of each address: part to value, the last assignment of each. */
function partsOf(file: ShellAssignments): Map<string, Map<string, string>> {
  const suffixes = suffixesOf(file);
  const bySuffix = new Map([...suffixes].map((suffix) => [suffix, new Map<string, string>()]));
  for (const { name, value } of file.matching((one) => partIn(one, suffixes) !== undefined)) {
    const part = partIn(name, suffixes)!;
    bySuffix.get(name.slice(part.length))!.set(part, value);
  }
  return bySuffix;
}

const partIn = (name: string, suffixes: ReadonlySet<string>): string | undefined =>
  PARTS.find((part) => name.startsWith(part) && suffixes.has(name.slice(part.length)));

const suffixesOf = (file: ShellAssignments): Set<string> =>
  new Set(file.names().flatMap((name) => (name.startsWith('IPADDR') ? [name.slice('IPADDR'.length)] : [])));

interface SaidLength {
  /** Behind the address. */
  length: string;
  PREFIXLEN: string;
  NETMASK: string;
}

/** The first that is said, else that of a single host. Undefined for one that is none. */
function prefixOf(family: 4 | 6, { length, PREFIXLEN, NETMASK }: SaidLength): number | undefined {
  const most = family === 4 ? 32 : 128;
  const said = [length, PREFIXLEN].find((text) => text !== '' && text !== '0');
  if (said !== undefined) return /^[0-9]{1,3}$/.test(said) && Number(said) <= most ? Number(said) : undefined;
  if (NETMASK === '' || family === 6) return most;
  const prefix = prefixOfMask(NETMASK);
  return prefix === 0 ? most : prefix;
}

/** An address that stays keeps all that is said of it; one that comes takes the suffix of one that goes. */
function assignmentsFor(wants: readonly InterfaceAddress[], entries: readonly AddressEntry[]): Assignment[] {
  const has = new Map(entries.map((entry) => [cidr(entry.address), entry]));
  const kept = new Set(wants.flatMap((address) => has.get(cidr(address))?.suffix ?? []));
  const free = ['', ...entries.map(({ suffix }) => suffix)].filter((suffix) => !kept.has(suffix));
  const suffixes = [...new Set(free)];
  let number = 0;
  const next = (): string => {
    const suffix = suffixes.shift() ?? `_${++number}`;
    if (kept.has(suffix)) return next();
    kept.add(suffix);
    return suffix;
  };
  return wants.flatMap(
    (address) => has.get(cidr(address))?.assignments ?? [{ name: `IPADDR${next()}`, value: cidr(address) }],
  );
}

const refused = (file: ShellAssignments, name: string, value: string) =>
  fileError(file.path, `${name}=${JSON.stringify(value.slice(0, 64))}`);
