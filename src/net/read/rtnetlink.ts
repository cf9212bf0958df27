/** The messages of rtnetlink(7), read: links, addresses and neighbours. */
import ipaddr from 'ipaddr.js';
import type { NetlinkMessage } from '../../os/netlink.js';
import { littleEndian, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, viewOf } from '../../os/netlink.js';
import { addressText } from '../address-text.js';
import { AF_INET, AF_INET6, attributes, familyOf, uint32 } from './rtnetlink-attributes.js';

export interface Link {
  index: number;
  name: string;
  loopback: boolean;
  up: boolean;
  /** "00:15:5D:01:02:03", or undefined where there is no Ethernet address. */
  mac: string | undefined;
  /** Index of the interface that this one is a port of. */
  master: number | undefined;
  /** Something answers at the other end; undefined where the system does not say. */
  carrier?: boolean;
  /** What the adapter had before anybody gave it another, as a bond does with its ports; undefined where nobody knows. */
  permanentMac?: string | undefined;
  /** The kernel's word for what is no hardware: "bridge", "veth"; undefined for hardware, and where nobody knows. */
  kind?: string | undefined;
  /** Index of the interface that this one lies on, as a VLAN does. */
  lower?: number | undefined;
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

export interface Neighbour {
  index: number;
  text: string;
  /** NUD_… of <linux/neighbour.h>. */
  state: number;
}

export const SCOPE_LINK = 253;
export const SCOPE_HOST = 254;
/** Of IPv6 (RFC 8981). Of IPv4 the same bit is a secondary address. */
export const IFA_F_TEMPORARY = 0x01;
export const IFA_F_DADFAILED = 0x08;
export const IFA_F_DEPRECATED = 0x20;
/** Nobody may use the address yet. */
export const IFA_F_TENTATIVE = 0x40;
export const IFA_F_PERMANENT = 0x80;

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
/** Operational (RFC 2863), which takes a carrier. */
const IFF_RUNNING = 0x40;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_LINK_NETNSID = 37;
const IFLA_PERM_ADDRESS = 54;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;
const IFLA_BOND_SLAVE_PERM_HWADDR = 4;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const NDA_DST = 1;
const NDMSG_BYTES = 12;
const MAC_BYTES = 6;

export function readLinks(messages: readonly NetlinkMessage[]): Link[] {
  const links: Link[] = [];
  for (const { type, body } of messages) {
    if (type !== RTM_NEWLINK || body.length < 16) continue;
    const flags = uint32(body, 8)!;
    const found = attributes(body.subarray(16));
    const name = found.get(IFLA_IFNAME);
    if (name === undefined) continue;
    const info = attributes(found.get(IFLA_LINKINFO) ?? new Uint8Array());
    const kind = info.get(IFLA_INFO_KIND);
    links.push({
      index: uint32(body, 4)!,
      name: textUntilNul(name),
      loopback: (flags & IFF_LOOPBACK) !== 0,
      up: (flags & IFF_UP) !== 0,
      mac: macText(found.get(IFLA_ADDRESS)),
      master: uint32(found.get(IFLA_MASTER)),
      carrier: (flags & IFF_RUNNING) !== 0,
      permanentMac: macText(macOfBondPort(info) ?? found.get(IFLA_PERM_ADDRESS)),
      kind: kind && textUntilNul(kind),
      // One in another namespace has a number of that.
      lower: found.has(IFLA_LINK_NETNSID) ? undefined : uint32(found.get(IFLA_LINK)),
    });
  }
  return links;
}

/** The bond keeps it for the day when the port leaves. */
function macOfBondPort(info: ReadonlyMap<number, Uint8Array>): Uint8Array | undefined {
  const kind = info.get(IFLA_INFO_SLAVE_KIND);
  if (kind === undefined || textUntilNul(kind) !== 'bond') return undefined;
  return attributes(info.get(IFLA_INFO_SLAVE_DATA) ?? new Uint8Array()).get(IFLA_BOND_SLAVE_PERM_HWADDR);
}

export function readAddresses(messages: readonly NetlinkMessage[]): Address[] {
  const addresses: Address[] = [];
  for (const { type, body } of messages) {
    if (type !== RTM_NEWADDR || body.length < 8) continue;
    const family = familyOf(body[0]!);
    const found = attributes(body.subarray(8));
    // On a point-to-point link ADDRESS is the peer's, LOCAL our own.
    const text = addressText(found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS));
    const prefix = body[1]!;
    if (family === undefined || text === undefined || text.includes(':') !== (family === 6)) continue;
    if (prefix > (family === 4 ? 32 : 128)) continue;
    addresses.push({
      index: uint32(body, 4)!,
      family,
      text,
      prefix,
      scope: body[3]!,
      flags: uint32(found.get(IFA_FLAGS)) ?? body[2]!,
    });
  }
  return addresses;
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

function macText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes?.length !== MAC_BYTES || bytes.every((byte) => byte === 0)) return undefined;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

function textUntilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
