/** Default routes of rtnetlink(7) with their next hops, read. */
import type { NetlinkMessage } from '../../os/netlink.js';
import { littleEndian, RTM_DELROUTE, RTM_NEWNEXTHOP, RTM_NEWROUTE, viewOf } from '../../os/netlink.js';
import { addressText } from '../address-text.js';
import { attributes, familyOf, uint32 } from './rtnetlink-attributes.js';

const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RTA_VIA = 18;
const RTA_PREF = 20;
const RTA_NH_ID = 30;
/** RTA_PREF is ICMPv6's code: medium is 0, high 1, low 3. */
const PREFERENCES = new Map([
  [1, 0],
  [3, 2],
]);
const MEDIUM_PREFERENCE = 1;
const NHA_ID = 1;
const NHA_GROUP = 2;
const NHA_OIF = 5;
const NHA_GATEWAY = 6;
const RT_TABLE_MAIN = 254;
const RTN_UNICAST = 1;
const RTPROT_RA = 9;
const RTNH_F_DEAD = 1;
const ROUTE_BYTES = 12;
const NEXT_HOP_BYTES = 8;
const NEXT_HOP_OBJECT_BYTES = 8;
const GROUP_ENTRY_BYTES = 8;

export interface Gateway {
  index: number;
  family: 4 | 6;
  text: string;
  metric: number;
  /** A router's advertisement made the route. */
  advertised: boolean;
}

/** Whether a route, of whatever table and type, leads everywhere; messages that are no routes are of interest too. */
export function mayConcernGateways({ type, body }: NetlinkMessage): boolean {
  return (type !== RTM_NEWROUTE && type !== RTM_DELROUTE) || body[1] === 0;
}

/** Whether next hops are needed to read `routes`: a kernel may tell no more than the number of one. */
export function namesNextHops(routes: readonly NetlinkMessage[]): boolean {
  return defaultRoutes(routes).some(({ found }) => nextHopOf(found) !== undefined);
}

/**
 * The next hops of every default route of the main table, multipath and on-link ones included, the preferred ones first.
 * `nextHops` are the kernel's next-hop objects.
 */
export function readGateways(routes: readonly NetlinkMessage[], nextHops: readonly NetlinkMessage[] = []): Gateway[] {
  const objects = readNextHops(nextHops);
  return defaultRoutes(routes)
    .sort((a, b) => a.metric - b.metric || a.preference - b.preference)
    .flatMap(({ metric, advertised, found }) =>
      hopsOf(found, objects).flatMap(({ index, text }): Gateway[] =>
        index === undefined || text === undefined
          ? []
          : [{ index, family: text.includes(':') ? 6 : 4, text, metric, advertised }],
      ),
    );
}

interface Route {
  metric: number;
  /** Between routers of one metric: 0 before 1 before 2 (RFC 4191). */
  preference: number;
  advertised: boolean;
  found: Map<number, Uint8Array>;
}

interface Hop {
  index: number | undefined;
  /** None where the route leads straight onto the link. */
  text: string | undefined;
}

function defaultRoutes(messages: readonly NetlinkMessage[]): Route[] {
  return messages.flatMap(({ type, body }) => {
    if (type !== RTM_NEWROUTE || body.length < ROUTE_BYTES) return [];
    if (familyOf(body[0]!) === undefined || body[1] !== 0 || body[7] !== RTN_UNICAST) return [];
    const found = attributes(body.subarray(ROUTE_BYTES));
    if ((uint32(found.get(RTA_TABLE)) ?? body[4]) !== RT_TABLE_MAIN) return [];
    const metric = uint32(found.get(RTA_PRIORITY)) ?? 0;
    const preference = PREFERENCES.get(found.get(RTA_PREF)?.[0] ?? 0) ?? MEDIUM_PREFERENCE;
    return [{ metric, preference, advertised: body[5] === RTPROT_RA, found }];
  });
}

function hopsOf(found: Map<number, Uint8Array>, objects: ReadonlyMap<number, readonly Hop[]>): readonly Hop[] {
  const multipath = found.get(RTA_MULTIPATH);
  if (multipath !== undefined) return [...multipathHops(multipath)];
  const nextHop = nextHopOf(found);
  if (nextHop !== undefined) return objects.get(nextHop) ?? [];
  return [{ index: uint32(found.get(RTA_OIF)), text: gatewayText(found) }];
}

/** The number of the next-hop object, where the route says nothing else. */
function nextHopOf(found: Map<number, Uint8Array>): number | undefined {
  return found.has(RTA_MULTIPATH) || found.has(RTA_OIF) ? undefined : uint32(found.get(RTA_NH_ID));
}

/** Number → the hop, or those of a group. */
function readNextHops(messages: readonly NetlinkMessage[]): Map<number, Hop[]> {
  const hops = new Map<number, Hop[]>();
  const groups = new Map<number, number[]>();
  for (const { type, body } of messages) {
    if (type !== RTM_NEWNEXTHOP || body.length < NEXT_HOP_OBJECT_BYTES) continue;
    const flags = uint32(body, 4)!;
    const found = attributes(body.subarray(NEXT_HOP_OBJECT_BYTES));
    const id = uint32(found.get(NHA_ID));
    if (id === undefined || (flags & RTNH_F_DEAD) !== 0) continue;
    const group = found.get(NHA_GROUP);
    if (group !== undefined) groups.set(id, groupMembers(group));
    else hops.set(id, [{ index: uint32(found.get(NHA_OIF)), text: addressText(found.get(NHA_GATEWAY)) }]);
  }
  // The kernel has no groups of groups.
  const ofGroups = [...groups].map(([id, members]) => [id, members.flatMap((one) => hops.get(one) ?? [])] as const);
  return new Map([...hops, ...ofGroups]);
}

function groupMembers(bytes: Uint8Array): number[] {
  const count = Math.floor(bytes.length / GROUP_ENTRY_BYTES);
  return Array.from({ length: count }, (_, at) => uint32(bytes, at * GROUP_ENTRY_BYTES)!);
}

function* multipathHops(bytes: Uint8Array): Generator<Hop> {
  const view = viewOf(bytes);
  for (let at = 0; at + NEXT_HOP_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, littleEndian);
    if (length < NEXT_HOP_BYTES || at + length > bytes.length) return;
    if ((bytes[at + 2]! & RTNH_F_DEAD) === 0) {
      const found = attributes(bytes.subarray(at + NEXT_HOP_BYTES, at + length));
      yield { index: view.getUint32(at + 4, littleEndian), text: gatewayText(found) };
    }
    at += (length + 3) & ~3;
  }
}

/** A route of one family may have a gateway of the other (RTA_VIA: two bytes of family, then the address). */
function gatewayText(found: Map<number, Uint8Array>): string | undefined {
  return addressText(found.get(RTA_GATEWAY)) ?? addressText(found.get(RTA_VIA)?.subarray(2));
}
