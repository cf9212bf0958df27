/**
 * wicked, the network manager of SLES and Leap up to 15: ifcfg(5), ifroute(5), wicked(8) and netconfig(8). Built from its
 * manual pages and published files; untried on a real SLES.
 */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import { type IpConfiguration, sameConfiguration } from '../../configuration.js';
import { differences } from '../../differences.js';
import {
  type Activation,
  type Backend,
  type Carrier,
  type ConfigurationChange,
  chargeOf,
  type DhcpSubject,
  type FileChange,
  type ManagerCommand,
  type TargetInterface,
} from '../backend.js';
import { isEnabled, unitCalled } from '../enabled-service.js';
import { ShellAssignments } from '../formats/shell-assignments.js';
import { isResolverFile } from '../resolv-conf.js';
import { DefaultRoutes } from './default-routes.js';
import { CONFIG, dns, readServers, serverChanges, serverCommands } from './netconfig.js';
import { comesUp, endsDhcp6, isWithoutIp, readAddressing, usesDhcp4, writeAddressing } from './suse-ifcfg.js';

const FOLDER = '/etc/sysconfig/network';
const OWN_FILE = /^\/etc\/sysconfig\/network\/(?:ifcfg-[^/]+|ifroute-[^/]+|routes)$/;
const MODE = 0o644;
const UNIT = 'wicked.service';
/** What wicked gives the unit of whoever is in charge; NetworkManager takes the name over. */
const ALIAS = 'network.service';

export const wicked: Backend<'wicked'> = {
  name: 'wicked',
  inCharge: (files, target) => chargeOf(() => whyInCharge(files, target)),
  takesUp: (files) => chargeOf(() => (isUsed(files) ? 'wicked is enabled' : undefined)),
  read,
  render,
  activate,
  carrierOf,
  warnings,
  usesDhcp,
  dns,
  services: [{ unit: UNIT, stateFiles: () => ['/run/dbus/system_bus_socket', '/run/wicked'] }],
  owns: (path) => OWN_FILE.test(path) || path === CONFIG || isResolverFile(path),
  secretKeys: ['psk', 'password', 'passphrase', 'secret', 'wireless_key', 'pin'],
};

/** The unit that has the alias decides, as for netconfig. */
function isUsed(files: ConfigFiles): boolean {
  const unit = unitCalled(files, ALIAS);
  return unit === undefined ? isEnabled(files, UNIT) : unit === UNIT;
}

function whyInCharge(files: ConfigFiles, target: TargetInterface): string | undefined {
  const found = isUsed(files) ? findIfcfg(files, target) : undefined;
  return found && `${found.path} is its file`;
}

interface Found {
  path: string;
  text: string | undefined;
  file: ShellAssignments;
}

const pathOf = (name: string): string => `${FOLDER}/ifcfg-${name}`;

/** By the interface's name alone: wicked has no files by MAC address or by bus. */
function findIfcfg(files: ConfigFiles, { name }: TargetInterface): Found | undefined {
  if (!isName(name)) return undefined;
  const path = files.finalPath(pathOf(name));
  const text = files.settings(pathOf(name));
  return text === undefined ? undefined : { path, text, file: new ShellAssignments(text, path) };
}

/** Undefined where the files would not bring the interface up. */
function read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined {
  const found = findIfcfg(files, target);
  if (found === undefined || !comesUp(found.file)) return undefined;
  const { dhcp, addresses } = readAddressing(found.file);
  const routes = new DefaultRoutes(files, FOLDER, target.name);
  const gateways = isWithoutIp(found.file) ? [] : routes.gateways(addresses);
  return { dhcp, addresses, gateways, dns: readServers(files, dhcp) };
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  const present = read(files, target);
  if (present !== undefined && sameConfiguration({ ...present, dns: wanted.dns }, wanted))
    return serverChanges(files, wanted);
  const found = findIfcfg(files, target) ?? newFile(target);
  const routes = new DefaultRoutes(files, FOLDER, target.name);
  const { addresses } = readAddressing(found.file);
  writeAddressing(found.file, wanted);
  routes.write(addresses, wanted);
  const after = String(found.file);
  const isSame = after === found.text || after === `${found.text}\n`;
  const ifcfg: FileChange[] = isSame ? [] : [{ path: found.path, before: found.text, after, mode: MODE }];
  return [...ifcfg, ...routes.changes(), ...serverChanges(files, wanted)];
}

