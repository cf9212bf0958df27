/** DHCP and DNS of an interface by systemd-networkd's own records: its state of the link, and the file that it applied. */
import type { ConfigFiles } from '../../config-files.js';
import { addressesIn } from '../../name-servers.js';
import type { DhcpSubject, DnsRecords } from '../backend.js';
import { allSections, linkState, unitAt } from './network-unit.js';
import { dhcpOf } from './network-unit-ip.js';

export function usesDhcp(files: ConfigFiles, subject: DhcpSubject): boolean | undefined {
  const { managed, path } = linkState(files, subject) ?? { managed: false, path: undefined };
  if (!managed || path === undefined) return undefined;
  if (files.exists(`/run/systemd/netif/leases/${subject.index}`)) return true;
  return dhcpOf(allSections(unitAt(files, path)), path).v4;
}

export const dns: DnsRecords = {
  serversOf(files, subject) {
    const link = linkState(files, subject);
    return link?.managed ? { servers: addressesIn(link.dns), complete: true } : undefined;
  },
};
