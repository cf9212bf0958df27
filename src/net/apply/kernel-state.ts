/**
 * What the running system has of an interface and no file says: addresses with their order, lifetimes and flags, routes
 * with metric, protocol and source. Kept as the kernel's own messages, so that whatever it knows of them comes back.
 */
import {
  changeRoutingTable,
  dumpRoutingTable,
  littleEndian,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  RTM_DELADDR,
  RTM_DELROUTE,
  RTM_GETADDR,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWROUTE,
  viewOf,
} from '../../os/netlink.js';
import { addressText } from '../address-text.js';
import { IFA_F_PERMANENT, SCOPE_LINK } from '../read/rtnetlink.js';
import { AF_INET, AF_INET6, attributes, uint32 } from '../read/rtnetlink-attributes.js';

/** Bodies of messages in base64. Only the boot that wrote it can use it. */
export interface KernelState {
  /** Milliseconds of the system's monotonic clock, by which the kernel counts lifetimes. */
  takenAt: number;
  /** RTM_NEWADDR, as the kernel lists them. */
  addresses: string[];
  /** RTM_NEWROUTE. */
  routes: string[];
}

export interface KernelStates {
  /** Undefined where the system has no way to tell, and none to give it back. */
  read(index: number): KernelState | undefined;
  /**
   * Makes it so again. `exactly`: what was not there goes; else what is missing comes, leased addresses excepted. What
   * the kernel refuses shows in `differences`.
   */
  restore(index: number, state: KernelState, exactly: boolean): void;
  /** What is not as it was, for people. A lease that was renewed since is as it was. */
  differences(index: number, state: KernelState): string[];
}

const ADDRESS_HEADER = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
/** NODAD, HOMEADDRESS, MANAGETEMPADDR, NOPREFIXROUTE, MCAUTOJOIN: what somebody chose. */
const CHOSEN_ADDRESS_FLAGS = 0x02 | 0x10 | 0x100 | 0x200 | 0x400;
const FOREVER = 0xffffffff;

const ROUTE_HEADER = 12;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_MULTIPATH = 9;
const RTA_CACHEINFO = 12;
const RTA_VIA = 18;
const RTA_PREF = 20;
const RTA_NH_ID = 30;
const RT_TABLE_LOCAL = 255;
/** The kernel's own, which come and go with addresses, and those of a router's advertisements. */
const UNKEPT_PROTOCOLS = new Set([1, 2, 9]);
const RTM_F_CLONED = 0x200;
const RTNH_F_ONLINK = 4;

/** Lifetimes are whole seconds, and taking back takes some. */
const LIFETIME_TOLERANCE = 2;

/** Linux. Its calls throw ERR_OS_UNAVAILABLE where there is no netlink. */
export const netlinkStates: KernelStates = {
  read: (index) => ({
    takenAt: monotonicNow(),
    addresses: addressesOf(index).map(({ body }) => Buffer.from(body).toString('base64')),
    routes: routesOf(index).map(({ body }) => Buffer.from(body).toString('base64')),
  }),

  restore(index, state, exactly) {
    const saved = savedAddresses(index, state).filter(({ valid }) => exactly || valid === FOREVER);
    for (const family of [AF_INET, AF_INET6] as const) restoreAddresses(index, family, saved, exactly);
    const routes = savedRoutes(index, state);
    const wanted = new Set(routes.map(({ identity }) => identity));
    if (exactly) for (const one of routesOf(index)) if (!wanted.has(one.identity)) send(RTM_DELROUTE, one.body);
    // Those through a gateway need those that reach it.
    for (const direct of [true, false]) {
      const has = new Set(routesOf(index).map(({ identity }) => identity));
      const missing = routes.filter((one) => one.direct === direct && !has.has(one.identity));
      for (const { body } of missing) send(RTM_NEWROUTE, body, NLM_F_CREATE | NLM_F_APPEND);
    }
  },

  differences(index, state) {
    const saved = savedAddresses(index, state);
    const found = addressesOf(index);
    const routes = { saved: savedRoutes(index, state), found: routesOf(index) };
    const without = <T extends { identity: string }>(some: T[], others: readonly T[]) =>
      some.filter(({ identity }) => !others.some((one) => one.identity === identity));
    const order = (list: readonly Address[]) => list.map(({ identity }) => identity).join();
    const lost = without(saved, found);
    const more = without(found, saved);
    return [
      ...lost.map(({ text }) => `address ${text} is missing or has changed`),
      ...more.map(({ text }) => `address ${text} is more than there was`),
      ...(lost.length + more.length === 0 && order(saved) !== order(found) ? ['the order of the addresses'] : []),
      ...found
        .filter((now) => saved.some((was) => hasOtherLife(was, now)))
        .map(({ text }) => `the lifetime of ${text}`),
      ...without(routes.saved, routes.found).map(({ text }) => `route ${text} is missing or has changed`),
      ...without(routes.found, routes.saved).map(({ text }) => `route ${text} is more than there was`),
    ];
  },
};