function newFile({ name }: TargetInterface): Found {
  const path = pathOf(name);
  if (!isName(name)) throw new KvpError('ERR_NET_INTERFACE', { detail: path, actual: JSON.stringify(name) });
  return { path, text: undefined, file: new ShellAssignments('BOOTPROTO=static\nSTARTMODE=auto\n', path) };
}

/** What ends a name so is no configuration (ifcfg(5)). */
const NO_CONFIGURATION = /(?:~|\.(?:old|bak|orig|scpmbackup|rpmnew|rpmsave|rpmorig))$/;
/** Words of wicked(8) that mean many interfaces. */
const WORDS = new Set(['all', 'boot', 'default']);

const isName = (name: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name) && !NO_CONFIGURATION.test(name) && !WORDS.has(name);

/** What makes a file that of a bridge, bond or team, and its ports (ifcfg-bridge(5), ifcfg-bonding(5), ifcfg-team(5)). */
const PORTS = [
  ['bridge', 'BRIDGE', /^(?:yes|on|true|1)$/i, /^BRIDGE_PORTS$/],
  ['bond', 'BONDING_MASTER', /^(?:yes|on|true|1)$/i, /^BONDING_SLAVE/],
  ['team', 'TEAM_RUNNER', /./, /^TEAM_PORT_DEVICE/],
] as const;

function carrierOf(files: ConfigFiles, { name }: TargetInterface): Carrier | undefined {
  const paths = files.list(FOLDER, '').filter((path) => path.startsWith(pathOf('')));
  for (const path of paths) {
    const owner = path.slice(pathOf('').length);
    if (owner === name || !isName(owner)) continue;
    const kind = files.settingsUnlessSkipped(path, (text) => kindWithPort(new ShellAssignments(text, path), name));
    if (kind !== undefined) return { name: owner, kind, path };
  }
  return undefined;
}

function kindWithPort(file: ShellAssignments, name: string): string | undefined {
  const lists = (variable: RegExp) =>
    file.matching((one) => variable.test(one)).some(({ value }) => value.split(/\s+/).includes(name));
  return PORTS.find(([, key, isOn, ports]) => isOn.test(file.get(key) ?? '') && lists(ports))?.[0];
}

/** `ifreload` passes over an interface whose files say what they said; `ifup` applies them in any case. */
function activate(files: ConfigFiles, target: TargetInterface, { from, to }: ConfigurationChange): Activation {
  const { name } = target;
  if (!isName(name)) throw new KvpError('ERR_NET_INTERFACE', { detail: 'wicked', actual: JSON.stringify(name) });
  const servers = serverCommands(files, target, { from: from.dns, to: to.dns });
  // Servers alone are no reason to touch the interface.
  if (differences({ ...from, dns: [] }, { ...to, dns: [] }).length === 0) return { before: [], after: servers };
  const run = (verb: string): ManagerCommand => ({ argv: ['wicked', verb, name] });
  return { before: [], after: [run('ifreload'), ...servers, { ...run('ifup'), unlessSo: true }] };
}

function warnings(files: ConfigFiles, target: TargetInterface, { to }: ConfigurationChange): string[] {
  const found = findIfcfg(files, target);
  return [
    'Files and commands of wicked follow its manual pages; they have not been tried on a real SLES.',
    ...(found !== undefined && !to.dhcp && endsDhcp6(found.file)
      ? ['BOOTPROTO=dhcp asks for IPv6 addresses too: DHCP of both families ends.']
      : []),
  ];
}

function usesDhcp(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const found = isUsed(files) ? findIfcfg(files, { name, index: 0, mac: undefined }) : undefined;
  return found && usesDhcp4(found.file);
}
