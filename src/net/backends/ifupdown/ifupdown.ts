/** Debian's ifupdown, by /etc/network/interfaces and the files that it includes. */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import type { InterfaceAddress, IpConfiguration } from '../../configuration.js';
import { nameServers } from '../../name-servers.js';
import { isReachable } from '../../next-hop.js';
import type {
  Activation,
  Backend,
  ConfigurationChange,
  FileChange,
  ManagerCommand,
  TargetInterface,
} from '../backend.js';
import { canKeepServers, dhcpFiles } from '../dhcp-client.js';
import { matchesGlob } from '../formats/glob.js';
import { resolverChanges, resolverCommands, resolverInCharge } from '../resolv-conf.js';
import {
  type Interfaces,
  interfacesText,
  keywordOf,
  MAIN_FILE,
  readInterfaces,
  type Stanza,
} from './interfaces-file.js';
import { InterfaceStanzas, readIp, stanzasOf } from './interfaces-ip.js';
import { addressOf, familyOfStanza, interfaceOf, methodOf, neededGateways, unclearLine } from './interfaces-stanza.js';
import { isOpen, strangeLine } from './open-stanza.js';

const PROGRAMS = ['/sbin/ifup', '/usr/sbin/ifup'];
/** Hooks that hand the servers of a stanza on to whoever makes resolv.conf. */
const DNS_HOOKS = {
  resolved: '/etc/network/if-up.d/resolved',
  resolvconf: '/etc/network/if-up.d/000resolvconf',
  openresolv: '/etc/network/if-up.d/000resolvconf',
};
const MODE = 0o644;

export const ifupdown: Backend = { name: 'ifupdown', inCharge, takesUp, read, render, activate, warnings };

function inCharge(files: ConfigFiles, { name }: TargetInterface): string | undefined {
  if (!PROGRAMS.some((path) => files.exists(path))) return undefined;
  const interfaces = readInterfaces(files);
  const file = interfaces.files.find((one) => stanzasOf([one], name).length > 0);
  return file && `${file.path} has a stanza for it`;
}

function takesUp(files: ConfigFiles): string | undefined {
  const isUsed = PROGRAMS.some((path) => files.exists(path)) && files.exists(MAIN_FILE);
  return isUsed ? `${MAIN_FILE} is in use` : undefined;
}

/** Servers that a stanza names and no program takes from there count where resolv.conf has them. */
function read(files: ConfigFiles, { name }: TargetInterface): IpConfiguration | undefined {
  const interfaces = readInterfaces(files);
  const stanzas = stanzasOf(interfaces.files, name);
  if (stanzas.length === 0 || problemOf(interfaces, name) !== undefined) return undefined;
  const written = readIp(stanzas);
  if (takesServersFromStanzas(files) || resolverInCharge(files) !== 'file') return written;
  const asked = nameServers(files.text(files.finalPath('/etc/resolv.conf')) ?? '');
  return { ...written, dns: written.dns.filter((server) => asked.includes(server)) };
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  checkName(target.name);
  const interfaces = readInterfaces(files);
  const problem = problemOf(interfaces, target.name);
  if (problem !== undefined) throw new KvpError('ERR_NET_FILE', { detail: problem });
  const { addresses } = readIp(stanzasOf(interfaces.files, target.name));
  new InterfaceStanzas(interfaces.files, target, hasExecutors(files, interfaces)).write(wanted);
  refuseLostGateways(interfaces.files, target, addresses, wanted);
  const changed = interfaces.files
    .map((file) => ({ path: file.path, before: file.before, after: interfacesText(file), mode: MODE }))
    .filter(({ before, after }) => after !== (before ?? '').replace(/(?<!\n)$/, (end) => (before ? `${end}\n` : end)));
  if (takesServersFromStanzas(files)) return changed;
  const ownServers = wanted.dhcp && writesOwnServers(files, wanted);
  return [...changed, ...resolverChanges(files, wanted.dns), ...dhcpFiles(files, target.name, ownServers)];
}

/** ifupdown-ng starts programs by `use`; the others do not know the word. */
const hasExecutors = (files: ConfigFiles, interfaces: Interfaces): boolean =>
  ['/usr/libexec/ifupdown-ng', '/etc/network/ifupdown-ng.conf'].some((path) => files.exists(path)) ||
  interfaces.files.some(({ stanzas }) => stanzas.some(({ lines }) => lines.some(({ words }) => words[0] === 'use')));

