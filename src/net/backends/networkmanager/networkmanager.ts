/** NetworkManager, by the keyfile of the profile that the interface has. */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import { type IpConfiguration, sameConfiguration } from '../../configuration.js';
import {
  type Activation,
  type Backend,
  type Carrier,
  chargeOf,
  type FileChange,
  isBelow,
  type ManagerCommand,
  refuseSkipped,
  type Service,
  type TargetInterface,
} from '../backend.js';
import { isEnabled } from '../enabled-service.js';
import { KEYFILE, SectionFile } from '../formats/section-file.js';
import { findIfcfg } from '../ifcfg/ifcfg.js';
import { checkpoint, forgetCheckpoint } from './checkpoint.js';
import { dns, usesDhcp } from './device-facts.js';
import { readIp, writeIp } from './keyfile-ip.js';
import {
  allProfiles,
  deviceState,
  findProfile,
  isGenerated,
  isOnlyFor,
  OWN_FOLDER,
  ownUuid,
  type Profile,
  profileWithUuid,
  rivalPriority,
} from './keyfile-profile.js';
import { autoconnects, escaped, interfaceNameOf, priority } from './profile-choice.js';

/** Seconds until nmcli gives up waiting, which is before the daemon does. */
const WAIT_SECONDS = '15';
/** Profiles hold secrets, and NetworkManager refuses those that others can read. */
const MODE = 0o600;
const MAX_PRIORITY = 999;

export const SERVICE: Service = {
  unit: 'NetworkManager.service',
  stateFiles: ({ index }) => [`/run/NetworkManager/devices/${index}`],
};

export const networkmanager: Backend<'networkmanager'> = {
  name: 'networkmanager',
  inCharge: (files, target) => chargeOf(() => whyInCharge(files, target)),
  takesUp: (files, target) => chargeOf(() => whyTakingUp(files, target)),
  read,
  render,
  activate,
  safeguard: checkpoint,
  disarm: forgetCheckpoint,
  carrierOf,
  vlansOn,
  usesDhcp,
  dns,
  services: [SERVICE],
  owns: (path) => isBelow(path, '/etc/NetworkManager/', '/run/NetworkManager/system-connections/'),
  secretKeys: ['psk', 'password', 'passphrase', 'secret', 'wep-key', 'private-key', 'pin'],
};

function whyInCharge(files: ConfigFiles, target: TargetInterface): string | undefined {
  const state = deviceState(files, target);
  if (state !== undefined && !state.managed) return undefined;
  if (state !== undefined) {
    // Its plugin for ifcfg files has profiles that are no keyfiles.
    const elsewhere = findProfile(files, target)?.uuid !== state.uuid && findIfcfg(files, target) !== undefined;
    return elsewhere ? undefined : 'NetworkManager has it under its management';
  }
  if (files.exists('/run/NetworkManager')) return undefined;
  const profile = findProfile(files, target);
  return profile && `${profile.path} is its profile`;
}

/** It makes a profile of its own for every wired interface that has none. */
function whyTakingUp(files: ConfigFiles, target: TargetInterface): string | undefined {
  const isLeftAlone = deviceState(files, target)?.managed === false;
  if (isEnabled(files, SERVICE.unit) && !isLeftAlone) return 'NetworkManager is enabled';
  // One that it passes over may have been the interface's, and nobody else's files say so.
  if (!isLeftAlone) refuseSkipped(files, '/system-connections/', '/usr/sbin/NetworkManager');
  return undefined;
}

function read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined {
  const profile = findProfile(files, target);
  return profile && readIp(profile.file, profile.path);
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  const profile = findProfile(files, target);
  if (profile === undefined) return [newProfile(files, target, wanted)];
  const { file, path, text } = profile;
  if (sameConfiguration(readIp(file, path), wanted)) return [];
  if (isGenerated(profile)) return [newProfile(files, target, wanted)];
  writeIp(file, path, wanted);
  if (!isKept(profile, target)) {
    // Others have it too, or it does not come up by itself: this interface gets a copy that does.
    identify(file, target);
    file.set('connection', 'autoconnect');
    goFirst(file, Math.max(priority(file), rivalPriority(files, target, profile) ?? 0));
    return [ownFile(files, target, file)];
  }
  const rival = rivalPriority(files, target, profile);
  if (rival !== undefined && rival > priority(file)) goFirst(file, rival);
  if (file.last('connection', 'uuid') === undefined) file.set('connection', 'uuid', ownUuid(target));
  const kept = keptPath(profile);
  const moved: FileChange = { path: kept, before: files.settings(kept), after: `${file}`, mode: MODE };
  if (kept === path) return [moved];
  // One in memory would hide it; one that a package brought is hidden by it.
  return path.startsWith('/run/') ? [moved, { path, before: text, after: undefined, mode: MODE }] : [moved];
}

/** Changed where it is, or where it lives on. */
const isKept = (profile: Profile, target: TargetInterface): boolean =>
  isOnlyFor(profile, target) && !isGenerated(profile) && autoconnects(profile.file);

const goFirst = (file: SectionFile, before: number): void =>
  file.set('connection', 'autoconnect-priority', String(Math.min(before + 1, MAX_PRIORITY)));

