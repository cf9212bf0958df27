/**
 * Whether a gateway answers, without a process and without a raw socket: the kernel is made to forget the neighbour, a
 * datagram to it makes the kernel ask again (ARP or neighbour discovery), and its table says what came of it. A gateway
 * may drop pings; it cannot refuse this and still forward.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as pass } from 'node:timers/promises';
import { changeRoutingTable, dumpRoutingTable, RTM_DELNEIGH, RTM_GETNEIGH } from '../../os/netlink.js';
import { familyOf } from '../configuration.js';
import { neighbourRequest, readNeighbours } from '../read/rtnetlink.js';

/** The gateways, of those given, that answer on the interface within `withinMs`. Throws ERR_OS_UNAVAILABLE. */
export type ProbeGateways = (
  gateways: readonly string[],
  on: { index: number; name: string },
  withinMs: number,
) => Promise<string[]>;

// <linux/neighbour.h>
const NUD_REACHABLE = 0x02;
const NUD_PERMANENT = 0x80;
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
function neighbours(on: number, wanted: number): Set<string> {
  const found = readNeighbours(dumpRoutingTable(RTM_GETNEIGH));
  return new Set(found.filter(({ index, state }) => index === on && (state & wanted) !== 0).map(({ text }) => text));
}

/** What an earlier configuration learned says nothing about this one. An entry that is not there is no failure. */
const forget = (gateway: string, index: number) =>
  changeRoutingTable(RTM_DELNEIGH, neighbourRequest({ index, text: gateway }));

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
