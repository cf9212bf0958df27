/** Which .network file systemd-networkd has for an interface (systemd.network(5)). From files alone. */
import { basename } from 'node:path';
import type { ConfigFiles } from '../../config-files.js';
import { fileError } from '../../file-error.js';
import type { TargetInterface } from '../backend.js';
import { isGlob } from '../formats/glob.js';
import { listedWords, type Section, SectionFile, UNIT_FILE } from '../formats/section-file.js';
import { isMacOf } from '../interface-traits.js';
import { fitsMatch } from './unit-match.js';

export const OWN_FOLDER = '/etc/systemd/network';
/** Of files of one name the first counts. */
const FOLDERS = [OWN_FOLDER, '/run/systemd/network', '/usr/local/lib/systemd/network', '/usr/lib/systemd/network'];

export interface NetworkUnit {
  path: string;
  text: string;
  file: SectionFile;
  dropIns: DropIn[];
}

export interface DropIn {
  path: string;
  file: SectionFile;
}

export interface LinkState {
  managed: boolean;
  /** The file that networkd applied. */
  path: string | undefined;
  /** Of the link alone, from the file, DHCP and advertisements, as resolvectl(1) writes them. */
  dns: readonly string[];
}

/** Undefined: networkd does not run, or does not know the interface. Throws ERR_NET_FILE. */
export function linkState(files: ConfigFiles, target: Pick<TargetInterface, 'index'>): LinkState | undefined {
  const path = `/run/systemd/netif/links/${target.index}`;
  const text = files.settings(path);
  if (text === undefined) return undefined;
  if (!/^[A-Z_0-9]+=/m.test(text)) throw fileError(path, 'no state of a link');
  const settings = new Map(text.split('\n').map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
  return {
    managed: settings.get('ADMIN_STATE') !== 'unmanaged',
    path: settings.get('NETWORK_FILE') || undefined,
    dns: listedWords([settings.get('DNS') ?? '']),
  };
}

/**
 * The file that is or will be in effect: our own where there is one, else the one that networkd names, else the first
 * that matches. Throws ERR_NET_FILE where it is not understood.
 */
export function findUnit(files: ConfigFiles, target: TargetInterface): NetworkUnit | undefined {
  const applied = linkState(files, target)?.path;
  const candidates = unitPaths(files);
  const own = candidates.find((path) => path.startsWith(OWN_FOLDER) && basename(path).endsWith(ownEnding(target)));
  if (own !== undefined) return unitAt(files, own);
  if (applied !== undefined && files.exists(applied)) return unitAt(files, applied);
  const path = candidates.find((one) => {
    const file = files.settingsUnlessSkipped(one, (text) => new SectionFile(text, UNIT_FILE, one));
    return file !== undefined && fitsMatch(file, target, files);
  });
  return path === undefined ? undefined : unitAt(files, path);
}

/** Whether the file's [Match] means this interface and no other. */
export function isOnlyFor({ file }: NetworkUnit, target: TargetInterface): boolean {
  const names = words(file, 'Name');
  const macs = [...words(file, 'MACAddress'), ...words(file, 'PermanentMACAddress')];
  if (names.length > 0) return names.length === 1 && !isGlob(names[0]!) && names[0] === target.name;
  return macs.length === 1 && isMacOf(macs[0]!, target);
}

/** A name for our own file that comes before the one that is in effect now. */
export function ownPath(target: TargetInterface, effective: NetworkUnit | undefined): string | undefined {
  const names = ['05', '00', '0'].map((number) => `${number}${ownEnding(target)}`);
  const name = names.find((one) => effective === undefined || one < basename(effective.path));
  return name === undefined ? undefined : `${OWN_FOLDER}/${name}`;
}

const ownEnding = ({ name }: TargetInterface): string => `-hv-kvp-${name}.network`;

/** By name, those of all folders together; a file hides its namesakes in later folders. */
function unitPaths(files: ConfigFiles): string[] {
  const byName = new Map<string, string>();
  for (const path of FOLDERS.flatMap((folder) => files.list(folder, '.network'))) {
    if (!byName.has(basename(path))) byName.set(basename(path), path);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** Of the file and its drop-ins, in the order in which they count. */
export const allSections = ({ file, dropIns }: NetworkUnit): Section[] =>
  [file, ...dropIns.map((one) => one.file)].flatMap(({ all }) => all);

/** A file with its drop-ins. Throws ERR_NET_FILE where it is not understood. */
export function unitAt(files: ConfigFiles, path: string): NetworkUnit {
  const text = files.settings(path) ?? '';
  return { path, text, file: new SectionFile(text, UNIT_FILE, path), dropIns: dropInsOf(files, basename(path)) };
}

function dropInsOf(files: ConfigFiles, name: string): DropIn[] {
  const byName = new Map<string, string>();
  for (const path of FOLDERS.flatMap((folder) => files.list(`${folder}/${name}.d`, '.conf'))) {
    if (!byName.has(basename(path))) byName.set(basename(path), path);
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, path]) => {
      const file = files.settingsUnlessSkipped(path, (text) => new SectionFile(text, UNIT_FILE, path));
      return file === undefined ? [] : [{ path, file }];
    });
}

const words = (file: SectionFile, key: string): string[] => listedWords(file.values('Match', key));
