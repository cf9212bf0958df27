/** The DNS servers that an interface has by NetworkManager: of its profile, and of its DHCP leases. */

import { KEYFILE, SectionFile } from '../backends/formats/section-file.js';
import { activeProfile } from '../backends/networkmanager/keyfile-profile.js';
import type { ConfigFiles } from '../config-files.js';
import { addressesIn } from '../name-servers.js';
import type { DnsSubject, OwnServers } from './dns-servers.js';

/** Undefined where NetworkManager has no profile up on it. What a router advertises stands in no file of an interface. */
export function serversOfProfile(files: ConfigFiles, subject: DnsSubject): OwnServers | undefined {
  const profile = activeProfile(files, subject);
  if (profile === undefined) return undefined;
  const path = `/run/NetworkManager/devices/${subject.index}`;
  const state = SectionFile.parse(files.text(path), KEYFILE, path);
  const servers = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const written = profile.last(family, 'dns')?.split(/[;,\s]+/) ?? [];
    if (profile.last(family, 'ignore-auto-dns') === 'true') return written;
    const leased =
      family === 'ipv4'
        ? state?.last('dhcp4', 'dhcp4.domain_name_servers')
        : state?.last('dhcp6', 'dhcp6.dhcp6_name_servers');
    return [...written, ...(leased?.split(/\s+/) ?? [])];
  });
  return { servers: addressesIn(servers), complete: !hearsRouters(profile) };
}

function hearsRouters(profile: SectionFile): boolean {
  const method = profile.last('ipv6', 'method') ?? 'auto';
  return method === 'auto' && profile.last('ipv6', 'ignore-auto-dns') !== 'true';
}
