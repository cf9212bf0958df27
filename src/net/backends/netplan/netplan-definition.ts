/** Which of netplan's definitions an interface has (netplan(5)), over all files. */
import { basename } from 'node:path';
import type { ConfigFiles } from '../../config-files.js';
import type { Carrier, TargetInterface } from '../backend.js';
import { isSeq, resolved, textOf, valueAt, type YAMLMap, YamlFile } from '../formats/yaml-file.js';
import { fitsLines, globLine, isMacOf, traitsOf } from '../interface-traits.js';

export const OWN_FOLDER = '/etc/netplan';
/** Of files of one name the first counts; all are merged in the order of their names. */
const FOLDERS = ['/run/netplan', OWN_FOLDER, '/usr/lib/netplan', '/lib/netplan'];
const KINDS = ['ethernets', 'wifis', 'modems', 'bonds', 'bridges', 'vlans', 'tunnels', 'vrfs', 'dummy-devices'];

/** One file's part of a definition. */
export interface Part {
  file: YamlFile;
  text: string;
  kind: string;
  id: string;
  map: YAMLMap;
}

export interface Definition {
  id: string;
  /** In the order in which they are merged. */
  parts: Part[];
  /** It means this interface and no other. */
  onlyFor: boolean;
  renderer: string;
}

/** The bridge or bond that lists one of these among its interfaces. Throws ERR_NET_FILE. */
export function carrierOfIds(files: ConfigFiles, ids: readonly (string | undefined)[]): Carrier | undefined {
  for (const { path, text } of netplanFiles(files)) {
    const file = new YamlFile(text, path);
    for (const [kinds, kind] of [
      ['bonds', 'bond'],
      ['bridges', 'bridge'],
    ] as const)
      for (const { key } of file.map('network', kinds)?.items ?? []) {
        const name = textOf(key) ?? '';
        const ports = file.map('network', kinds, name);
        const list = ports && valueAt(ports, 'interfaces');
        if (isSeq(list) && list.items.some((item) => ids.includes(textOf(item) ?? ''))) return { name, kind, path };
      }
  }
  return undefined;
}

/** The VLANs whose link is one of these. Throws ERR_NET_FILE. */
export function vlansOnIds(files: ConfigFiles, ids: readonly (string | undefined)[]): Carrier[] {
  return netplanFiles(files).flatMap(({ path, text }) => {
    const file = new YamlFile(text, path);
    const all = file.map('network', 'vlans');
    return (all?.items ?? []).flatMap(({ key }) => {
      const name = textOf(key) ?? '';
      const link = textOf(valueAt(file.map('network', 'vlans', name) ?? all!, 'link'));
      return link !== undefined && ids.includes(link) ? [{ name, kind: 'vlan', path }] : [];
    });
  });
}

/** The one that is in effect. Throws ERR_NET_FILE for a file that is not understood. */
export function findDefinition(files: ConfigFiles, target: TargetInterface): Definition | undefined {
  const applied = appliedId(files, target);
  const found = definitions(files, target);
  return (
    found.find(({ onlyFor, id }) => onlyFor && id === applied) ??
    found.find(({ onlyFor }) => onlyFor) ??
    found.find(({ id }) => id === applied) ??
    found[0]
  );
}

export function netplanFiles(files: ConfigFiles): { path: string; text: string }[] {
  const byName = new Map<string, string>();
  for (const path of FOLDERS.flatMap((folder) => files.list(folder, '.yaml'))) {
    if (!byName.has(basename(path))) byName.set(basename(path), path);
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, path]) => ({ path, text: files.settings(path) ?? '' }));
}

/** Of the definitions that name none themselves. */
export function rendererOfAll(files: ConfigFiles): string {
  const named = netplanFiles(files).flatMap(({ path, text }) => {
    const network = new YamlFile(text, path).map('network');
    return (network && textOf(valueAt(network, 'renderer'))) ?? [];
  });
  return named.at(-1) ?? 'networkd';
}

/** networkd's file of a definition, or NetworkManager's profile of it, is named after its id. */
function appliedId(files: ConfigFiles, { index }: TargetInterface): string | undefined {
  const state = files.text(`/run/systemd/netif/links/${index}`) ?? '';
  return /^NETWORK_FILE=\/run\/systemd\/network\/10-netplan-(.*)\.network$/m.exec(state)?.[1];
}

/** In the order of their ids, as networkd takes the first file that matches. */
function definitions(files: ConfigFiles, target: TargetInterface): Definition[] {
  const byId = new Map<string, Part[]>();
  const usualRenderer = rendererOfAll(files);
  for (const { path, text } of netplanFiles(files)) {
    const file = new YamlFile(text, path);
    for (const kind of KINDS) {
      for (const pair of file.map('network', kind)?.items ?? []) {
        const id = textOf(pair.key);
        const map = id === undefined ? undefined : file.asMap(resolved(pair.value), ['network', kind, id]);
        // netplan takes aliases, and refuses the merge key that often comes with them.
        if (map !== undefined && valueAt(map, '<<') !== undefined) throw file.refused(`${id}: the key <<`);
        if (id !== undefined && map !== undefined)
          byId.set(id, [...(byId.get(id) ?? []), { file, text, kind, id, map }]);
      }
    }
  }
  return [...byId]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, parts]) => {
      const match = matchOf(id, parts, target, files);
      const renderer = lastText(parts, 'renderer') ?? usualRenderer;
      return match === undefined ? [] : [{ id, parts, onlyFor: match === 'only', renderer }];
    });
}

export const lastText = (parts: readonly Part[], key: string): string | undefined =>
  parts.map(({ map }) => textOf(valueAt(map, key))).findLast((text) => text !== undefined);

/** Without `match` the id is the interface's name. */
function matchOf(
  id: string,
  parts: readonly Part[],
  target: TargetInterface,
  files: ConfigFiles,
): 'only' | 'among others' | undefined {
  const criteria = new Map<string, string[]>();
  let present = false;
  for (const { file, kind, map } of parts) {
    const match = valueAt(map, 'match');
    if (match === undefined) continue;
    present = true;
    for (const { key, value } of file.asMap(match, ['network', kind, id, 'match'])?.items ?? []) {
      const name = textOf(key) ?? '';
      criteria.set(name, listOf(file, resolved(value), name));
    }
  }
  if (!present) return id === target.name ? 'only' : undefined;
  const [mac] = criteria.get('macaddress') ?? [];
  if (mac !== undefined && !isMacOf(mac, target)) return undefined;
  const drivers = criteria.get('driver');
  if (drivers !== undefined && !fitsLines([globLine(drivers.join(' '))], traitsOf(files, target).driver))
    return undefined;
  // The name is the one before netplan gave it another.
  const renamed = lastText(parts, 'set-name') === target.name;
  const [name] = criteria.get('name') ?? [];
  // networkd gets it as it is: its list and its "!" too.
  if (name !== undefined && !renamed && !fitsLines([globLine(name)], target.name)) return undefined;
  return mac !== undefined || renamed || name === target.name ? 'only' : 'among others';
}

function listOf(file: YamlFile, value: unknown, name: string): string[] {
  const list = isSeq(value) ? value.items.map(textOf) : [textOf(value)];
  if (list.includes(undefined)) throw file.refused(`match ${name}`);
  return list as string[];
}
