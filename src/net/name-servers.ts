/** DNS servers as files write them. */
import { canonicalAddress } from './address-text.js';

/** Where systemd-resolved itself listens: it stands in resolv.conf for the servers that resolved asks. */
const STUBS = new Set(['127.0.0.53', '127.0.0.54']);

export const isStub = (server: string): boolean => STUBS.has(server);

/** The `nameserver` lines of resolv.conf(5) that hold an address, each once. */
export function nameServers(text: string): string[] {
  const words = text.split('\n').map((line) => line.trim().split(/\s+/));
  return addressesIn(words.flatMap(([keyword, server = '']) => (keyword === 'nameserver' ? [server] : [])));
}

/**
 * The addresses of servers that are written as resolvectl(1) does, each once: `192.0.2.53`, `192.0.2.53:5353`,
 * `[2001:db8::53]:5353#dns.example`, `fe80::53%2#dns.example`.
 */
export function addressesIn(servers: readonly string[]): string[] {
  const found = servers.flatMap((server) => {
    const bare = server.replace(/#.*/, '');
    const address = /^\[(.*)\](?::\d+)?$/.exec(bare)?.[1] ?? bare.replace(/^([0-9.]+):\d+$/, '$1');
    return canonicalAddress(address) ?? [];
  });
  return [...new Set(found)];
}