/** Where there is no netlink. */
export const noStates: KernelStates = { read: () => undefined, restore: () => {}, differences: () => [] };

interface Address {
  family: number;
  /** "192.0.2.7/24" */
  text: string;
  /** Everything but lifetimes. */
  identity: string;
  preferred: number;
  /** Seconds, or FOREVER. */
  valid: number;
  body: Uint8Array;
}

function restoreAddresses(index: number, family: number, all: readonly Address[], exactly: boolean): void {
  // In the order of coming: of IPv6 the newest is listed first.
  const ofFamily = (list: readonly Address[]) => {
    const own = list.filter((one) => one.family === family);
    return family === AF_INET ? own : own.reverse();
  };
  const [saved, found] = [ofFamily(all), ofFamily(addressesOf(index))];
  const add = ({ body }: Address) => send(RTM_NEWADDR, body, NLM_F_CREATE | NLM_F_REPLACE);
  if (!exactly) {
    for (const one of saved) if (!found.some(({ text }) => text === one.text)) add(one);
    return;
  }
  const differs = found.findIndex((now, at) => saved[at]?.identity !== now.identity);
  const kept = differs < 0 ? found.length : differs;
  // With its last IPv4 address an interface would lose routes that nobody changed.
  const held = kept === 0 ? saved[0] : undefined;
  if (held !== undefined && !found.some(({ text }) => text === held.text)) add(held);
  for (const now of found.slice(kept).reverse()) if (now.identity !== held?.identity) send(RTM_DELADDR, now.body);
  const there = new Map(addressesOf(index).map((now) => [now.identity, now]));
  for (const was of saved) {
    const now = there.get(was.identity);
    if (now === undefined || hasOtherLife(was, now)) add(was);
  }
}

/** Whether `now` is the same address with a lifetime that it did not have: a longer one is a lease that was renewed. */
function hasOtherLife(was: Address, now: Address): boolean {
  if (was.identity !== now.identity) return false;
  return was.valid === FOREVER
    ? now.valid !== FOREVER
    : now.valid === FOREVER || now.valid + LIFETIME_TOLERANCE < was.valid;
}

function addressesOf(index: number): Address[] {
  return dumpRoutingTable(RTM_GETADDR).flatMap(({ type, body }) =>
    type === RTM_NEWADDR ? (readAddress(body, index) ?? []) : [],
  );
}

/** Those that have not run out, with what is left of their lifetimes. */
function savedAddresses(index: number, { addresses, takenAt }: KernelState): Address[] {
  const passed = Math.max(Math.floor((monotonicNow() - takenAt) / 1_000), 0);
  return addresses.flatMap((text) => readAddress(Buffer.from(text, 'base64'), index, passed) ?? []);
}

/**
 * Undefined for another interface's, for those that the kernel or a router's advertisement makes, and for one whose time
 * is over.
 */
function readAddress(original: Uint8Array, index: number, passed = 0): Address | undefined {
  if (original.length < ADDRESS_HEADER || uint32(original, 4) !== index) return undefined;
  const body = Uint8Array.from(original);
  const [family, prefix, , scope] = body;
  const found = attributes(body.subarray(ADDRESS_HEADER));
  const flags = uint32(found.get(IFA_FLAGS)) ?? body[2]!;
  const text = addressText(found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS));
  if (text === undefined || (family === AF_INET6) !== text.includes(':')) return undefined;
  if (family === AF_INET6 && (scope! >= SCOPE_LINK || (flags & IFA_F_PERMANENT) === 0)) return undefined;
  const life = found.get(IFA_CACHEINFO);
  const [preferred, valid] = [0, 4].map((at) => shortened(uint32(life, at) ?? FOREVER, passed));
  if (life !== undefined) {
    viewOf(life).setUint32(0, preferred!, littleEndian);
    viewOf(life).setUint32(4, valid!, littleEndian);
  }
  if (valid === 0) return undefined;
  const fixed = [...found].filter(([type]) => type !== IFA_CACHEINFO && type !== IFA_FLAGS);
  return {
    family: family!,
    text: `${text}/${prefix}`,
    identity: [family, prefix, scope, flags & CHOSEN_ADDRESS_FLAGS, ...fixed.map(hexOf)].join(' '),
    ...{ preferred: preferred!, valid: valid!, body },
  };
}

