/**
 * Whether an interface has its IPv4 configuration from DHCP. The manager that is in charge of it decides; where none
 * says anything, leases and the kernel's address lifetimes do. Files only: no process is asked.
 */
import { KvpError } from '../../errors.js';
import { ShellAssignments } from '../backends/formats/shell-assignments.js';
import { readInterfaces } from '../backends/ifupdown/interfaces-file.js';
import { familyOfStanza, isStanzaOf } from '../backends/ifupdown/interfaces-stanza.js';
import { isLeased } from '../backends/ifupdown/open-stanza.js';
import { linkState, unitAt } from '../backends/networkd/network-unit.js';
import { activeProfile, deviceState } from '../backends/networkmanager/keyfile-profile.js';
import { RcConf } from '../backends/rcconf/rcconf-files.js';
import { rcUsesDhcp } from '../backends/rcconf/rcconf-ip.js';
import type { ConfigFiles } from '../config-files.js';
import { dhclientLease, dhcpcdLease, udhcpcRuns } from './dhcp-leases.js';

export interface DhcpSubject {
  index: number;
  name: string;
  ipv4: readonly string[];
  /** Some IPv4 address has a lifetime, as DHCP clients set it. */
  hasLifetime: boolean;
  /** Wall-clock time, which decides whether a lease is over. Milliseconds since 1970. */
  time: number;
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
    const answer = answerOf(source, files, subject);
    if (answer !== undefined) return answer;
  }
  return subject.hasLifetime;
}

/** A file that is not understood says nothing. */
function answerOf(source: Source, files: ConfigFiles, subject: DhcpSubject): boolean | undefined {
  try {
    return source(files, subject);
  } catch (error) {
    if (error instanceof KvpError) return undefined;
    throw error;
  }
}

const IFCFG_FOLDERS = ['/etc/sysconfig/network-scripts', '/etc/sysconfig/network'];
const IFUPDOWN_STATE = '/run/network/ifstate';

function networkManager(files: ConfigFiles, subject: DhcpSubject): boolean | undefined {
  const state = deviceState(files, subject);
  if (state?.uuid === undefined) return undefined;
  const profile = activeProfile(files, subject);
  // NetworkManager only watches; the profile shows what somebody else made of the interface.
  if (profile?.last('.nmmeta', 'external') === 'true') return undefined;
  if (profile !== undefined) return (profile.last('ipv4', 'method') ?? 'auto') === 'auto';
  // A profile that is kept elsewhere; a lease shows which it is.
  const leases = ['internal', 'dhclient'].map(
    (client) => `/var/lib/NetworkManager/${client}-${state.uuid}-${subject.name}.lease`,
  );
  return state.hasLease || leases.some((path) => files.exists(path)) ? true : undefined;
}

const NETWORKD_IPV4 = new Set(['yes', 'true', 'on', '1', 'ipv4', 'both']);

function networkd(files: ConfigFiles, subject: DhcpSubject): boolean | undefined {
  const { managed, path } = linkState(files, subject) ?? { managed: false, path: undefined };
  if (!managed || path === undefined) return undefined;
  if (files.exists(`/run/systemd/netif/leases/${subject.index}`)) return true;
  const unit = unitAt(files, path);
  const modes = [unit.file, ...unit.dropIns.map(({ file }) => file)].flatMap((file) => file.values('Network', 'DHCP'));
  return NETWORKD_IPV4.has(modes.at(-1)?.toLowerCase() ?? '');
}

function ifupdown(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const logical = logicalName(files, name);
  const stanzas = readInterfaces(files).files.flatMap((file) => file.stanzas);
  const own = stanzas.filter((stanza) => isStanzaOf(stanza, logical) && familyOfStanza(stanza) !== 6);
  return own.length === 0 ? undefined : own.some(isLeased);
}

/** The stanza that ifup chose for the interface by a mapping, or by its second word (`ifup eth0=office`). */
function logicalName(files: ConfigFiles, name: string): string {
  const lines = files.text(IFUPDOWN_STATE)?.split('\n') ?? [];
  return lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) || name;
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
  return rcUsesDhcp(new RcConf(files), name);
}
