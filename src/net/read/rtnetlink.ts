/** The messages of rtnetlink(7), read: links, addresses and default routes. Numbers are in the machine's own order. */
import ipaddr from 'ipaddr.js';
import type { NetlinkMessage } from '../../os/netlink.js';
import { RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWROUTE } from '../../os/netlink.js';
import { addressText } from '../address-text.js';

export interface Link {
  index: number;
  name: string;
  loopback: boolean;
  up: boolean;
  /** "00:15:5D:01:02:03", or undefined where there is no Ethernet address. */
  mac: string | undefined;
  /** Index of the interface that this one is a port of. */
  master: number | undefined;
}

export interface Address {
  index: number;
  family: 4 | 6;
  text: string;
  prefix: number;
  /** rtnetlink's numbers: 0 is the world, 253 the link, 254 the host. */
  scope: number;
  flags: number;
}

export interface Gateway {
  index: number;
  family: 4 | 6;
  text: string;
  metric: number;
  /** A router's advertisement made the route. */
  advertised: boolean;
}

export interface Neighbour {
  index: number;
  text: string;
  /** NUD_… of <linux/neighbour.h>. */
  state: number;
}

export const SCOPE_LINK = 253;
export const SCOPE_HOST = 254;
export const IFA_F_SECONDARY = 0x01;
export const IFA_F_DADFAILED = 0x08;
export const IFA_F_DEPRECATED = 0x20;
/** Nobody may use the address yet. */
export const IFA_F_TENTATIVE = 0x40;
export const IFA_F_PERMANENT = 0x80;

const AF_INET = 2;
const AF_INET6 = 10;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MASTER = 10;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RTA_VIA = 18;
const RT_TABLE_MAIN = 254;
const RTN_UNICAST = 1;
const RTPROT_RA = 9;
const RTNH_F_DEAD = 1;
const NDA_DST = 1;
const NDMSG_BYTES = 12;
const NEXT_HOP_BYTES = 8;
const MAC_BYTES = 6;

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const uint32 = (bytes: Uint8Array | undefined, offset = 0) =>
  bytes === undefined || bytes.length < offset + 4 ? undefined : viewOf(bytes).getUint32(offset, littleEndian);

/** Attribute type → payload. Of several of one type the last counts. */
function attributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, littleEndian);
    if (length < 4 || at + length > bytes.length) break;
    // The two upper bits are flags.
    found.set(view.getUint16(at + 2, littleEndian) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

export function readLinks(messages: readonly NetlinkMessage[]): Link[] {
  const links: Link[] = [];
  for (const { type, body } of messages) {
    if (type !== RTM_NEWLINK || body.length < 16) continue;
    const flags = uint32(body, 8)!;
    const found = attributes(body.subarray(16));
    const name = found.get(IFLA_IFNAME);
    if (name === undefined) continue;
    links.push({
      index: uint32(body, 4)!,
      name: textUntilNul(name),
      loopback: (flags & IFF_LOOPBACK) !== 0,
      up: (flags & IFF_UP) !== 0,
      mac: macText(found.get(IFLA_ADDRESS)),
      master: uint32(found.get(IFLA_MASTER)),
    });
  }
  return links;
}

export function readAddresses(messages: readonly NetlinkMessage[]): Address[] {
  const addresses: Address[] = [];
  for (const { type, body } of messages) {
    if (type !== RTM_NEWADDR || body.length < 8) continue;
    const family = familyOf(body[0]!);
    const found = attributes(body.subarray(8));
    // On a point-to-point link ADDRESS is the peer's, LOCAL our own.
    const text = addressText(found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS));
    if (family === undefined || text === undefined) continue;
    addresses.push({
      index: uint32(body, 4)!,
      family,
      text,
      prefix: body[1]!,
      scope: body[3]!,
      flags: uint32(found.get(IFA_FLAGS)) ?? body[2]!,
    });
  }
  return addresses;
}

/** The next hops of every default route of the main table, multipath and on-link ones included. */
export function readGateways(messages: readonly NetlinkMessage[]): Gateway[] {
  const gateways: Gateway[] = [];
  for (const { type, body } of messages) {
    if (type !== RTM_NEWROUTE || body.length < 12) continue;
    const family = familyOf(body[0]!);
    const isDefault = body[1] === 0 && body[7] === RTN_UNICAST;
    if (family === undefined || !isDefault) continue;
    const found = attributes(body.subarray(12));
    if ((uint32(found.get(RTA_TABLE)) ?? body[4]) !== RT_TABLE_MAIN) continue;
    const metric = uint32(found.get(RTA_PRIORITY)) ?? 0;
    const advertised = body[5] === RTPROT_RA;
    const multipath = found.get(RTA_MULTIPATH);
    const hops = multipath === undefined ? [{ index: uint32(found.get(RTA_OIF)), found }] : nextHops(multipath);
    for (const hop of hops) {
      const text = gatewayText(hop.found);
      if (text !== undefined && hop.index !== undefined)
        gateways.push({ index: hop.index, family: text.includes(':') ? 6 : 4, text, metric, advertised });
    }
  }
  return gateways.sort((a, b) => a.metric - b.metric);
}

/** Each entry of ARP's and neighbour discovery's tables. */
export function readNeighbours(messages: readonly NetlinkMessage[]): Neighbour[] {
  return messages.flatMap(({ type, body }) => {
    if (type !== RTM_NEWNEIGH || body.length < NDMSG_BYTES) return [];
    const text = addressText(attributes(body.subarray(NDMSG_BYTES)).get(NDA_DST));
    return text === undefined
      ? []
      : [{ index: uint32(body, 4)!, text, state: viewOf(body).getUint16(8, littleEndian) }];
  });
}

/** What names an entry of these tables, as RTM_DELNEIGH takes it. */
export function neighbourRequest({ index, text }: Omit<Neighbour, 'state'>): Uint8Array {
  const address = ipaddr.parse(text).toByteArray();
  const body = new Uint8Array(NDMSG_BYTES + 4 + address.length);
  const view = viewOf(body);
  view.setUint8(0, text.includes(':') ? AF_INET6 : AF_INET);
  view.setUint32(4, index, littleEndian);
  view.setUint16(NDMSG_BYTES, 4 + address.length, littleEndian);
  view.setUint16(NDMSG_BYTES + 2, NDA_DST, littleEndian);
  body.set(address, NDMSG_BYTES + 4);
  return body;
}

function* nextHops(bytes: Uint8Array): Generator<{ index: number; found: Map<number, Uint8Array> }> {
  const view = viewOf(bytes);
  for (let at = 0; at + NEXT_HOP_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, littleEndian);
    if (length < NEXT_HOP_BYTES || at + length > bytes.length) return;
    if ((bytes[at + 2]! & RTNH_F_DEAD) === 0) {
      const found = attributes(bytes.subarray(at + NEXT_HOP_BYTES, at + length));
      yield { index: view.getUint32(at + 4, littleEndian), found };
    }
    at += (length + 3) & ~3;
  }
}

/** A route of one family may have a gateway of the other (RTA_VIA: two bytes of family, then the address). */
function gatewayText(found: Map<number, Uint8Array>): string | undefined {
  return addressText(found.get(RTA_GATEWAY)) ?? addressText(found.get(RTA_VIA)?.subarray(2));
}

function familyOf(number: number): 4 | 6 | undefined {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : undefined;
}

function macText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes?.length !== MAC_BYTES || bytes.every((byte) => byte === 0)) return undefined;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

function textUntilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