const shortened = (seconds: number, passed: number): number =>
  seconds === FOREVER ? FOREVER : Math.max(seconds - passed, 0);

interface Route {
  text: string;
  identity: string;
  /** Without a gateway. */
  direct: boolean;
  /** As the kernel takes it. */
  body: Uint8Array;
}

const routesOf = (index: number): Route[] =>
  dumpRoutingTable(RTM_GETROUTE).flatMap(({ type, body }) =>
    type === RTM_NEWROUTE ? (readRoute(body, index) ?? []) : [],
  );

const savedRoutes = (index: number, { routes }: KernelState): Route[] =>
  routes.flatMap((text) => readRoute(Buffer.from(text, 'base64'), index) ?? []);

/** Undefined for routes of other interfaces, or of several, and for those that come by themselves. */
function readRoute(original: Uint8Array, index: number): Route | undefined {
  if (original.length < ROUTE_HEADER) return undefined;
  const header = Uint8Array.from(original.subarray(0, ROUTE_HEADER));
  const [family, prefix, , , table, protocol] = header;
  const found = attributes(original.subarray(ROUTE_HEADER));
  const hops = found.get(RTA_MULTIPATH);
  const isOurs = hops === undefined ? uint32(found.get(RTA_OIF)) === index : hopsAreAllOf(hops, index);
  const flags = uint32(header, 8)!;
  if ((family !== AF_INET && family !== AF_INET6) || !isOurs || (flags & RTM_F_CLONED) !== 0) return undefined;
  if (table === RT_TABLE_LOCAL || UNKEPT_PROTOCOLS.has(protocol!)) return undefined;
  // States of the link, which nobody can set.
  viewOf(header).setUint32(8, flags & RTNH_F_ONLINK, littleEndian);
  found.delete(RTA_CACHEINFO);
  if (found.get(RTA_PREF)?.[0] === 0) found.delete(RTA_PREF);
  // The number of a next hop says the rest.
  if (found.has(RTA_NH_ID)) for (const type of [RTA_OIF, RTA_GATEWAY, RTA_VIA, RTA_MULTIPATH]) found.delete(type);
  const via = addressText(found.get(RTA_GATEWAY)) ?? addressText(found.get(RTA_VIA)?.subarray(2));
  const to = addressText(found.get(RTA_DST));
  const metric = uint32(found.get(RTA_PRIORITY));
  return {
    text: [
      to === undefined ? 'default' : `${to}/${prefix}`,
      ...(via === undefined ? [] : ['via', via]),
      ...(metric === undefined ? [] : ['metric', metric]),
    ].join(' '),
    identity: [Buffer.from(header).toString('hex'), ...[...found].map(hexOf)].join(' '),
    direct: via === undefined && hops === undefined && !found.has(RTA_NH_ID),
    body: withAttributes(header, found),
  };
}

const HOP_HEADER = 8;

/** Their flags are made such as the kernel takes them. */
function hopsAreAllOf(hops: Uint8Array, index: number): boolean {
  for (let at = 0; at + HOP_HEADER <= hops.length; ) {
    const length = viewOf(hops).getUint16(at, littleEndian);
    if (length < HOP_HEADER || at + length > hops.length || uint32(hops, at + 4) !== index) return false;
    hops[at + 2]! &= RTNH_F_ONLINK;
    at += (length + 3) & ~3;
  }
  return hops.length >= HOP_HEADER;
}

const hexOf = ([type, bytes]: [number, Uint8Array]): string => `${type}:${Buffer.from(bytes).toString('hex')}`;

function withAttributes(header: Uint8Array, all: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const parts = [...all].map(([type, bytes]) => {
    const part = new Uint8Array((4 + bytes.length + 3) & ~3);
    viewOf(part).setUint16(0, 4 + bytes.length, littleEndian);
    viewOf(part).setUint16(2, type, littleEndian);
    part.set(bytes, 4);
    return part;
  });
  return Buffer.concat([header, ...parts]);
}

/** What the kernel refuses shows when it is looked at. */
function send(request: number, body: Uint8Array, flags = 0): void {
  changeRoutingTable(request, body, flags);
}

/** The same for all processes of a boot. */
const monotonicNow = (): number => Number(process.hrtime.bigint() / 1_000_000n);