/** A route of a hook that needs a gateway of the old network would make ifup fail when the link is down already. */
function refuseLostGateways(
  files: Interfaces['files'],
  { name }: TargetInterface,
  had: readonly InterfaceAddress[],
  { addresses }: IpConfiguration,
): void {
  for (const { path, stanzas } of files) {
    for (const { line, gateway } of stanzasOf([{ path, before: undefined, stanzas }], name).flatMap(neededGateways)) {
      if (!isReachable(gateway, had) || isReachable(gateway, addresses)) continue;
      throw new KvpError('ERR_NET_FILE', {
        detail: `${path}: ${line.words.join(' ')}: no network of the new addresses has this gateway`,
      });
    }
  }
}

/** Servers that stand in resolv.conf, where a DHCP client would write others over them. */
const writesOwnServers = (files: ConfigFiles, { dns }: IpConfiguration): boolean =>
  dns.length > 0 && resolverInCharge(files) === 'file';

function warnings(files: ConfigFiles, _: TargetInterface, { to }: ConfigurationChange): string[] {
  if (!to.dhcp || takesServersFromStanzas(files) || !writesOwnServers(files, to) || canKeepServers(files)) return [];
  return ['the DHCP client that ifup starts may write the DNS servers of the network over those wanted.'];
}

function activate(files: ConfigFiles, target: TargetInterface, { from, to }: ConfigurationChange): Activation {
  checkName(target.name);
  const may = (...argv: ManagerCommand['argv']): ManagerCommand => ({ argv, mayFail: true });
  return {
    before: [
      // Fails on whatever is not as the stanzas say, and then leaves the rest.
      may('ifdown', '--force', target.name),
      may('ip', 'address', 'flush', 'dev', target.name, 'scope', 'global'),
    ],
    after: [
      { argv: ['ifup', '--force', target.name] },
      ...(takesServersFromStanzas(files) ? [] : resolverCommands(files, target, { from: from.dns, to: to.dns })),
    ],
  };
}

function takesServersFromStanzas(files: ConfigFiles): boolean {
  const inCharge = resolverInCharge(files);
  return inCharge !== 'file' && files.exists(DNS_HOOKS[inCharge]);
}

const METHODS = { 4: new Set(['static', 'dhcp', 'manual']), 6: new Set(['static', 'auto', 'dhcp', 'manual']) };

/** Why the stanzas cannot be edited so that the meaning of the whole is known. */
function problemOf({ files, problem }: Interfaces, name: string): string | undefined {
  if (problem !== undefined) return problem;
  for (const { path, stanzas } of files) {
    for (const stanza of stanzas) {
      const what = problemOfStanza(stanza, name);
      if (what !== undefined) return `${path}: ${what}`;
    }
  }
  return undefined;
}

function problemOfStanza(stanza: Stanza, name: string): string | undefined {
  const keyword = keywordOf(stanza);
  const words = stanza.lines[0]?.words ?? [];
  const line = words.join(' ');
  if (keyword === 'mapping') return words.slice(1).some((glob) => matchesGlob(glob, name)) ? line : undefined;
  if (keyword !== 'iface') return undefined;
  const own = interfaceOf(stanza);
  if (own?.startsWith(`${name}:`)) return `${line}: an alias of the interface`;
  if (own !== name) return undefined;
  const family = familyOfStanza(stanza);
  const isWithoutFamily = words.length === 2;
  if (!isWithoutFamily && (family === undefined || words.length !== 4 || !METHODS[family].has(methodOf(stanza))))
    return line;
  if (isOpen(stanza)) {
    const strange = strangeLine(stanza);
    if (strange !== undefined) return `${line}: ${strange.words.join(' ')}`;
  }
  const multipath = stanza.lines.find(({ words }) => words.includes('nexthop') && words.includes('default'));
  if (multipath !== undefined) return `${multipath.words.join(' ')}: a route of several gateways`;
  const unclear = unclearLine(stanza);
  if (unclear !== undefined)
    return `${unclear.words.join(' ')}: what it makes of addresses and gateways is not understood`;
  return methodOf(stanza) === 'static' && !isOpen(stanza) && addressOf(stanza) === undefined
    ? `${line}: its address`
    : undefined;
}

/** ifupdown puts the name into shell commands as it is; a colon would make an alias of it. */
function checkName(name: string): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name))
    throw new KvpError('ERR_NET_INTERFACE', { detail: 'ifupdown', actual: JSON.stringify(name) });
}
