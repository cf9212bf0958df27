/** Which .network file systemd-networkd has for an interface (systemd.network(5)). From files alone. */
import { basename } from 'node:path';
import type { ConfigFiles } from '../../config-files.js';
import type { TargetInterface } from '../backend.js';
import { matchesGlob } from '../formats/glob.js';
import { listedWords, type Section, SectionFile, UNIT_FILE } from '../formats/section-file.js';

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

/** Undefined: networkd does not run, or does not know the interface. */
export function linkState(files: ConfigFiles, target: Pick<TargetInterface, 'index'>): LinkState | undefined {
  const text = files.text(`/run/systemd/netif/links/${target.index}`);
  if (text === undefined) return undefined;
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
  const path = candidates.find((one) => matches(SectionFile.parse(files.text(one), UNIT_FILE, one), target));
  return path === undefined ? undefined : unitAt(files, path);
}

/** Whether the file's [Match] means this interface and no other. */
export function isOnlyFor({ file }: NetworkUnit, target: TargetInterface): boolean {
  const names = words(file, 'Name');
  const macs = [...words(file, 'MACAddress'), ...words(file, 'PermanentMACAddress')];
  if (names.length > 0) return names.length === 1 && names[0] === target.name;
  return macs.length === 1 && sameMac(macs[0]!, target.mac);
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
  const text = files.text(path) ?? '';
  return { path, text, file: new SectionFile(text, UNIT_FILE, path), dropIns: dropInsOf(files, basename(path)) };
}

function dropInsOf(files: ConfigFiles, name: string): DropIn[] {
  const byName = new Map<string, string>();
  for (const path of FOLDERS.flatMap((folder) => files.list(`${folder}/${name}.d`, '.conf'))) {
    if (!byName.has(basename(path))) byName.set(basename(path), path);
  }
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, path]) => ({ path, file: new SectionFile(files.text(path) ?? '', UNIT_FILE, path) }));
}

/**
 * By name and MAC address. What a file says beyond that, as a driver or a kernel's command line, counts as true: a
 * running networkd says itself which file it applied. A file that networkd refuses matches nothing.
 */
function matches(file: SectionFile | undefined, target: TargetInterface): boolean {
  if (file === undefined) return false;
  const names = words(file, 'Name');
  const macs = [...words(file, 'MACAddress'), ...words(file, 'PermanentMACAddress')];
  if (names.length + macs.length === 0) return false;
  return (
    (names.length === 0 || matchesName(names, target.name)) &&
    (macs.length === 0 || macs.some((mac) => sameMac(mac, target.mac)))
  );
}

/** A "!" before the first glob turns the list round. */
function matchesName(globs: string[], name: string): boolean {
  const inverted = globs[0]!.startsWith('!');
  const plain = inverted ? [globs[0]!.slice(1), ...globs.slice(1)] : globs;
  return plain.some((glob) => matchesGlob(glob, name)) !== inverted;
}

const words = (file: SectionFile, key: string): string[] => listedWords(file.values('Match', key));

const sameMac = (text: string, mac: string | undefined): boolean =>
  mac !== undefined && text.replace(/[-.]/g, ':').toUpperCase() === mac.toUpperCase();
