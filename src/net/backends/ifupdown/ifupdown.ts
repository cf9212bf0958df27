/** Debian's ifupdown, by /etc/network/interfaces and the files that it includes. */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import type { InterfaceAddress, IpConfiguration } from '../../configuration.js';
import { nameServers } from '../../name-servers.js';
import { Subnets } from '../../next-hop.js';
import {
  type Activation,
  type Backend,
  type Carrier,
  type ConfigurationChange,
  chargeOf,
  type DhcpSubject,
  type FileChange,
  isBelow,
  type ManagerCommand,
  type TargetInterface,
} from '../backend.js';
import { canKeepServers, dhcpFiles, isDhcpFile } from '../dhcp-client.js';
import { matchesGlob } from '../formats/glob.js';
import { isResolverFile, resolverChanges, resolverCommands, resolverInCharge } from '../resolv-conf.js';
import {
  type Interfaces,
  interfacesText,
  keywordOf,
  MAIN_FILE,
  readInterfaces,
  type Stanza,
} from './interfaces-file.js';
import { comesUpBy, InterfaceStanzas, readIp, stanzasOf } from './interfaces-ip.js';
import {
  addressOf,
  familyOfStanza,
  interfaceOf,
  isStanzaOf,
  methodOf,
  neededGateways,
  unclearLine,
} from './interfaces-stanza.js';
import { isLeased, isOpen, strangeLine } from './open-stanza.js';

const PROGRAMS = ['/sbin/ifup', '/usr/sbin/ifup'];
/** Hooks that hand the servers of a stanza on to whoever makes resolv.conf. */
const DNS_HOOKS = {
  resolved: '/etc/network/if-up.d/resolved',
  resolvconf: '/etc/network/if-up.d/000resolvconf',
  openresolv: '/etc/network/if-up.d/000resolvconf',
};
const STATE = '/run/network/ifstate';
const MODE = 0o644;

export const ifupdown: Backend<'ifupdown'> = {
  name: 'ifupdown',
  inCharge: (files, target) => chargeOf(() => whyInCharge(files, target)),
  takesUp: (files) => chargeOf(() => whyTakingUp(files)),
  read,
  render,
  activate,
  carrierOf,
  vlansOn,
  warnings,
  usesDhcp,
  services: [{ unit: 'networking.service', stateFiles: () => [STATE] }],
  owns: (path) => isBelow(path, '/etc/network/') || isDhcpFile(path) || isResolverFile(path),
  secretKeys: ['psk', 'password', 'passphrase', 'secret', 'wep-key', 'private-key', 'pin'],
};

function whyInCharge(files: ConfigFiles, { name }: TargetInterface): string | undefined {
  if (!PROGRAMS.some((path) => files.exists(path))) return undefined;
  const interfaces = readInterfaces(files);
  const file = interfaces.files.find((one) => stanzasOf([one], name).length > 0);
  if (file !== undefined) return `${file.path} has a stanza for it`;
  // It may stand where this package cannot see it.
  throwProblem(interfaces, name);
  return undefined;
}

function whyTakingUp(files: ConfigFiles): string | undefined {
  const isUsed = PROGRAMS.some((path) => files.exists(path)) && files.exists(MAIN_FILE);
  return isUsed ? `${MAIN_FILE} is in use` : undefined;
}

function usesDhcp(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const logical = logicalName(files, name);
  const stanzas = readInterfaces(files).files.flatMap((file) => file.stanzas);
  const own = stanzas.filter((stanza) => isStanzaOf(stanza, logical) && familyOfStanza(stanza) !== 6);
  return own.length === 0 ? undefined : own.some(isLeased);
}

/** The stanza that ifup chose for the interface by a mapping, or by its second word (`ifup eth0=office`). */
function logicalName(files: ConfigFiles, name: string): string {
  const lines = files.text(STATE)?.split('\n') ?? [];
  return lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) || name;
}

