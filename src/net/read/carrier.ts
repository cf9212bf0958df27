/**
 * Which interface has an adapter's addresses: the adapter itself, the bridge, bond, team or lagg that it is a port of, a
 * VLAN on it, or the synthetic half of an accelerated pair. Whoever reads and whoever writes asks here, so that a host
 * gets back what it set.
 */
import { requireList, requireText } from '../../arguments.js';
import { type Interface, isOfLink } from './interfaces.js';

/** The kernel's word for what forwards at layer 3 or by its own rules: a port of it keeps its addresses. */
const NO_CARRIERS = new Set(['vrf', 'openvswitch']);
/** What lies upon adapters. It is no adapter, even where it has the MAC address of one. */
const UPPER_KINDS = new Set(['bridge', 'bond', 'team', 'vlan', 'macvlan', 'macvtap', 'ipvlan', ...NO_CARRIERS]);

/** By the MAC address that a host gave the adapter, whatever it has now. */
export function interfaceByMac<One extends Interface>(interfaces: readonly One[], mac: string): One | undefined {
  const wanted = mac.toUpperCase();
  const offered = interfaces.filter((one) => !one.loopback);
  const given = offered.filter(({ permanentMac }) => permanentMac === wanted);
  // Where the adapter is known, another one that has taken its address on is not meant.
  const named = offered.filter(
    (one) => given.includes(one) || (one.mac === wanted && (given.length === 0 || one.permanentMac === undefined)),
  );
  return carrierAmong(named, offered);
}

/**
 * By the name of the adapter, as its id gives it. One that is no adapter is meant itself, unless it is a port of another
 * one. Undefined where there is none of that name.
 */
export function interfaceByName<One extends Interface>(interfaces: readonly One[], name: string): One | undefined {
  requireList('interfaces', interfaces);
  requireText('name', name);
  const one = interfaces.find((other) => other.name === name);
  if (one === undefined) return undefined;
  const mac = one.permanentMac ?? one.mac;
  if (mac === undefined || one.loopback || UPPER_KINDS.has(one.kind ?? '')) return carrierAmong([one], interfaces);
  return interfaceByMac(interfaces, mac) ?? one;
}

/** Of those that a MAC address or a name means, what they are ports of, and the VLANs on either. */
function carrierAmong<One extends Interface>(named: readonly One[], all: readonly One[]): One | undefined {
  const withMasters = named.flatMap((one) => [one, ...mastersOf(one, all)]);
  const isAdapter = named.some(({ kind = '' }) => !UPPER_KINDS.has(kind));
  const vlans = all.filter(
    ({ kind, lower }) => isAdapter && kind === 'vlan' && withMasters.some(({ index }) => index === lower),
  );
  const candidates = [...new Set([...withMasters, ...vlans])];
  const rank = (one: One) =>
    (one.addresses.every(isOfLink) ? 8 : 0) +
    (one.addresses.length > 0 ? 0 : 4) +
    (mastersOf(one, all).length === 0 ? 0 : 2) +
    (candidates.length > 1 && one.isHardware === true ? 0 : 1);
  return candidates.sort((a, b) => rank(a) - rank(b) || a.index - b.index)[0];
}

/** As a port of a bond that is a port of a bridge. */
function mastersOf<One extends Interface>(one: One, all: readonly One[]): One[] {
  const found: One[] = [];
  for (let at: One | undefined = one; at?.master !== undefined; ) {
    const index: number = at.master;
    at = all.find((other) => other.index === index);
    if (at === undefined || at === one || found.includes(at) || NO_CARRIERS.has(at.kind ?? '')) break;
    found.push(at);
  }
  return found;
}
