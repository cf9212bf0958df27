/**
 * FreeBSD's neighbours, by arp(8) and ndp(8). Built from the manual pages and from published output; unverified on a real
 * FreeBSD.
 */
import { canonicalAddress, isLinkLocalIpv6 } from '../address-text.js';
import { familyOf } from '../configuration.js';
import { type AskProgram, programAsker } from '../read/freebsd/ask-program.js';
import type { NeighbourTables } from './neighbours.js';

interface Entry {
  address: string;
  interfaceName: string;
  /** Its link-layer address is known. */
  isKnown: boolean;
  isFixed: boolean;
}

const INCOMPLETE = '(incomplete)';
/** Reachable, as ndp(8) abbreviates it. */
const REACHABLE = 'R';

/** A program that fails, as ndp without IPv6 does, knows nobody. */
export function programNeighbours(ask: AskProgram = programAsker()): NeighbourTables {
  const said = (argv: readonly [string, ...string[]]) => ask(argv).catch(() => '');
  return {
    async on({ name }) {
      const [arp, ndp] = await Promise.all([said(['arp', '-an']), said(['ndp', '-an'])]);
      const found = [...readArp(arp), ...readNdp(ndp)].filter(({ interfaceName }) => interfaceName === name);
      const those = (test: (entry: Entry) => boolean) => new Set(found.filter(test).map(({ address }) => address));
      return { fixed: those(({ isFixed }) => isFixed), answering: those(({ isKnown }) => isKnown) };
    },
    async forget(address, { name }) {
      if (familyOf(address) === 4) await said(['arp', '-d', address]);
      else await said(['ndp', '-n', '-d', isLinkLocalIpv6(address) ? `${address}%${name}` : address]);
    },
  };
}

/** "? (192.0.2.1) at 00:15:5d:01:02:03 on hn0 expires in 1198 seconds [ethernet]" */
function readArp(text: string): Entry[] {
  return [...text.matchAll(/^\S+ \(([0-9.]+)\) at (\S+) on (\S+)(.*)$/gm)].map(([, address, mac, name, rest]) => ({
    address: address!,
    interfaceName: name!,
    isKnown: mac !== INCOMPLETE,
    isFixed: / permanent\b/.test(rest!),
  }));
}

/** "fe80::1%hn0  00:15:5d:01:02:03  hn0 23h59m58s S R": neighbour, its address, interface, expiry, state, flags */
function readNdp(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const [neighbour = '', mac, interfaceName, expiry, state] = line.trim().split(/\s+/);
    const address = canonicalAddress(neighbour);
    if (address === undefined || interfaceName === undefined) return [];
    const isKnown = mac !== INCOMPLETE && state === REACHABLE;
    return [{ address, interfaceName, isKnown, isFixed: isKnown && expiry === 'permanent' }];
  });
}