/** Servers that a stanza names and no program takes from there count where resolv.conf has them. */
function read(files: ConfigFiles, { name }: TargetInterface): IpConfiguration | undefined {
  const interfaces = readInterfaces(files);
  const stanzas = stanzasOf(interfaces.files, name);
  if (stanzas.length === 0) return undefined;
  throwProblem(interfaces, name);
  const written = readIp(stanzas);
  if (takesServersFromStanzas(files) || resolverInCharge(files) !== 'file') return written;
  const asked = nameServers(files.settings(files.finalPath('/etc/resolv.conf')) ?? '');
  return { ...written, dns: written.dns.filter((server) => asked.includes(server)) };
}

/** Where ifenslave's and bridge-utils' options say it: in the port's own stanza, or in that of the bond or bridge. */
function carrierOf(files: ConfigFiles, { name }: TargetInterface): Carrier | undefined {
  for (const { path, stanzas } of readInterfaces(files).files)
    for (const stanza of stanzas.filter((one) => keywordOf(one) === 'iface')) {
      const owner = interfaceOf(stanza) ?? '';
      for (const { words } of stanza.lines.slice(1)) {
        const [option = '', ...values] = words;
        const key = option.replaceAll('_', '-');
        if (owner === name && key === 'bond-master' && values[0] !== undefined)
          return { name: values[0], kind: 'bond', path };
        const kind = PORT_LISTS[key];
        if (kind !== undefined && owner !== name && listsPort(values, name)) return { name: owner, kind, path };
      }
    }
  return undefined;
}

/** By the option of the package vlan, or by a name that begins with the interface's. */
function vlansOn(files: ConfigFiles, { name }: TargetInterface): Carrier[] {
  const all = readInterfaces(files).files.flatMap(({ path, stanzas }) =>
    stanzas
      .filter((stanza) => keywordOf(stanza) === 'iface')
      .flatMap((stanza) => {
        const owner = interfaceOf(stanza) ?? '';
        const said = stanza.lines.find(({ words }) => /^vlan[-_]raw[-_]device$/.test(words[0] ?? ''))?.words[1];
        const parent = said ?? /^(.+)\.[0-9]+$/.exec(owner)?.[1];
        return parent === name ? [[owner, path] as const] : [];
      }),
  );
  return [...new Map(all)].map(([owner, path]) => ({ name: owner, kind: 'vlan', path }));
}

const PORT_LISTS: Readonly<Record<string, string>> = {
  'bond-slaves': 'bond',
  'bond-ports': 'bond',
  slaves: 'bond',
  'bridge-ports': 'bridge',
};

/** Names, "all", and behind "regex" patterns of grep(1) (bridge-utils-interfaces(5)). */
function listsPort(values: readonly string[], name: string): boolean {
  let isPattern = false;
  for (const value of values) {
    if (value === 'regex' || value === 'noregex') isPattern = value === 'regex';
    else if (isPattern ? fitsWhole(value, name) : value === name) return true;
    else if (value === 'all' && /^(?:eth|em|en|p[0-9]+p|wlan)/.test(name)) return true;
  }
  return false;
}

function fitsWhole(pattern: string, name: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(name);
  } catch {
    return false;
  }
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  checkName(target.name);
  const interfaces = readInterfaces(files);
  throwProblem(interfaces, target.name);
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
  const [before, after] = [new Subnets(had), new Subnets(addresses)];
  for (const { path, stanzas } of files) {
    for (const { line, gateway } of stanzasOf([{ path, before: undefined, stanzas }], name).flatMap(neededGateways)) {
      if (!before.reach(gateway) || after.reach(gateway)) continue;
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

function throwProblem(interfaces: Interfaces, name: string): void {
  const problem = problemOf(interfaces, name);
  if (problem !== undefined) throw new KvpError('ERR_NET_FILE', { detail: problem });
}

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
  if (/^(?:auto|allow-.+)$/.test(keyword)) {
    const logical = words
      .slice(1)
      .find((word) => word.includes('=') && comesUpBy(word, name) && !word.endsWith(`=${name}`));
    return logical && `${line}: it comes up by the stanza of ${logical.replace(/^.*=/, '')}`;
  }
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
