/** systemd-networkd, by the .network file that the interface has. */
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
import { listedWords, type Section, SectionFile, UNIT_FILE } from '../formats/section-file.js';
import { isPlainName } from '../plain-name.js';
import { dns, usesDhcp } from './link-facts.js';
import { allSections, findUnit, isOnlyFor, linkState, type NetworkUnit, OWN_FOLDER, ownPath } from './network-unit.js';
import { readIpInForce, saysIp, writeIp } from './network-unit-ip.js';

/** networkd runs as a user of its own and has to read it. */
const MODE = 0o644;
export const SERVICE: Service = {
  unit: 'systemd-networkd.service',
  // It starts before the bus over which it is told.
  stateFiles: ({ index }) => [`/run/systemd/netif/links/${index}`, '/run/dbus/system_bus_socket'],
};
/** What netplan writes at every boot: its own files are to be changed instead. */
const OF_NETPLAN = /\/run\/systemd\/network\/[0-9]+-netplan-/;

export const networkd: Backend<'networkd'> = {
  name: 'networkd',
  inCharge: (files, target) => chargeOf(() => whyInCharge(files, target)),
  takesUp: (files, target) => chargeOf(() => whyTakingUp(files, target)),
  read,
  render,
  activate,
  carrierOf,
  vlansOn,
  usesDhcp,
  dns,
  services: [SERVICE],
  owns: (path) => isBelow(path, `${OWN_FOLDER}/`),
  secretKeys: ['privatekey', 'presharedkey', 'password'],
};

/** A file that says so tells networkd to leave the interface alone. */
const isLeftAlone = ({ file }: NetworkUnit): boolean =>
  /^(?:yes|y|true|t|on|1)$/i.test(file.last('Link', 'Unmanaged') ?? '');

function whyInCharge(files: ConfigFiles, target: TargetInterface): string | undefined {
  const state = linkState(files, target);
  if (state !== undefined) {
    if (!state.managed || state.path === undefined || OF_NETPLAN.test(state.path)) return undefined;
    return `systemd-networkd applies ${state.path}`;
  }
  if (files.exists('/run/systemd/netif')) return undefined;
  const unit = findUnit(files, target);
  return unit === undefined || OF_NETPLAN.test(unit.path) || isLeftAlone(unit) ? undefined : `${unit.path} matches it`;
}

function whyTakingUp(files: ConfigFiles, target: TargetInterface): string | undefined {
  const isTold = linkState(files, target)?.path !== undefined || findUnit(files, target) !== undefined;
  if (isEnabled(files, SERVICE.unit) && !isTold) return 'systemd-networkd is enabled';
  // One that it passes over may have been the interface's, and nobody else's files say so.
  refuseSkipped(files, '.network', '/usr/lib/systemd/systemd-networkd');
  return undefined;
}

function read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined {
  const unit = findUnit(files, target);
  return unit && readIpInForce(allSections(unit), unit.path);
}

function carrierOf(files: ConfigFiles, target: TargetInterface): Carrier | undefined {
  const unit = findUnit(files, target);
  if (unit === undefined) return undefined;
  for (const [key, kind] of [
    ['Bond', 'bond'],
    ['Bridge', 'bridge'],
  ] as const) {
    const name = networkValue(allSections(unit), key);
    if (name !== undefined && name !== '') return { name, kind, path: unit.path };
  }
  return undefined;
}

function vlansOn(files: ConfigFiles, target: TargetInterface): Carrier[] {
  const unit = findUnit(files, target);
  if (unit === undefined) return [];
  const values = allSections(unit).flatMap((section) => (section.name === 'Network' ? section.entries() : []));
  const names = listedWords(values.flatMap(({ key, value }) => (key === 'VLAN' ? [value] : [])));
  return names.filter((name) => name !== '').map((name) => ({ name, kind: 'vlan', path: unit.path }));
}

/** Of several the last one counts. */
const networkValue = (sections: readonly Section[], key: string): string | undefined =>
  sections.flatMap((section) => (section.name === 'Network' ? (section.last(key) ?? []) : [])).at(-1);

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  const unit = findUnit(files, target);
  if (unit !== undefined && sameConfiguration(readIpInForce(allSections(unit), unit.path), wanted)) return [];
  if (unit?.path.startsWith(`${OWN_FOLDER}/`) && isOnlyFor(unit, target)) {
    return [inPlace(unit, wanted)];
  }
  const path = ownPath(target, unit);
  if (path === undefined) throw new KvpError('ERR_NET_FILE', { detail: `${unit!.path}: no name comes before it` });
  const file = copyFor(target, unit, path);
  writeIp(file, path, wanted);
  return [{ path, before: files.settings(path), after: `${file}`, mode: MODE }];
}

function inPlace({ path, text, file, dropIns }: NetworkUnit, wanted: IpConfiguration): FileChange {
  const other = dropIns.find((dropIn) => saysIp(dropIn.file.all));
  if (other !== undefined) {
    throw new KvpError('ERR_NET_FILE', {
      detail: `${other.path}: it changes the addresses of ${path}, move them there`,
    });
  }
  writeIp(file, path, wanted);
  return { path, before: text, after: `${file}`, mode: MODE };
}

/** What is in effect now, drop-ins included, for this interface alone: others keep the file that they share. */
function copyFor(target: TargetInterface, unit: NetworkUnit | undefined, path: string): SectionFile {
  if (!isPlainName(target.name)) {
    throw new KvpError('ERR_NET_INTERFACE', {
      detail: '[Match] of systemd-networkd',
      actual: JSON.stringify(target.name),
    });
  }
  const head = `${unit === undefined ? '# Written' : `# Made of ${unit.path}`} by hv-kvp, for ${target.name} alone.\n`;
  const match = `[Match]\nName=${target.name}\n`;
  const texts = unit === undefined ? [] : [unit.file, ...unit.dropIns.map((dropIn) => dropIn.file)];
  const rest = texts.map((one) => {
    one.remove(new Set(one.sections('Match')));
    return `${one}`.trimStart();
  });
  return new SectionFile([head + match, ...rest].join('\n'), UNIT_FILE, path);
}

function activate(_: ConfigFiles, target: TargetInterface): Activation {
  return { before: [], after: takeUp(target) };
}

/**
 * Reloading reconfigures an interface whose file has changed since networkd read it. Reconfiguring is for one whose file
 * has not, as after a change that networkd never heard of; right behind a reload it can leave networkd 252 waiting for
 * the address of a lease that it gave up, without asking for another.
 */
export const takeUp = ({ name }: TargetInterface): ManagerCommand[] => [
  { argv: ['networkctl', 'reload'] },
  { argv: ['networkctl', 'reconfigure', '--', name], unlessSo: true },
];
