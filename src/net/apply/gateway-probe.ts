/**
 * Whether a gateway answers, without a raw socket: the kernel is made to forget the neighbour, a datagram to it makes the
 * kernel ask again (ARP or neighbour discovery), and its table says what came of it. A gateway may drop pings; it cannot
 * refuse this and still forward.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as pass } from 'node:timers/promises';
import { isLinkLocalIpv6 } from '../address-text.js';
import { familyOf } from '../configuration.js';
import { programNeighbours } from './freebsd-neighbours.js';
import { type LinkOfNeighbours, type NeighbourTables, netlinkNeighbours } from './neighbours.js';

/** The gateways, of those given, that answer on the interface within `withinMs`. Throws ERR_OS_UNAVAILABLE. */
export type ProbeGateways = (gateways: readonly string[], on: LinkOfNeighbours, withinMs: number) => Promise<string[]>;

/** RFC 863: what a host does with it is nothing. */
const DISCARD_PORT = 9;
const LOOK_EVERY_MS = 50;

/** On Linux and FreeBSD; elsewhere nobody can tell, and so nobody answers. */
export const probeGateways: ProbeGateways = async (gateways, on, withinMs) => {
  if (process.platform === 'linux') return gatewayProbe(netlinkNeighbours)(gateways, on, withinMs);
  if (process.platform === 'freebsd') return gatewayProbe(programNeighbours())(gateways, on, withinMs);
  return [];
};

/** A neighbour that an administrator made for good stays, and counts as an answer. */
export function gatewayProbe(tables: NeighbourTables): ProbeGateways {
  return async (gateways, on, withinMs) => {
    if (gateways.length === 0) return [];
    const { fixed } = await tables.on(on);
    const asked = gateways.filter((gateway) => !fixed.has(gateway));
    for (const gateway of asked) await tables.forget(gateway, on);
    const end = performance.now() + withinMs;
    for (;;) {
      for (const gateway of asked) await poke(gateway, on.name);
      const { answering } = await tables.on(on);
      const found = gateways.filter((gateway) => fixed.has(gateway) || answering.has(gateway));
      if (found.length === gateways.length || performance.now() >= end) return found;
      await pass(LOOK_EVERY_MS);
    }
  };
}

/** A failure, as of a network that is not reachable yet, is no answer, and looking again is what follows anyway. */
function poke(gateway: string, interfaceName: string): Promise<void> {
  const linkLocal = isLinkLocalIpv6(gateway);
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
