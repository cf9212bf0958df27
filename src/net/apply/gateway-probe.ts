/**
 * Whether a gateway answers, without a process and without a raw socket: the kernel is made to forget the neighbour, a
 * datagram to it makes the kernel ask again (ARP or neighbour discovery), and its table says what came of it. A gateway
 * may drop pings; it cannot refuse this and still forward.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as pass } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import { changeRoutingTable, dumpRoutingTable, RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH } from '../../os/netlink.js';
import { familyOf } from '../configuration.js';

/** The gateways, of those given, that answer on the interface within `withinMs`. Throws ERR_OS_UNAVAILABLE. */
export type ProbeGateways = (
  gateways: readonly string[],
  on: { index: number; name: string },
  withinMs: number,
) => Promise<string[]>;

// <linux/neighbour.h>
const NUD_REACHABLE = 0x02;
const NUD_PERMANENT = 0x80;
const NDA_DST = 1;
const NDMSG_BYTES = 12;
const AF_INET = 2;
const AF_INET6 = 10;
/** RFC 863: what a host does with it is nothing. */
const DISCARD_PORT = 9;
const LOOK_EVERY_MS = 50;

/**
 * On Linux; elsewhere nobody can tell, and so nobody answers. An entry that an administrator made for good stays, and
 * counts as an answer: nothing can be learned about it.
 */
export const probeGateways: ProbeGateways = async (gateways, { index, name }, withinMs) => {
  if (process.platform !== 'linux' || gateways.length === 0) return [];
  const fixed = neighbours(index, NUD_PERMANENT);
  const asked = gateways.filter((gateway) => !fixed.has(gateway));
  for (const gateway of asked) forget(gateway, index);
  const end = performance.now() + withinMs;
  for (;;) {
    for (const gateway of asked) await poke(gateway, name);
    const answering = neighbours(index, NUD_REACHABLE);
    const found = gateways.filter((gateway) => fixed.has(gateway) || answering.has(gateway));
    if (found.length === gateways.length || performance.now() >= end) return found;
    await pass(LOOK_EVERY_MS);
  }
};

/** Of the neighbours on an interface those that are in this state. */
function neighbours(index: number, state: number): Set<string> {
  const found = new Set<string>();
  for (const { type, body } of dumpRoutingTable(RTM_GETNEIGH)) {
    if (type !== RTM_NEWNEIGH || body.length < NDMSG_BYTES) continue;
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    if (view.getInt32(4, true) !== index || (view.getUint16(8, true) & state) === 0) continue;
    const address = attribute(body, NDA_DST);
    if (address?.length === 4 || address?.length === 16) found.add(ipaddr.fromByteArray([...address]).toString());
  }
  return found;
}

function attribute(body: Uint8Array, wanted: number): Uint8Array | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let at = NDMSG_BYTES; at + 4 <= body.length; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > body.length) return undefined;
    if ((view.getUint16(at + 2, true) & 0x3fff) === wanted) return body.subarray(at + 4, at + length);
    at += (length + 3) & ~3;
  }
  return undefined;
}

/** What an earlier configuration learned says nothing about this one. An entry that is not there is no failure. */
function forget(gateway: string, index: number): void {
  const address = ipaddr.parse(gateway).toByteArray();
  const body = new Uint8Array(NDMSG_BYTES + 4 + address.length);
  const view = new DataView(body.buffer);
  view.setUint8(0, familyOf(gateway) === 4 ? AF_INET : AF_INET6);
  view.setInt32(4, index, true);
  view.setUint16(NDMSG_BYTES, 4 + address.length, true);
  view.setUint16(NDMSG_BYTES + 2, NDA_DST, true);
  body.set(address, NDMSG_BYTES + 4);
  changeRoutingTable(RTM_DELNEIGH, body);
}

/** A failure, as of a network that is not reachable yet, is no answer, and looking again is what follows anyway. */
function poke(gateway: string, interfaceName: string): Promise<void> {
  const linkLocal = /^fe[89ab]/i.test(gateway);
  const socket = createSocket(familyOf(gateway) === 4 ? 'udp4' : 'udp6');
  return new Promise((resolve) => {
    const done = () => {
      socket.close();
      resolve();
    };
    socket.once('error', done);
    socket.send(Buffer.alloc(1), DISCARD_PORT, linkLocal ? `${gateway}%${interfaceName}` : gateway, done);
  });
}
