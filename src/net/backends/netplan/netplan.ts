/** netplan, by the definition that the interface has in its YAML files. */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import { type IpConfiguration, sameConfiguration } from '../../configuration.js';
import {
  type Activation,
  type Backend,
  chargeOf,
  type FileChange,
  isBelow,
  type ManagerCommand,
  type TargetInterface,
} from '../backend.js';
import { set, textOf, valueAt, YamlFile } from '../formats/yaml-file.js';
import { linkState } from '../networkd/network-unit.js';
import { SERVICE as NETWORKD, takeUp } from '../networkd/networkd.js';
import { checkpoint, forgetCheckpoint } from '../networkmanager/checkpoint.js';
import { activeProfile, deviceState } from '../networkmanager/keyfile-profile.js';
import { SERVICE as NETWORKMANAGER } from '../networkmanager/networkmanager.js';
import { isPlainName } from '../plain-name.js';
import {
  carrierOfIds,
  type Definition,
  findDefinition,
  netplanFiles,
  OWN_FOLDER,
  type Part,
  rendererOfAll,
  vlansOnIds,
} from './netplan-definition.js';
import { readIpInForce, writeIp } from './netplan-ip.js';

const OWN_PATH = `${OWN_FOLDER}/90-hv-kvp.yaml`;
/** Since 2023 netplan warns of files that others can read. */
const MODE = 0o600;
const WAIT_SECONDS = '15';
/** What netplan makes of its definitions for each of its renderers. */
const FILES_FOR_NETWORKD = '/run/systemd/network/10-netplan-';
const PROFILES_FOR_NETWORKMANAGER = '/run/NetworkManager/system-connections/netplan-';

export const netplan: Backend<'netplan'> = {
  name: 'netplan',
  inCharge: (files, target) => chargeOf(() => whyInCharge(files, target)),
  takesUp: (files) => chargeOf(() => whyTakingUp(files)),
  read,
  render,
  activate,
  carrierOf: (files, target) => carrierOfIds(files, idsOf(files, target)),
  vlansOn: (files, target) => vlansOnIds(files, idsOf(files, target)),
  safeguard: (files, target, seconds) =>
    findDefinition(files, target)?.renderer === 'NetworkManager' ? checkpoint(files, target, seconds) : undefined,
  disarm: forgetCheckpoint,
  services: [NETWORKMANAGER, NETWORKD],
  owns: (path) => isBelow(path, `${OWN_FOLDER}/`),
  secretKeys: ['password', 'psk', 'secret', 'private-key', 'pin', 'input-key', 'output-key'],
};

/** What other definitions may call it. */
const idsOf = (files: ConfigFiles, target: TargetInterface) => [target.name, findDefinition(files, target)?.id];

function whyInCharge(files: ConfigFiles, target: TargetInterface): string | undefined {
  const networkdFile = linkState(files, target)?.path;
  if (networkdFile !== undefined && !networkdFile.startsWith(FILES_FOR_NETWORKD)) return undefined;
  const profile = activeProfile(files, target)?.path;
  const isOfAnother = profile !== undefined && !profile.startsWith(PROFILES_FOR_NETWORKMANAGER);
  const definition = isOfAnother ? unlessBroken(files, target) : findDefinition(files, target);
  if (definition === undefined) return undefined;
  const { path } = definition.parts.at(-1)!.file;
  return deviceState(files, target)?.managed && definition.renderer !== 'NetworkManager'
    ? undefined
    : `${path} defines it as ${definition.id}`;
}

/** Where NetworkManager is the renderer of all, profiles of its own are the custom. */
function whyTakingUp(files: ConfigFiles): string | undefined {
  if (netplanFiles(files).length === 0 || !files.exists('/usr/sbin/netplan')) return undefined;
  return rendererOfAll(files) === 'networkd' ? `${OWN_FOLDER} is in use` : undefined;
}

