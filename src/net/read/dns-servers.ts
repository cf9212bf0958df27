/** The DNS servers that the machine really asks. */
import { canonicalAddress } from '../address-text.js';
import type { ConfigFiles } from '../config-files.js';

/** What systemd-resolved puts into resolv.conf instead of the servers that it asks itself. */
const RESOLVED_STUBS = new Set(['127.0.0.53', '127.0.0.54']);
const RESOLVED_UPLINKS = '/run/systemd/resolve/resolv.conf';
const NETWORK_MANAGER_UPLINKS = '/run/NetworkManager/no-stub-resolv.conf';

export function dnsServers(files: ConfigFiles): string[] {
  const own = nameServers(files.text('/etc/resolv.conf') ?? '');
  if (!own.some((server) => RESOLVED_STUBS.has(server))) return own;
  for (const path of [RESOLVED_UPLINKS, NETWORK_MANAGER_UPLINKS]) {
    const uplinks = nameServers(files.text(path) ?? '').filter((server) => !RESOLVED_STUBS.has(server));
    if (uplinks.length > 0) return uplinks;
  }
  return own;
}

/** The `nameserver` lines of resolv.conf(5) that hold an address, each once. */
export function nameServers(text: string): string[] {
  const servers = new Set<string>();
  for (const line of text.split('\n')) {
    const [keyword, server = ''] = line.trim().split(/\s+/);
    const address = keyword === 'nameserver' ? canonicalAddress(server) : undefined;
    if (address !== undefined) servers.add(address);
  }
  return [...servers];
}
