/** Addresses, default gateways, DNS servers and DHCP in the sections of a .network file (systemd.network(5)). */
import { KvpError } from '../../../errors.js';
import { inOrderOfComing, inOrderOfListing } from '../../address-order.js';
import { canonicalAddress } from '../../address-text.js';
import { familyOf, type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import { Subnets } from '../../next-hop.js';
import { align } from '../formats/align.js';
import { type Entry, listedWords, type Section, type SectionFile } from '../formats/section-file.js';

/** What the kernel makes of a route without one. */
const DEFAULT_METRIC = { 4: 0, 6: 1024 } as const;

/** Of a file with its drop-ins, in their order. Throws ERR_NET_FILE where a setting of ours is not understood. */
export function readIp(sections: readonly Section[], path: string): IpConfiguration {
  return {
    dhcp: dhcpOf(sections, path).v4,
    addresses: inOrderOfListing(addressPlaces(sections).map(({ value }) => parseAddress(value, path))),
    gateways: gatewayPlaces(sections).map(({ value }) => parsed(value, path)),
    dns: dnsWords(sections).map((word) => parsed(bareServer(word), path)),
  };
}

/** The same without the gateways that networkd would wait for in vain: outside every subnet, and not said to be on the link. */
export function readIpInForce(sections: readonly Section[], path: string): IpConfiguration {
  const ip = readIp(sections, path);
  const unreached = new Set(unreachedPlaces(sections, ip).map(({ value }) => canonicalAddress(value)));
  return { ...ip, gateways: ip.gateways.filter((gateway) => !unreached.has(gateway)) };
}

function unreachedPlaces(sections: readonly Section[], { addresses }: IpConfiguration): Place[] {
  const onLink = new Subnets(sections.filter(({ name }) => name === 'Route').flatMap(onLinkSubnets));
  const needsOnLink = needOnLink(addresses);
  return gatewayPlaces(sections).filter(
    ({ value, section }) => needsOnLink(value) && !isOnLink(section) && !onLink.has(value),
  );
}

/** Which gateways have to be said to be on the link. Where there is no static address networkd says it by itself. */
function needOnLink(addresses: readonly InterfaceAddress[]): (gateway: string) => boolean {
  const subnets = new Subnets(addresses);
  return (gateway) => canonicalAddress(gateway) !== undefined && addresses.length > 0 && !subnets.reach(gateway);
}

const isOnLink = (section: Section): boolean =>
  ['GatewayOnLink', 'GatewayOnlink'].some((key) => isYes(section.last(key) ?? ''));

/** Of a route that leads straight onto the link. */
function onLinkSubnets(section: Section): { text: string; prefix: number }[] {
  const [text = '', length] = (section.last('Destination') ?? '').split('/');
  const isOne = canonicalAddress(text) !== undefined && /^[0-9]{1,3}$/.test(length ?? '0');
  if (!isOne || ![undefined, ''].includes(section.last('Gateway'))) return [];
  return [{ text, prefix: length === undefined ? (familyOf(text) === 4 ? 32 : 128) : Number(length) }];
}

/** Whether anything is said here that `readIp` reads. */
export function saysIp(sections: readonly Section[]): boolean {
  return (
    addressPlaces(sections).length + gatewayPlaces(sections).length + dnsWords(sections).length > 0 ||
    networkValues(sections, 'DHCP').length > 0
  );
}

/** Rewrites what differs. Throws ERR_NET_FILE as `readIp` does. */
export function writeIp(file: SectionFile, path: string, wanted: IpConfiguration): void {
  const has = readIp(file.all, path);
  const needsOnLink = needOnLink(wanted.addresses);
  writeDhcp(file, path, has, wanted);
  for (const family of [4, 6] as const) {
    const [old, next] = [ofFamily(family, has), ofFamily(family, wanted)];
    if (JSON.stringify(old.addresses) !== JSON.stringify(next.addresses)) writeAddresses(file, path, family, next);
    const gatewaysStay = JSON.stringify(old.gateways) === JSON.stringify(next.gateways);
    const areReached = !next.gateways.some(needsOnLink);
    if (!gatewaysStay || !areReached) writeGateways(file, family, next.gateways, needsOnLink);
  }
  const servers = (one: IpConfiguration) => JSON.stringify([ofFamily(4, one).dns, ofFamily(6, one).dns]);
  if (servers(has) !== servers(wanted)) writeDns(file, wanted.dns);
  writeAcceptRa(file, ofFamily(6, has), ofFamily(6, wanted));
}

/** A value and where it stands: a line of [Network], or a section of its own. */
interface Place {
  value: string;
  section: Section;
  metric: number;
}

function addressPlaces(sections: readonly Section[]): Place[] {
  return places(sections, 'Address', (section) => (section.name === 'Address' ? section.last('Address') : undefined));
}

/** The preferred one first. */
function gatewayPlaces(sections: readonly Section[]): Place[] {
  const single = places(sections, 'Gateway', (section) =>
    isDefaultRoute(section) ? section.last('Gateway') : undefined,
  ).filter(({ value }) => !value.startsWith('_'));
  return [...single, ...multipathPlaces(sections)]
    .map((place) => ({ ...place, metric: metricOf(place) }))
    .sort((a, b) => a.metric - b.metric);
}

/** "192.0.2.1 10", the gateway with its weight; what names another interface is none, and not understood. */
function multipathPlaces(sections: readonly Section[]): Place[] {
  return sections.filter(isDefaultRoute).flatMap((section) =>
    section.entries().flatMap(({ key, value }) => {
      const gateway = value.replace(/\s+[0-9]+$/, '');
      return key === 'MultiPathRoute' && value !== '' ? [{ value: gateway, section, metric: 0 }] : [];
    }),
  );
}

/** An empty setting in [Network] takes back those before it. */
function places(
  sections: readonly Section[],
  key: string,
  ofSection: (section: Section) => string | undefined,
): Place[] {
  const found: Place[] = [];
  /** Those of [Network] before it are taken back. */
  let valid = 0;
  for (const section of sections) {
    const own = ofSection(section);
    if (own !== undefined && own !== '') found.push({ value: own, section, metric: 0 });
    for (const value of valuesOf(section, key)) {
      if (value === '') valid = found.length;
      else found.push({ value, section, metric: 0 });
    }
  }
  return found.filter((place, at) => at >= valid || place.section.name !== 'Network');
}

const valuesOf = (section: Section, key: string): string[] =>
  section.name === 'Network' ? section.entries().flatMap((entry) => (entry.key === key ? [entry.value] : [])) : [];

const networkValues = (sections: readonly Section[], key: string): string[] =>
  sections.flatMap((section) => valuesOf(section, key));

/** In the main table, for every source. */
function isDefaultRoute(section: Section): boolean {
  if (section.name !== 'Route') return false;
  const says = (key: string, ...usual: string[]) => [undefined, '', ...usual].includes(section.last(key));
  return (
    says('Destination', '0.0.0.0/0', '::/0', '0.0.0.0', '::') &&
    says('Table', 'main', '254') &&
    says('Type', 'unicast') &&
    says('Source')
  );
}

function metricOf({ section, value }: Place): number {
  const written = section.name === 'Route' ? Number(section.last('Metric')) : 0;
  return written > 0 ? written : DEFAULT_METRIC[familyOf(value)];
}

function writeAddresses(file: SectionFile, path: string, family: 4 | 6, { addresses }: IpConfiguration): void {
  // networkd adds addresses in the order of the lines, wherever they stand.
  const texts = inOrderOfComing(family, addresses).map(({ text, prefix }) => `${text}/${prefix}`);
  const all = addressPlaces(file.all);
  const ours = all.filter(({ value }) => parseAddress(value, path).family === family);
  const canonical = ours.map(({ value }) => {
    const { text, prefix } = parseAddress(value, path);
    return `${text}/${prefix}`;
  });
  const { places, rest, sections } = addressPlan(ours, canonical, texts);
  file.takeOut(new Set(rest.flatMap((value) => sections.get(value) ?? [])));
  move(file, 'Address', all, ours, canonical, places);
  const isBySections =
    addressPlaces(file.all).findLast(({ value }) => familyOf(value) === family)?.section.name === 'Address';
  if (!isBySections && sections.size === 0) {
    if (rest.length > 0) addToNetwork(file, 'Address', rest);
  } else {
    for (const value of rest) {
      const moved = sections.get(value);
      if (moved === undefined) file.append('Address', { key: 'Address', value });
      else file.putBack(moved);
    }
  }
  preferEarlier(file, path, addresses);
}

/** Nothing is sent from a deprecated address while there is another: only the last ones can be that. */
function preferEarlier(file: SectionFile, path: string, addresses: readonly InterfaceAddress[]): void {
  const places = new Map<string, Place>();
  for (const place of addressPlaces(file.all)) {
    const { text, prefix } = parseAddress(place.value, path);
    if (!places.has(`${text}/${prefix}`)) places.set(`${text}/${prefix}`, place);
  }
  let isLast = true;
  for (const { text, prefix } of addresses.toReversed()) {
    const section = places.get(`${text}/${prefix}`)?.section;
    const isDeprecated = section?.name === 'Address' && section.last('PreferredLifetime') === '0';
    if (isDeprecated && !isLast) section.set('PreferredLifetime', undefined);
    isLast &&= isDeprecated;
  }
}

/**
 * As `align`, but a section whose address stays keeps its address, and with it what is said of it: where it comes at
 * another place, it and all behind it go to the end. `sections`: those, by their addresses.
 */
function addressPlan(
  ours: readonly Place[],
  canonical: readonly string[],
  texts: readonly string[],
): ReturnType<typeof align> & { sections: Map<string, Section> } {
  const plan = align(canonical, texts);
  const isOwn = ({ section }: Place) => section.name === 'Address';
  const wanted = new Set(texts);
  const moved = ours.findIndex(
    (place, at) => isOwn(place) && plan.places[at] !== canonical[at] && wanted.has(canonical[at]!),
  );
  if (moved < 0) return { ...plan, sections: new Map() };
  const places = plan.places.map((value, at) => (at < moved ? value : undefined));
  const behind = ours.flatMap((place, at) =>
    at >= moved && isOwn(place) ? [[canonical[at]!, place.section] as const] : [],
  );
  return { places, rest: texts.slice(places.filter((value) => value !== undefined).length), sections: new Map(behind) };
}

/** [Network] has no way to say that a gateway is on the link: such a one has a section of its own. */
function writeGateways(
  file: SectionFile,
  family: 4 | 6,
  gateways: string[],
  needsOnLink: (gateway: string) => boolean,
): void {
  // Gateways of which one stands in for another have an order; those of a multipath route have none.
  const multipath = multipathPlaces(file.all).filter(({ value }) => familyOf(value) === family);
  file.remove(new Set(multipath.map((place) => place.section)));
  const all = gatewayPlaces(file.all);
  const ours = all.filter(({ value }) => familyOf(value) === family);
  const canonical = ours.map(({ value }) => canonicalAddress(value) ?? value);
  const { places, rest } = align(canonical, gateways);
  const hasFirst = places.some((value) => value !== undefined);
  const isMoved = (value: string | undefined, at: number) =>
    value !== undefined && ours[at]!.section.name === 'Network' && needsOnLink(value);
  const kept = places.map((value, at) => (isMoved(value, at) ? undefined : value));
  move(file, 'Gateway', all, ours, canonical, kept);
  const routeTo = (value: string): Entry[] => [
    { key: 'Gateway', value },
    ...(needsOnLink(value) ? [{ key: 'GatewayOnLink', value: 'yes' }] : []),
  ];
  for (const value of places.filter(isMoved)) file.append('Route', ...routeTo(value!));
  for (const [at, value] of kept.entries()) {
    const { section } = ours[at]!;
    if (value !== undefined && section.name === 'Route' && needsOnLink(value) && !isOnLink(section))
      section.set('GatewayOnLink', 'yes');
  }
  if (!hasFirst && rest.length > 0) {
    const first = rest.shift()!;
    if (needsOnLink(first)) file.append('Route', ...routeTo(first));
    else addToNetwork(file, 'Gateway', [first]);
  }
  const last = ours.reduce((most, { metric }) => Math.max(most, metric), DEFAULT_METRIC[6] as number);
  rest.forEach((gateway, at) => {
    file.append('Route', ...routeTo(gateway), { key: 'Metric', value: String(last + 1 + at) });
  });
}

/** Gives each place of `ours` its new value; the others of the same lines stay. */
function move(
  file: SectionFile,
  key: string,
  all: readonly Place[],
  ours: readonly Place[],
  canonical: readonly string[],
  next: readonly (string | undefined)[],
): void {
  const after = new Map(ours.map((place, at) => [place, next[at] === canonical[at] ? place.value : next[at]]));
  const now = (place: Place) => (after.has(place) ? after.get(place) : place.value);
  const gone = new Set<Section>();
  for (const place of ours) {
    const value = now(place);
    if (place.section.name === 'Network' || value === place.value) continue;
    if (value === undefined) gone.add(place.section);
    else {
      place.section.set(key, value);
      // What belongs to the old address.
      for (const bound of ['Peer', 'Broadcast', 'PreferredLifetime']) place.section.set(bound, undefined);
    }
  }
  file.remove(gone);
  const bySection = new Map<Section, Place[]>(file.sections('Network').map((section) => [section, []]));
  for (const place of all) bySection.get(place.section)?.push(place);
  for (const [section, own] of bySection) {
    const values = own.map(now);
    const foreign = valuesOf(section, key).filter((value) => value.startsWith('_'));
    const entries = [...values, ...foreign].flatMap((value) => (value === undefined ? [] : [{ key, value }]));
    section.replace((name) => name === key, entries);
  }
}

function addToNetwork(file: SectionFile, key: string, values: readonly string[]): void {
  const section = file.sections('Network').at(-1) ?? file.append('Network');
  section.replace(
    (name) => name === key,
    [...valuesOf(section, key), ...values].map((value) => ({ key, value })),
    (name) => name === 'Address',
  );
}

/** One setting for each, or one for all where it was written so. What is said about a server that stays is kept. */
function writeDns(file: SectionFile, servers: readonly string[]): void {
  const old = dnsWords(file.all);
  const inOne = networkValues(file.all, 'DNS').some((value) => /\s/.test(value));
  const words = servers.map((server) => old.find((word) => canonicalAddress(bareServer(word)) === server) ?? server);
  const values = inOne && words.length > 0 ? [words.join(' ')] : words;
  file.replace(
    'Network',
    (key) => key === 'DNS',
    values.map((value) => ({ key: 'DNS', value })),
    (key) => key === 'Address' || key === 'Gateway',
  );
}

const dnsWords = (sections: readonly Section[]): string[] => listedWords(networkValues(sections, 'DNS'));

/** "192.0.2.53:853%eth0#dns.example", "[2001:db8::53]:853#dns.example". */
function bareServer(word: string): string {
  const address = word.replace(/[#%].*$/, '');
  return /^\[([^\]]*)\](?::[0-9]+)?$/.exec(address)?.[1] ?? address.replace(/^([0-9.]+):[0-9]+$/, '$1');
}

/** With an IPv6 address and a gateway a router's announcements would only add a second one. */
function writeAcceptRa(file: SectionFile, has: IpConfiguration, wants: IpConfiguration): void {
  const becomesStatic = has.addresses.length === 0 && wants.addresses.length > 0;
  if (becomesStatic && wants.gateways.length > 0) file.set('Network', 'IPv6AcceptRA', 'no');
  if (has.addresses.length > 0 && wants.addresses.length === 0) file.set('Network', 'IPv6AcceptRA');
}

/**
 * DHCP=yes is of both families. Turned off for IPv4 it stays on for IPv6 while that is the network's.
 */
function writeDhcp(file: SectionFile, path: string, has: IpConfiguration, wants: IpConfiguration): void {
  const now = dhcpOf(file.all, path);
  const [old, next] = [ofFamily(6, has), ofFamily(6, wants)];
  const becomesStatic = old.addresses.length === 0 && next.addresses.length > 0;
  const v6 = now.v6 && !becomesStatic;
  if (wants.dhcp !== now.v4 || v6 !== now.v6) {
    file.set('Network', 'DHCP', wants.dhcp ? (v6 ? 'yes' : 'ipv4') : v6 ? 'ipv6' : 'no');
  }
}

const isYes = (value: string): boolean => /^(?:yes|y|true|t|on|1)$/i.test(value);

/** Of each family, as the last `DHCP=` has it. Throws ERR_NET_FILE. */
export function dhcpOf(sections: readonly Section[], path: string): { v4: boolean; v6: boolean } {
  const value = networkValues(sections, 'DHCP').at(-1) ?? '';
  if (isYes(value) || /^both$/i.test(value)) return { v4: true, v6: true };
  if (/^(?:no|n|false|f|off|0|none|)$/i.test(value)) return { v4: false, v6: false };
  if (/^(?:ip)?v[46]$/.test(value)) return { v4: value.endsWith('4'), v6: value.endsWith('6') };
  throw refused(value, path);
}

function parseAddress(value: string, path: string): InterfaceAddress {
  const [, address = '', prefix = ''] = /^([^/]+)\/([0-9]{1,3})$/.exec(value) ?? [];
  const text = canonicalAddress(address);
  if (text === undefined || Number(prefix) > (familyOf(text) === 4 ? 32 : 128)) throw refused(value, path);
  return { family: familyOf(text), text, prefix: Number(prefix) };
}

function parsed(value: string, path: string): string {
  const address = canonicalAddress(value);
  if (address === undefined) throw refused(value, path);
  return address;
}

const refused = (value: string, path: string) =>
  new KvpError('ERR_NET_FILE', { detail: path, actual: JSON.stringify(value.slice(0, 64)) });
