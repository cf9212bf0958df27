/** The ifcfg files of Red Hat's family, as its network scripts and NetworkManager's plugin read them. */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import { type IpConfiguration, sameConfiguration } from '../../configuration.js';
import { Subnets } from '../../next-hop.js';
import {
  type Activation,
  type Backend,
  type Carrier,
  chargeOf,
  type DhcpSubject,
  type FileChange,
  isBelow,
  type ManagerCommand,
  type TargetInterface,
} from '../backend.js';
import { isEnabled } from '../enabled-service.js';
import { ShellAssignments } from '../formats/shell-assignments.js';
import { isMacOf } from '../interface-traits.js';
import { isPlainName } from '../plain-name.js';
import { isDhcp, readIp, writeIp } from './ifcfg-ip.js';

const FOLDER = '/etc/sysconfig/network-scripts';
/** Of the scripts themselves. */
const NETWORK_SCRIPT = `${FOLDER}/ifup-eth`;
const MODE = 0o644;
const WAIT_SECONDS = '15';

export const ifcfg: Backend<'ifcfg'> = {
  name: 'ifcfg',
  inCharge: (files, target) => chargeOf(() => whyInCharge(files, target)),
  read,
  render,
  activate,
  carrierOf,
  vlansOn,
  usesDhcp,
  owns: (path) => isBelow(path, `${FOLDER}/`),
  secretKeys: ['psk', 'password', 'passphrase', 'secret', 'pin'],
};

interface Found {
  path: string;
  text: string;
  file: ShellAssignments;
}

/** The file that the network scripts or NetworkManager's plugin take for the interface. */
export function findIfcfg(files: ConfigFiles, target: TargetInterface): Found | undefined {
  const own = `${FOLDER}/ifcfg-${target.name}`;
  const [first] = allFiles(files, own)
    .filter(({ file, path }) => isFor(file, path, target))
    .sort((a, b) => rankOf(b, own) - rankOf(a, own));
  return first;
}

/** One that comes up with the machine, by NetworkManager's priority, then the one that is named after the interface. */
function rankOf({ file, path }: Found, own: string): number {
  const priority = Number(said(file, 'AUTOCONNECT_PRIORITY') ?? 0) || 0;
  return (isOff(said(file, 'ONBOOT')) ? -10_000 : 0) + priority * 2 + (path === own ? 1 : 0);
}

/** Of others than `own` one that is no file is passed over, as by the programs that read them. */
function allFiles(files: ConfigFiles, own: string): Found[] {
  return files
    .list(FOLDER, '')
    .filter((path) => /\/ifcfg-[^/]+$/.test(path) && !/(?:~|\.(?:bak|orig|old|rej|rpmnew|rpmorig|rpmsave))$/.test(path))
    .flatMap((path) => {
      const parse = (text: string): Found => ({ path, text, file: new ShellAssignments(text, path) });
      const text = path === own ? files.settings(path) : undefined;
      return (text === undefined ? files.settingsUnlessSkipped(path, parse) : parse(text)) ?? [];
    });
}

/** What a file names has to be true of the interface, all of it; the file's own name counts where it names nothing. */
function isFor(file: ShellAssignments, path: string, target: TargetInterface): boolean {
  const device = said(file, 'DEVICE') ?? '';
  const mac = said(file, 'HWADDR') ?? '';
  if (device === '' && mac === '') return path === `${FOLDER}/ifcfg-${target.name}`;
  const hardware = { ...target, mac: target.permanentMac ?? target.mac };
  // Without the interface's address nobody can tell that it has another one.
  const isElse = mac !== '' && !isMacOf(mac, hardware) && (device === '' || hardware.mac !== undefined);
  return !isElse && (device === '' || device === target.name);
}

const CARRIER_KEYS = [
  ['BRIDGE', 'bridge'],
  ['MASTER', 'bond'],
  ['TEAM_MASTER', 'team'],
  ['BRIDGE_UUID', 'bridge'],
  ['MASTER_UUID', 'bond'],
  ['TEAM_MASTER_UUID', 'team'],
] as const;

/** By the name of its interface, or by the UUID of its file. */
function carrierOf(files: ConfigFiles, target: TargetInterface): Carrier | undefined {
  const found = findIfcfg(files, target);
  if (found === undefined) return undefined;
  for (const [key, kind] of CARRIER_KEYS) {
    const value = said(found.file, key) ?? '';
    if (value === '') continue;
    const made = allFiles(files, found.path).find(({ file }) => said(file, 'UUID') === value);
    return { name: (made && said(made.file, 'DEVICE')) ?? value, kind, path: found.path };
  }
  return undefined;
}

