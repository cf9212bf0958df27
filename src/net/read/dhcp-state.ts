/**
 * Whether an interface has its IPv4 configuration from DHCP. The manager that is in charge of it decides; where none
 * says anything, leases and the kernel's address lifetimes do. Files only: no process is asked.
 */

import { readInterfaces } from '../backends/interfaces-file.js';
import { familyOfStanza, isStanzaOf, methodOf } from '../backends/interfaces-stanza.js';
import { deviceState } from '../backends/keyfile-profile.js';
import { linkState } from '../backends/network-unit.js';
import { RcConf } from '../backends/rcconf-files.js';
import { rcUsesDhcp } from '../backends/rcconf-ip.js';
import { KEYFILE, SectionFile, UNIT_FILE } from '../backends/section-file.js';
import { ShellAssignments } from '../backends/shell-assignments.js';
import type { ConfigFiles } from '../config-files.js';

export interface DhcpSubject {
  index: number;
  name: string;
  ipv4: readonly string[];
  /** Some IPv4 address has a lifetime, as DHCP clients set it. */
  hasLifetime: boolean;
}

/** True or false where this source knows, undefined where it is not in charge. */
type Source = (files: ConfigFiles, subject: DhcpSubject) => boolean | undefined;

const SOURCES: readonly Source[] = [
  networkManager,
  networkd,
  ifupdown,
  ifcfg,
  rcConf,
  dhclientLease,
  dhcpcdLease,
  udhcpcRuns,
];

export function usesDhcp(files: ConfigFiles, subject: DhcpSubject): boolean {
  for (const source of SOURCES) {
    const answer = source(files, subject);
    if (answer !== undefined) return answer;
  }
  return subject.hasLifetime;
}

const KEYFILE_FOLDERS = [
  '/etc/NetworkManager/system-connections',
  '/run/NetworkManager/system-connections',
  '/usr/lib/NetworkManager/system-connections',
];
const IFCFG_FOLDERS = ['/etc/sysconfig/network-scripts', '/etc/sysconfig/network'];

function networkManager(files: ConfigFiles, subject: DhcpSubject): boolean | undefined {
  const uuid = deviceState(files, subject)?.uuid;
  if (uuid === undefined) return undefined;
  const { name } = subject;
  for (const folder of KEYFILE_FOLDERS) {
    for (const path of files.list(folder, '.nmconnection')) {
      const profile = SectionFile.parse(files.text(path), KEYFILE, path);
      if (profile?.last('connection', 'uuid') === uuid) return (profile.last('ipv4', 'method') ?? 'auto') === 'auto';
    }
  }
  // A profile that NetworkManager keeps elsewhere; its own client leaves a lease.
  if (files.exists(`/var/lib/NetworkManager/internal-${uuid}-${name}.lease`)) return true;
  return files.exists(`/var/lib/NetworkManager/dhclient-${uuid}-${name}.lease`) ? true : undefined;
}

const NETWORKD_IPV4 = new Set(['yes', 'true', 'on', '1', 'ipv4', 'both']);

function networkd(files: ConfigFiles, subject: DhcpSubject): boolean | undefined {
  const { index } = subject;
  const { managed, path } = linkState(files, subject) ?? { managed: false, path: undefined };
  if (!managed || path === undefined) return undefined;
  if (files.exists(`/run/systemd/netif/leases/${index}`)) return true;
  const mode = SectionFile.parse(files.text(path), UNIT_FILE, path)?.last('Network', 'DHCP');
  return mode !== undefined && NETWORKD_IPV4.has(mode.toLowerCase());
}

function ifupdown(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const stanzas = readInterfaces(files).files.flatMap((file) => file.stanzas);
  const own = stanzas.filter((stanza) => isStanzaOf(stanza, name) && familyOfStanza(stanza) === 4);
  return own.length === 0 ? undefined : own.some((stanza) => methodOf(stanza) === 'dhcp');
}

function ifcfg(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  for (const folder of IFCFG_FOLDERS) {
    const path = `${folder}/ifcfg-${name}`;
    if (files.exists(path)) return /^(dhcp4?|bootp|dhcp\+.*)$/i.test(assigned(files, path, 'BOOTPROTO') ?? '');
  }
  return undefined;
}

/** What only a shell could evaluate says nothing here. */
function assigned(files: ConfigFiles, path: string, variable: string): string | undefined {
  try {
    return new ShellAssignments(files.text(path) ?? '', path).get(variable);
  } catch {
    return undefined;
  }
}

/** FreeBSD; unverified on a real system. */
function rcConf(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  try {
    return rcUsesDhcp(new RcConf(files), name);
  } catch {
    return undefined;
  }
}

/** A lease counts while its address is on the interface: files outlive their client. */
function dhclientLease(files: ConfigFiles, { name, ipv4 }: DhcpSubject): boolean | undefined {
  for (const path of [
    `/var/lib/dhcp/dhclient.${name}.leases`,
    `/var/lib/dhclient/dhclient-${name}.leases`,
    `/var/lib/dhclient/dhclient--${name}.lease`,
    `/var/db/dhclient.leases.${name}`,
  ]) {
    const leased = [...(files.text(path) ?? '').matchAll(/^\s*fixed-address\s+([0-9.]+)\s*;/gm)].at(-1)?.[1];
    if (leased !== undefined && ipv4.includes(leased)) return true;
  }
  return undefined;
}

function dhcpcdLease(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const runs = ['/run/dhcpcd/pid', `/run/dhcpcd/${name}.pid`, `/run/dhcpcd-${name}.pid`, '/run/dhcpcd.pid'];
  const leased = files.exists(`/var/lib/dhcpcd/${name}.lease`) || files.exists(`/var/lib/dhcpcd5/${name}.lease`);
  return leased && runs.some((path) => files.exists(path)) ? true : undefined;
}

/** BusyBox's client leaves no lease behind, and addresses without a lifetime. */
function udhcpcRuns(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const pid = /^[0-9]+/.exec(files.text(`/run/udhcpc.${name}.pid`) ?? '')?.[0];
  return pid !== undefined && files.text(`/proc/${pid}/comm`)?.trim() === 'udhcpc' ? true : undefined;
}