/** For an interface that another manager has up: whatever netplan's files say, they are not what made it so. */
function unlessBroken(files: ConfigFiles, target: TargetInterface): Definition | undefined {
  try {
    return findDefinition(files, target);
  } catch {
    return undefined;
  }
}

function read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined {
  const definition = findDefinition(files, target);
  return definition && readIpInForce(definition);
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  const definition = findDefinition(files, target);
  if (definition !== undefined && sameConfiguration(readIpInForce(definition), wanted)) return [];
  const parts = definition?.onlyFor ? definition.parts : [ownPart(files, target, definition)];
  const before = parts.map(({ file }) => `${file}`);
  writeIp({ parts, renderer: definition?.renderer ?? rendererOfAll(files) }, wanted);
  return parts.flatMap(({ file, text }, at): FileChange[] => {
    const { path } = file;
    const after = `${file}`;
    if (after === before[at] && text !== '') return [];
    if (path.startsWith('/run/')) throw new KvpError('ERR_NET_FILE', { detail: `${path}: it is gone after a restart` });
    // What a package brought is hidden by its namesake in /etc.
    const kept = `${OWN_FOLDER}/${path.slice(path.lastIndexOf('/') + 1)}`;
    return [{ path: kept, before: files.settings(kept), after, mode: MODE }];
  });
}

/** A definition for this interface alone, with the settings of the one that it has together with others. */
function ownPart(files: ConfigFiles, target: TargetInterface, shared: Definition | undefined): Part {
  if (!isPlainName(target.name)) {
    throw new KvpError('ERR_NET_INTERFACE', { detail: 'netplan', actual: JSON.stringify(target.name) });
  }
  const text = files.settings(OWN_PATH) ?? '';
  const origin =
    shared === undefined
      ? ''
      : `# Of ${target.name} alone; the others keep ${shared.id} of ${shared.parts[0]!.file.path}.\n`;
  const file = new YamlFile(text === '' ? origin : text, OWN_PATH);
  const network = file.ensureMap('network');
  if (valueAt(network, 'version') === undefined) set(network, 'version', file.node(2));
  const kind = shared === undefined ? 'ethernets' : shared.parts[0]!.kind;
  // Its file for networkd has to come before that of the shared one.
  const id = shared === undefined ? target.name : `0-hv-kvp-${target.name}`;
  const map = file.ensureMap('network', kind, id);
  if (shared !== undefined) {
    for (const part of shared.parts)
      for (const { key, value } of part.map.items) map.set(part.file.copy(key), part.file.copy(value));
    set(map, 'match', file.node({ name: target.name }));
  }
  return { file, text, kind, id, map };
}

/** One that NetworkManager itself stored in netplan's files keeps its uuid. */
function profileOf({ parts }: Definition): string[] | undefined {
  const uuid = parts.map(({ file, kind, id }) => {
    const settings = file.map('network', kind, id, 'networkmanager');
    return settings && textOf(valueAt(settings, 'uuid'));
  });
  const last = uuid.findLast((one) => one !== undefined);
  return last === undefined ? undefined : ['uuid', last];
}

/**
 * Narrower than `netplan apply`, which restarts or reconfigures every interface: files are generated and the renderer
 * takes up this one.
 */
function activate(files: ConfigFiles, target: TargetInterface): Activation {
  const definition = findDefinition(files, target);
  const generate: ManagerCommand = { argv: ['netplan', 'generate'] };
  const id = definition?.onlyFor ? definition.id : `0-hv-kvp-${target.name}`;
  if (definition?.renderer === 'NetworkManager') {
    const nmcli = (...args: string[]): ManagerCommand => ({ argv: ['nmcli', '--wait', WAIT_SECONDS, ...args] });
    const up = nmcli('connection', 'up', ...(profileOf(definition) ?? ['id', `netplan-${id}`]), 'ifname', target.name);
    return { before: [], after: [generate, nmcli('connection', 'reload'), up] };
  }
  return { before: [], after: [generate, ...takeUp(target)] };
}
