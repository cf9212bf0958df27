/**
 * FreeBSD's own network configuration: rc.conf(5), resolv.conf(5), and rc(8)'s scripts netif and routing. Built from the
 * manual pages; unverified on a real FreeBSD.
 */
import { KvpError } from '../../../errors.js';
import { isLinkLocalIpv6 } from '../../address-text.js';
import type { ConfigFiles } from '../../config-files.js';
import { familyOf, type IpConfiguration, sameConfiguration } from '../../configuration.js';
import { differences } from '../../differences.js';
import { nameServers } from '../../name-servers.js';
import {
  type Activation,
  type Backend,
  type Carrier,
  type ConfigurationChange,
  chargeOf,
  type FileChange,
  type ManagerCommand,
  type TargetInterface,
} from '../backend.js';
import { matchesGlob } from '../formats/glob.js';
import {
  isResolverFile,
  type ResolverInCharge,
  resolverChanges,
  resolverCommands,
  resolverInCharge,
} from '../resolv-conf.js';
import { DEFAULTS, RcConf } from './rcconf-files.js';
import { readGateways, writeGateways } from './rcconf-gateways.js';
import { rcKey, rcUsesDhcp, readAddresses, writeAddresses } from './rcconf-ip.js';

/** The script that takes interfaces from rc.conf, and what it starts from. */
const NETIF = '/etc/rc.d/netif';

/** Of rc(8) those that belong to the network. */
const SCRIPT_FILE = /^(?:\/usr\/local)?\/etc\/rc\.conf\.d\/(?:network|netif|routing)(?:\/[^/]+)?$/;
const FILES = ['/etc/rc.conf', '/etc/rc.conf.local'];

export const rcconf: Backend<'rc.conf'> = {
  name: 'rc.conf',
  inCharge: (files) => chargeOf(() => whyInCharge(files)),
  read,
  render,
  activate,
  carrierOf,
  vlansOn,
  warnings,
  usesDhcp: (files, { name }) => rcUsesDhcp(new RcConf(files), name),
  owns: (path) => FILES.includes(path) || SCRIPT_FILE.test(path) || isResolverFile(path),
  secretKeys: ['psk', 'password', 'passphrase', 'secret'],
};

function whyInCharge(files: ConfigFiles): string | undefined {
  const path = [NETIF, DEFAULTS].find((one) => files.exists(one));
  return path && `${path} takes interfaces from rc.conf`;
}

/** DNS servers are those of the machine: no file says of which interface they are. */
function read(files: ConfigFiles, { name }: TargetInterface): IpConfiguration | undefined {
  const rc = new RcConf(files);
  const key = rcKey(name);
  if (rcUsesDhcp(rc, name) === undefined) return undefined;
  const { dhcp, addresses } = readAddresses(rc, key);
  return { dhcp, addresses, gateways: readGateways(rc, name), dns: serversOf(files, dhcp) };
}

/** `vlans_hn0="10 office"`, and interfaces that say `vlandev hn0`. */
function vlansOn(files: ConfigFiles, { name }: TargetInterface): Carrier[] {
  const rc = new RcConf(files);
  const vlan = (called: string, variable: string): Carrier => ({
    name: called,
    kind: 'vlan',
    path: rc.pathOf(variable),
  });
  return rc.names().flatMap((variable) => {
    const words = () => (rc.get(variable) ?? '').split(/\s+/).filter((word) => word !== '');
    if (variable === `vlans_${rcKey(name)}`)
      return words().map((tag) => vlan(/^[0-9]+$/.test(tag) ? `${name}.${tag}` : tag, variable));
    const other = /^(?:ifconfig|create_args)_(vlan[0-9]+)$/.exec(variable)?.[1];
    return other !== undefined && words().some((word, at, all) => all[at - 1] === 'vlandev' && word === name)
      ? [vlan(other, variable)]
      : [];
  });
}

const CARRIER = /^(?:ifconfig|create_args|autobridge)_((?:bridge|lagg)[0-9]+)$/;

/** What names it among its ports: `addm hn0`, `laggport hn0`, and the list of a bridge that is made by itself. */
function carrierOf(files: ConfigFiles, { name }: TargetInterface): Carrier | undefined {
  const rc = new RcConf(files);
  for (const variable of rc.names()) {
    const carrier = CARRIER.exec(variable)?.[1];
    if (carrier === undefined) continue;
    const words = (rc.get(variable) ?? '').split(/\s+/);
    const ports = variable.startsWith('autobridge_')
      ? words
      : words.filter((_, at) => words[at - 1] === 'addm' || words[at - 1] === 'laggport');
    if (ports.some((port) => matchesGlob(port, name)))
      return { name: carrier, kind: carrier.replace(/[0-9]+$/, ''), path: rc.pathOf(variable) };
  }
  return undefined;
}