/** By `PHYSDEV`, or by a name that begins with the interface's. */
function vlansOn(files: ConfigFiles, { name }: TargetInterface): Carrier[] {
  return allFiles(files, '').flatMap(({ file, path }) => {
    const device = said(file, 'DEVICE') ?? path.slice(`${FOLDER}/ifcfg-`.length);
    const parent = said(file, 'PHYSDEV') ?? /^(.+)\.[0-9]+$/.exec(device)?.[1];
    const isVlan = said(file, 'TYPE') === 'Vlan' || /^(?:yes|y|true|t|1)$/i.test(said(file, 'VLAN') ?? '');
    return isVlan && parent === name ? [{ name: device, kind: 'vlan', path }] : [];
  });
}

/** Of a file that may be another interface's: what is not understood there is not ours to refuse. */
function said(file: ShellAssignments, name: string): string | undefined {
  try {
    return file.get(name);
  } catch {
    return undefined;
  }
}

const isOff = (text: string | undefined): boolean => /^(?:no|n|false|f|0)$/i.test(text ?? '');

function whyInCharge(files: ConfigFiles, target: TargetInterface): string | undefined {
  const found = findIfcfg(files, target);
  return found && `${found.path} is its file`;
}

function usesDhcp(files: ConfigFiles, { name }: DhcpSubject): boolean | undefined {
  const path = `${FOLDER}/ifcfg-${name}`;
  if (!files.exists(path)) return undefined;
  return isDhcp(said(new ShellAssignments(files.text(path) ?? '', path), 'BOOTPROTO'));
}

function read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined {
  const found = findIfcfg(files, target);
  return found && readIp(found.file);
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  const found = findIfcfg(files, target) ?? newFile(files, target);
  if (found.text !== '' && sameConfiguration(readIp(found.file), wanted)) return [];
  refuseUnreached(files, found, wanted);
  writeIp(found.file, wanted);
  return [{ path: found.path, before: files.settings(found.path), after: `${found.file}`, mode: MODE }];
}

/** NetworkManager sets a gateway outside every subnet by itself; the network scripts leave it out without a word. */
function refuseUnreached(files: ConfigFiles, found: Found, { addresses, gateways }: IpConfiguration): void {
  const subnets = new Subnets(addresses);
  const gateway = gateways.find((one) => !subnets.reach(one));
  if (gateway === undefined || !files.exists(NETWORK_SCRIPT) || isOfNetworkManager(files, found)) return;
  const detail = `the network scripts set no gateway that is in no subnet of the interface: ${gateway}`;
  throw new KvpError('ERR_NET_BACKEND', { detail });
}

function isOfNetworkManager(files: ConfigFiles, found: Found | undefined): boolean {
  const runs = files.exists('/run/NetworkManager') || isEnabled(files, 'NetworkManager.service');
  return runs && !isOff(found && said(found.file, 'NM_CONTROLLED'));
}

const TYPES: Readonly<Record<string, string>> = { bridge: 'Bridge', bond: 'Bond', team: 'Team', vlan: 'Vlan' };

function newFile(files: ConfigFiles, target: TargetInterface): Found {
  const path = `${FOLDER}/ifcfg-${target.name}`;
  // The network scripts start a shell with this name in it; and somebody else's file is not ours.
  if (!isPlainName(target.name) || files.exists(path)) {
    throw new KvpError('ERR_NET_INTERFACE', { detail: path, actual: JSON.stringify(target.name) });
  }
  const file = new ShellAssignments('', path);
  for (const [name, value] of [
    ['TYPE', TYPES[target.kind ?? ''] ?? 'Ethernet'],
    ['DEVICE', target.name],
    ['HWADDR', target.mac],
    ['ONBOOT', 'yes'],
    ['BOOTPROTO', 'none'],
  ] as const)
    if (value !== undefined) file.set(name, value);
  return { path, text: '', file };
}

function activate(files: ConfigFiles, target: TargetInterface): Activation {
  const found = findIfcfg(files, target);
  if (isOfNetworkManager(files, found)) {
    const nmcli = (...args: string[]): ManagerCommand => ({ argv: ['nmcli', '--wait', WAIT_SECONDS, ...args] });
    const uuid = found && said(found.file, 'UUID');
    const load = nmcli('connection', 'load', found?.path ?? `${FOLDER}/ifcfg-${target.name}`);
    const profile = uuid === undefined || !/^[0-9a-f-]{36}$/i.test(uuid) ? [] : ['uuid', uuid];
    return {
      before: [],
      after: [{ ...load, mayFail: true }, nmcli('connection', 'up', ...profile, 'ifname', target.name)],
    };
  }
  return { before: [{ argv: ['ifdown', target.name], mayFail: true }], after: [{ argv: ['ifup', target.name] }] };
}