function newProfile(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange {
  const path = ownPath(target);
  const file = new SectionFile('', KEYFILE, path);
  file.append(
    'connection',
    { key: 'id', value: '' },
    { key: 'uuid', value: '' },
    { key: 'type', value: typeOf(target) },
  );
  identify(file, target);
  file.set('ipv4', 'method', 'disabled');
  file.set('ipv6', 'method', 'auto');
  writeIp(file, path, wanted);
  return ownFile(files, target, file);
}

/** A bridge or bond that only its ports' profiles know of. */
const typeOf = ({ kind = '' }: TargetInterface): string => (CARRIERS.has(kind) ? kind : 'ethernet');

function ownFile(files: ConfigFiles, target: TargetInterface, file: SectionFile): FileChange {
  const path = ownPath(target);
  return { path, before: files.settings(path), after: `${file}`, mode: MODE };
}

function identify(file: SectionFile, target: TargetInterface): void {
  // nmcli would take it for an option.
  if (target.name.startsWith('-')) throw new KvpError('ERR_NET_INTERFACE', { actual: target.name });
  file.set('connection', 'id', escaped(target.name));
  file.set('connection', 'uuid', ownUuid(target));
  file.set('connection', 'interface-name', escaped(target.name));
}

/** Not hidden, and without what a terminal or a rule about editors' copies would see in it. */
function ownPath({ name }: TargetInterface): string {
  const plain = name.replace(/[^A-Za-z0-9_.:-]|^\./gu, (char) => `_${char.codePointAt(0)!.toString(16)}`);
  return `${OWN_FOLDER}/hv-kvp-${plain}.nmconnection`;
}

/** Where the profile lives on after a change: what a package brought, or memory held, becomes a file of /etc. */
const keptPath = ({ path }: Profile): string => `${OWN_FOLDER}/${path.slice(path.lastIndexOf('/') + 1)}`;

/** What the profile names as its controller: by the interface, or by the profile that makes it. */
function carrierOf(files: ConfigFiles, target: TargetInterface): Carrier | undefined {
  const profile = findProfile(files, target);
  const said = (...keys: string[]) =>
    keys.map((key) => profile?.file.last('connection', key)).find((value) => value !== undefined && value !== '');
  const controller = said('controller', 'master');
  const kind = said('port-type', 'slave-type') ?? 'bridge';
  if (profile === undefined || controller === undefined || !CARRIERS.has(kind)) return undefined;
  const made = profileWithUuid(files, controller);
  return { name: (made && interfaceNameOf(made.file)) ?? controller, kind, path: profile.path };
}

/** Each names its parent: by the interface, or by the profile. Without a name its interface is called after both. */
function vlansOn(files: ConfigFiles, target: TargetInterface): Carrier[] {
  const own = findProfile(files, target)?.uuid;
  return allProfiles(files).flatMap(({ file, path }) => {
    const parent = file.last('vlan', 'parent') ?? '';
    if (file.last('connection', 'type') !== 'vlan' || (parent !== target.name && parent !== own)) return [];
    const name = interfaceNameOf(file) ?? `${target.name}.${file.last('vlan', 'id') ?? 0}`;
    return [{ name, kind: 'vlan', path }];
  });
}

/** Ports of others, as of a VRF, have addresses of their own. */
const CARRIERS = new Set(['bridge', 'bond', 'team']);

/**
 * Up again, or, where the profile is up, only what differs: then addresses that stay are never away. NetworkManager does
 * not take every change so, and says that it did where 1.42 loses an address that comes to stand before another: the
 * profile comes up again where the interface is not as wanted.
 */
export function taken(up: ManagerCommand, isUp: boolean, { name }: TargetInterface): ManagerCommand[] {
  const reapply: ManagerCommand = {
    argv: ['nmcli', '--wait', WAIT_SECONDS, 'device', 'reapply', name],
    otherwise: up.argv,
  };
  return isUp ? [reapply, { ...up, unlessSo: true }] : [up];
}

const isActive = (files: ConfigFiles, target: TargetInterface, uuid: string | undefined): boolean =>
  uuid !== undefined && deviceState(files, target)?.uuid === uuid;

/**
 * A profile is brought up by its uuid. One that this change makes is gone when the change is undone: then NetworkManager
 * chooses, and what came up before comes up again. It would not choose a new one: the profile that was last up goes first.
 */
function activate(
  files: ConfigFiles,
  target: TargetInterface,
  { to }: { from: IpConfiguration; to: IpConfiguration },
): Activation {
  const profile = findProfile(files, target);
  const nmcli = (...args: string[]): ManagerCommand => ({ argv: ['nmcli', '--wait', WAIT_SECONDS, ...args] });
  const load = (path: string): ManagerCommand => ({ ...nmcli('connection', 'load', path), mayFail: true });
  if (profile === undefined || !isKept(profile, target)) {
    const nothing = !to.dhcp && to.addresses.length === 0;
    const own = nmcli('connection', 'up', 'uuid', ownUuid(target), 'ifname', target.name);
    const connect = { ...own, otherwise: nmcli('device', 'connect', target.name).argv };
    return { before: [], after: [load(ownPath(target)), nothing ? { ...connect, mayFail: true } : connect] };
  }
  const paths = new Set([keptPath(profile), profile.path]);
  const up = nmcli('connection', 'up', 'uuid', profile.uuid ?? ownUuid(target), 'ifname', target.name);
  return { before: [], after: [...[...paths].map(load), ...taken(up, isActive(files, target, profile.uuid), target)] };
}
