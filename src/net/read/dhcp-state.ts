/**
 * Whether an interface has its IPv4 configuration from DHCP. The manager that is in charge of it decides; where none
 * says anything, leases and the kernel's address lifetimes do. Files only: no process is asked.
 */
import type { ConfigFiles } from '../config-files.js';
import { readAssignments, readIni } from './ini.js';

export interface DhcpSubject {
  index: number;
  name: string;
  ipv4: readonly string[];
  /** Some IPv4 address has a lifetime, as DHCP clients set it. */
  hasLifetime: boolean;
}

/** True or false where this source knows, undefined where it is not in charge. */
type Source = (files: ConfigFiles, subject: DhcpSubject) => boolean | undefined;

const SOURCES: readonly Source[] = [networkManager, networkd, ifupdown, ifcfg, rcConf, dhclientLease, dhcpcdLease];

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

function networkManager(files: ConfigFiles, { index, name }: DhcpSubject): boolean | undefined {
  const state = files.text(`/run/NetworkManager/devices/${index}`);
  if (state === undefined) return undefined;
  const uuid = readIni(state).get('device')?.get('connection-uuid');
  if (uuid === undefined) return undefined;
  for (const folder of KEYFILE_FOLDERS) {
    for (const path of files.list(folder, '.nmconnection')) {
      const profile = readIni(files.text(path) ?? '');
      if (profile.get('connection')?.get('uuid') === uuid) return profile.get('ipv4')?.get('method') === 'auto';
    }
  }
  // A profile that NetworkManager keeps elsewhere; its own client leaves a lease.
  if (files.exists(`/var/lib/NetworkManager/internal-${uuid}-${name}.lease`)) return true;
  return files.exists(`/var/lib/NetworkManager/dhclient-${uuid}-${name}.lease`) ? true : undefined;
}

const NETWORKD_IPV4 = new Set(['yes', 'true', 'on', '1', 'ipv4', 'both']);

function networkd(files: ConfigFiles, { index }: DhcpSubject): boolean | undefined {
  const state = readIni(files.text(`/run/systemd/netif/links/${index}`) ?? '').get('')!;
  const unit = state.get('NETWORK_FILE');
  if (unit === undefined || state.get('ADMIN_STATE') === 'unmanaged') return undefined;
  if (files.exists(`/run/systemd/netif/leases/${index}`)) return true;
  const mode = readIni(files.text(unit) ?? '')
    .get('Network')
    ?.get('DHCP');
  return mode !== undefined && NETWORKD_IPV4.has(mode.toLowerCase());
}

function ifupdown(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const main = files.text('/etc/network/interfaces');
  if (main === undefined) return undefined;
  const texts = [main, ...files.list('/etc/network/interfaces.d', '').map((path) => files.text(path) ?? '')];
  const methods = texts.flatMap((text) =>
    text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([keyword, iface, family]) => keyword === 'iface' && iface === name && family === 'inet')
      .map((words) => words[3]),
  );
  return methods.length === 0 ? undefined : methods.includes('dhcp');
}

function ifcfg(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  for (const folder of IFCFG_FOLDERS) {
    const text = files.text(`${folder}/ifcfg-${name}`);
    if (text !== undefined) return /^(dhcp4?|bootp|dhcp\+.*)$/i.test(readAssignments(text).get('BOOTPROTO') ?? '');
  }
  return undefined;
}

/** FreeBSD; unverified on a real system. */
function rcConf(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const settings = ['/etc/rc.conf', '/etc/rc.conf.local'].flatMap((path) => {
    const value = readAssignments(files.text(path) ?? '').get(`ifconfig_${name}`);
    return value === undefined ? [] : [value];
  });
  return settings.length === 0 ? undefined : /\b(SYNC|NOSYNC)?DHCP\b/i.test(settings.at(-1)!);
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
