/** Addresses, default routes, name servers and DHCP of a netplan definition (netplan(5)). */
import { inOrderOfComing, inOrderOfListing } from '../../address-order.js';
import { canonicalAddress } from '../../address-text.js';
import { familyOf, type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import { Subnets } from '../../next-hop.js';
import { align } from '../formats/align.js';
import {
  isMap,
  isSeq,
  remove,
  resolved,
  set,
  textOf,
  valueAt,
  withCommentsOf,
  YAMLMap,
  type YAMLSeq,
} from '../formats/yaml-file.js';
import { lastText, type Part } from './netplan-definition.js';

/** What the kernel makes of a route without one. */
const DEFAULT_METRIC = { 4: 0, 6: 1024 } as const;
const DEFAULTS = new Set(['default', '0.0.0.0/0', '0/0', '::/0']);

/** What a definition's files say, and who takes it up. */
export interface Settings {
  parts: readonly Part[];
  renderer: string;
}

/** Throws ERR_NET_FILE where a setting of ours is not understood. */
export function readIp({ parts, renderer }: Settings): IpConfiguration {
  const addresses = parts.flatMap(addressPlaces).map(({ value }) => parseAddress(value)!);
  return {
    dhcp: isTrue(lastText(parts, 'dhcp4')),
    // networkd adds one after the other; NetworkManager sees to it that the first one is preferred.
    addresses: isOfNetworkManager(renderer) ? addresses : inOrderOfListing(addresses),
    gateways: gatewayPlaces(parts).map(({ value }) => value),
    dns: parts.flatMap(servers),
  };
}

const isOfNetworkManager = (renderer: string): boolean => renderer === 'NetworkManager';

/** The same without the gateways that networkd would wait for in vain: outside every subnet, and not said to be on the link. */
export function readIpInForce(settings: Settings): IpConfiguration {
  const ip = readIp(settings);
  if (isOfNetworkManager(settings.renderer)) return ip;
  const routes = settings.parts.flatMap((part) => items(part, 'routes').map(resolved)).filter(isMap) as YAMLMap[];
  const onLink = new Subnets(routes.flatMap(onLinkSubnets));
  const needsOnLink = needOnLink(ip.addresses);
  const unreached = gatewayPlaces(settings.parts).filter(
    ({ value, item }) => needsOnLink(value) && !isOnLink(item) && !onLink.has(value),
  );
  const values = new Set(unreached.map(({ value }) => value));
  return { ...ip, gateways: ip.gateways.filter((gateway) => !values.has(gateway)) };
}

/** Which gateways have to be said to be on the link. Where there is no static address networkd says it by itself. */
function needOnLink(addresses: readonly InterfaceAddress[]): (gateway: string) => boolean {
  const subnets = new Subnets(addresses);
  return (gateway) => addresses.length > 0 && !subnets.reach(gateway);
}

function isOnLink(item: unknown): boolean {
  const route = resolved(item);
  return isMap(route) && isTrue(textOf(valueAt(route as YAMLMap, 'on-link')));
}

/** Of a route that leads straight onto the link. */
function onLinkSubnets(route: YAMLMap): { text: string; prefix: number }[] {
  const [text = '', length] = (textOf(valueAt(route, 'to')) ?? '').split('/');
  const isOne = canonicalAddress(text) !== undefined && /^[0-9]{1,3}$/.test(length ?? '0');
  if (!isOne || valueAt(route, 'via') !== undefined) return [];
  return [{ text, prefix: length === undefined ? (familyOf(text) === 4 ? 32 : 128) : Number(length) }];
}

/** Rewrites what differs; what is new goes into the last part. */
export function writeIp(found: Settings, wanted: IpConfiguration): void {
  const parts = found.parts.map((part): Part => ({ ...part, map: part.file.ownMap('network', part.kind, part.id)! }));
  const settings = { ...found, parts };
  const has = readIp(settings);
  const needsOnLink = needOnLink(wanted.addresses);
  if (has.dhcp !== wanted.dhcp) setBoolean(parts, 'dhcp4', wanted.dhcp);
  for (const family of [4, 6] as const) {
    const [old, next] = [ofFamily(family, has), ofFamily(family, wanted)];
    if (JSON.stringify(old.addresses) !== JSON.stringify(next.addresses)) writeAddresses(settings, family, next);
    const gatewaysStay = JSON.stringify(old.gateways) === JSON.stringify(next.gateways);
    const areReached = !next.gateways.some(needsOnLink);
    if (!gatewaysStay || !areReached) writeGateways(parts, family, next.gateways, needsOnLink);
  }
  const flat = (one: IpConfiguration) => JSON.stringify([ofFamily(4, one).dns, ofFamily(6, one).dns]);
  if (flat(has) !== flat(wanted)) writeServers(parts, wanted.dns);
  writeRouterPart(parts, ofFamily(6, has), ofFamily(6, wanted));
}

interface Place {
  value: string;
  part: Part;
  /** In `addresses` or `routes`; undefined: the key gateway4 or gateway6. */
  item: unknown;
  metric: number;
}

function addressPlaces(part: Part): Place[] {
  return items(part, 'addresses').map((item) => {
    // With options it is a mapping of one key.
    const node = resolved(item);
    const value = isMap(node) && node.items.length === 1 ? textOf(node.items[0]!.key) : textOf(node);
    if (value === undefined || parseAddress(value) === undefined) throw part.file.refused(`address ${value ?? ''}`);
    return { value, part, item, metric: 0 };
  });
}

/** The preferred one first. */
function gatewayPlaces(parts: readonly Part[]): Place[] {
  const keys = parts.flatMap((part) =>
    (['gateway4', 'gateway6'] as const).flatMap((key): Place[] => {
      const text = textOf(valueAt(part.map, key));
      return text === undefined ? [] : [{ ...gateway(part, text), item: undefined }];
    }),
  );
  const routes = parts.flatMap((part) =>
    items(part, 'routes').flatMap((item): Place[] => {
      const route = resolved(item);
      const via = isMap(route) && isDefault(route as YAMLMap) ? textOf(valueAt(route as YAMLMap, 'via')) : undefined;
      if (via === undefined) return [];
      const place = gateway(part, via);
      const metric = Number(textOf(valueAt(route as YAMLMap, 'metric')));
      return [{ ...place, item, metric: metric > 0 ? metric : place.metric }];
    }),
  );
  return [...keys, ...routes].sort((a, b) => a.metric - b.metric);
}

function gateway(part: Part, text: string): Omit<Place, 'item'> {
  const value = canonicalAddress(text);
  if (value === undefined) throw part.file.refused(`gateway ${text}`);
  return { value, part, metric: DEFAULT_METRIC[familyOf(value)] };
}

/** In the main table, for every source. */
function isDefault(route: YAMLMap): boolean {
  const says = (key: string, ...usual: string[]) => [undefined, ...usual].includes(textOf(valueAt(route, key)));
  return (
    DEFAULTS.has(textOf(valueAt(route, 'to')) ?? '') && says('table', '254') && says('type', 'unicast') && says('from')
  );
}

function writeAddresses({ parts, renderer }: Settings, family: 4 | 6, { addresses }: IpConfiguration): void {
  for (const { file, map } of parts) file.ownList(map, 'addresses');
  const ours = parts.flatMap(addressPlaces).filter(({ value }) => parseAddress(value)!.family === family);
  const text = (value: InterfaceAddress) => `${value.text}/${value.prefix}`;
  const canonical = ours.map(({ value }) => text(parseAddress(value)!));
  const wants = isOfNetworkManager(renderer) ? addresses : inOrderOfComing(family, addresses);
  const { places, rest } = align(canonical, wants.map(text));
  // What is said of an address that stays goes where it goes.
  const items = new Map(ours.flatMap(({ item }, at) => (isMap(item) ? [[canonical[at]!, item] as const] : [])));
  for (const [at, place] of ours.entries()) {
    const next = places[at];
    if (next !== canonical[at]) replaceItem(place, 'addresses', next && (items.get(next) ?? next));
  }
  for (const value of rest) addItem(parts, 'addresses', items.get(value) ?? value);
  // Nothing is sent from a deprecated address while there is another: only the last ones can be that.
  let isLast = true;
  for (const address of addresses.toReversed()) {
    const options = (items.get(text(address)) as YAMLMap | undefined)?.items[0]?.value;
    const isDeprecated = isMap(options) && textOf(valueAt(options as YAMLMap, 'lifetime')) === '0';
    if (isDeprecated && !isLast) remove(options as YAMLMap, 'lifetime');
    isLast &&= isDeprecated;
  }
}

/** gateway4 and gateway6 are deprecated, and cannot say that a gateway is on the link: what changes becomes a route. */
function writeGateways(
  parts: readonly Part[],
  family: 4 | 6,
  gateways: readonly string[],
  needsOnLink: (gateway: string) => boolean,
): void {
  for (const { file, map } of parts) file.ownList(map, 'routes');
  const all = gatewayPlaces(parts).filter(({ value }) => familyOf(value) === family);
  for (const { part, item } of all) if (item === undefined) drop(part, `gateway${family}`);
  const ours = all.filter(({ item }) => item !== undefined);
  const { places, rest } = align(
    ours.map(({ value }) => value),
    gateways,
  );
  for (const [at, place] of ours.entries()) {
    const next = places[at];
    const { file } = place.part;
    if (next === undefined) {
      replaceItem(place, 'routes', undefined);
      continue;
    }
    const route = place.item as YAMLMap;
    if (next !== place.value) set(route, 'via', file.node(next));
    if (needsOnLink(next) && !isOnLink(route)) set(route, 'on-link', file.node(true));
  }
  let metric = Math.max(DEFAULT_METRIC[6], ...ours.map((place) => place.metric));
  let first = !places.some((value) => value !== undefined);
  for (const via of rest) {
    const onLink = needsOnLink(via) ? { 'on-link': true } : {};
    addItem(parts, 'routes', { to: 'default', via, ...onLink, ...(first ? {} : { metric: ++metric }) });
    first = false;
  }
}

function writeServers(parts: readonly Part[], dns: readonly string[]): void {
  const holder = parts.findLast((part) => valueAt(part.map, 'nameservers') !== undefined) ?? parts.at(-1)!;
  for (const part of parts) {
    part.file.own(part.map, 'nameservers');
    const map = nameservers(part);
    if (map !== undefined) part.file.ownList(map, 'addresses');
    const wants = part === holder ? dns : [];
    const list = map && valueAt(map, 'addresses');
    if (isSeq(list)) {
      const old = list.items.map((item) => canonicalAddress(textOf(item) ?? ''));
      const { places, rest } = align(old as string[], wants);
      list.items = [
        ...list.items.flatMap((item, at) =>
          places[at] === old[at]
            ? [item]
            : places[at] === undefined
              ? []
              : [withCommentsOf(item, part.file.node(places[at]))],
        ),
        ...rest.map((one) => part.file.node(one)),
      ];
      if (list.items.length === 0) remove(map!, 'addresses');
    } else if (wants.length > 0) {
      const target = map ?? new YAMLMap();
      set(target, 'addresses', part.file.node(wants));
      if (map === undefined) set(part.map, 'nameservers', target);
    }
    if (map !== undefined && map.items.length === 0) remove(part.map, 'nameservers');
  }
}

/** With an IPv6 address and a gateway the router's announcements and DHCP would only add others. */
function writeRouterPart(parts: readonly Part[], has: IpConfiguration, wants: IpConfiguration): void {
  if (has.addresses.length === 0 && wants.addresses.length > 0) {
    if (isTrue(lastText(parts, 'dhcp6'))) setBoolean(parts, 'dhcp6', false);
    if (wants.gateways.length > 0) setBoolean(parts, 'accept-ra', false);
  }
  if (has.addresses.length > 0 && wants.addresses.length === 0) {
    for (const part of parts) drop(part, 'accept-ra');
  }
}

/** Where the last one stands that says it, as that one counts. */
function setBoolean(parts: readonly Part[], key: string, value: boolean): void {
  const part = parts.findLast(({ map }) => valueAt(map, key) !== undefined) ?? parts.at(-1)!;
  part.file.own(part.map, key);
  set(part.map, key, part.file.node(value));
}

function drop({ file, map }: Part, key: string): void {
  file.own(map, key);
  remove(map, key);
}

/** Of a list that is owned. */
function replaceItem({ part, item }: Place, key: string, value: unknown): void {
  const list = valueAt(part.map, key) as YAMLSeq;
  const at = list.items.indexOf(item as never);
  if (value === undefined) {
    list.items.splice(at, 1);
    if (list.items.length === 0) remove(part.map, key);
  } else list.items.splice(at, 1, withCommentsOf(item, part.file.node(value)) as never);
}

function addItem(parts: readonly Part[], key: string, value: unknown): void {
  const part = parts.findLast(({ map }) => isSeq(valueAt(map, key))) ?? parts.at(-1)!;
  const list = valueAt(part.map, key);
  if (isSeq(list)) list.items.push(part.file.node(value) as never);
  else set(part.map, key, part.file.node([value]));
}

function items(part: Part, key: string): unknown[] {
  const list = valueAt(part.map, key);
  if (list === undefined || textOf(list) === '') return [];
  if (!isSeq(list)) throw part.file.refused(key);
  return list.items;
}

function nameservers(part: Part): YAMLMap | undefined {
  const map = valueAt(part.map, 'nameservers');
  if (map === undefined) return undefined;
  if (!isMap(map)) throw part.file.refused('nameservers');
  return map as YAMLMap;
}

function servers(part: Part): string[] {
  const map = nameservers(part);
  const list = map && valueAt(map, 'addresses');
  if (list === undefined) return [];
  if (!isSeq(list)) throw part.file.refused('nameservers');
  return list.items.map((item) => {
    const address = canonicalAddress(textOf(item) ?? '');
    if (address === undefined) throw part.file.refused(`name server ${textOf(item) ?? ''}`);
    return address;
  });
}

const isTrue = (text: string | undefined): boolean => /^(?:true|on|yes|y)$/i.test(text ?? '');

function parseAddress(value: string): InterfaceAddress | undefined {
  const [, address = '', prefix = ''] = /^([^/]+)\/([0-9]{1,3})$/.exec(value) ?? [];
  const text = canonicalAddress(address);
  if (text === undefined || Number(prefix) > (familyOf(text) === 4 ? 32 : 128)) return undefined;
  return { family: familyOf(text), text, prefix: Number(prefix) };
}