function render(files: ConfigFiles, { name }: TargetInterface, wanted: IpConfiguration): FileChange[] {
  checkName(name);
  const rc = new RcConf(files);
  const key = rcKey(name);
  const has = { ...readAddresses(rc, key), gateways: [], dns: [] };
  const isNew = rcUsesDhcp(rc, name) === undefined;
  const from = readGateways(rc, name);
  if (isNew || !sameConfiguration(has, { ...wanted, gateways: [], dns: [] })) writeAddresses(rc, key, wanted);
  writeGateways(rc, name, { dhcp: wanted.dhcp, from, to: wanted.gateways });
  return [...rc.changes(), ...resolverChanges(files, wanted.dns, resolverUnder(files, wanted.dhcp))];
}

/**
 * netif stops the interface with the old settings, so that a DHCP client of theirs ends too, and starts it with the new
 * ones. `service routing restart` takes all default routes away and sets those of rc.conf: not for a family whose route a
 * DHCP client has just made.
 */
function activate(files: ConfigFiles, { name }: TargetInterface, { from, to }: ConfigurationChange): Activation {
  checkName(name);
  const resolver = resolverCommands(
    files,
    { name, index: 0, mac: undefined },
    { from: from.dns, to: to.dns },
    resolverUnder(files, to.dhcp),
  );
  // Servers alone are no reason to take the interface down.
  if (differences({ ...from, dns: [] }, { ...to, dns: [] }).length === 0) return { before: [], after: resolver };
  const service = (...words: string[]): ManagerCommand => ({ argv: ['service', ...words] });
  const may = (command: ManagerCommand): ManagerCommand => ({ ...command, mayFail: true });
  const isFixed = (gateway: string) => familyOf(gateway) === 6 || !to.dhcp;
  const restartsRouting = to.gateways.some(isFixed);
  const isRestarted = (gateway: string) => restartsRouting && isFixed(gateway);
  const gone = from.gateways.filter((gateway) => !isRestarted(gateway) && !to.gateways.includes(gateway));
  return {
    before: [may(service('netif', 'stop', name)), ...gone.map((gateway) => may(deleteRoute(gateway, name)))],
    after: [
      service('netif', 'start', name),
      ...(restartsRouting ? [service('routing', 'restart', ...(to.dhcp ? ['inet6'] : []))] : []),
      // netif leaves the client to devd(8) where the word is DHCP alone. One that runs already is no failure.
      ...(to.dhcp ? [may(service('dhclient', 'start', name))] : []),
      ...resolver,
    ],
  };
}

function deleteRoute(gateway: string, name: string): ManagerCommand {
  const family = familyOf(gateway) === 4 ? '-inet' : '-inet6';
  return {
    argv: ['route', '-n', 'delete', family, 'default', isLinkLocalIpv6(gateway) ? `${gateway}%${name}` : gateway],
  };
}

function warnings(): string[] {
  return ['Files and commands of FreeBSD follow its manual pages; they have not been tried on a real FreeBSD.'];
}

/** With DHCP dhclient(8) hands the servers of its lease to resolvconf(8), which then makes the file anew. */
function resolverUnder(files: ConfigFiles, dhcp: boolean): ResolverInCharge {
  return dhcp ? 'openresolv' : resolverInCharge(files);
}

function serversOf(files: ConfigFiles, dhcp: boolean): string[] {
  const assigned = resolverUnder(files, dhcp) === 'openresolv' ? assignedServers(files) : undefined;
  return assigned ?? nameServers(files.settings(files.finalPath('/etc/resolv.conf')) ?? '');
}

/** Of resolvconf.conf(5): they come before those of any lease. */
function assignedServers(files: ConfigFiles): string[] | undefined {
  const value = /^[ \t]*name_servers=["']?([^"'\n]*)/m.exec(files.settings('/etc/resolvconf.conf') ?? '')?.[1];
  const lines = value?.split(/\s+/).map((server) => `nameserver ${server}`);
  return lines && nameServers(lines.join('\n'));
}

/** The name becomes part of a shell variable's name, an argument of scripts, and a zone. */
function checkName(name: string): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name))
    throw new KvpError('ERR_NET_INTERFACE', { detail: 'rc.conf', actual: JSON.stringify(name) });
}
