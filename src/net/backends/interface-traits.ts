/**
 * What managers match an interface by beside its name and MAC address: from sysfs and udev's records, which networkd and
 * NetworkManager ask as well. Of an image, which has neither, an interface is an adapter of Hyper-V: no other is ever
 * configured by a host.
 */
import type { ConfigFiles } from '../config-files.js';
import type { TargetInterface } from './backend.js';
import { matchesGlob } from './formats/glob.js';

/** Undefined: nobody can tell, and a condition counts as met. Null: it has none. */
export interface InterfaceTraits {
  driver: string | null | undefined;
  /** udev's ID_PATH. */
  path: string | null | undefined;
  /** What sort of device, as networkd has it: "ether", "bridge", "bond", "vlan", "wlan". */
  type: string | undefined;
  /** Of a virtual interface the kernel's word for it: "bridge", "veth"; null for hardware. */
  kind: string | null | undefined;
  /** Of udev. */
  properties: ReadonlyMap<string, string> | undefined;
}

const ADAPTER: InterfaceTraits = {
  driver: 'hv_netvsc',
  path: undefined,
  type: 'ether',
  kind: null,
  properties: undefined,
};

export function traitsOf(files: ConfigFiles, { name, index, kind }: TargetInterface): InterfaceTraits {
  const folder = `/sys/class/net/${name}`;
  if (!files.exists(folder)) {
    if (kind !== undefined) return { ...UNKNOWN, driver: kind, type: kind, kind };
    return files.areOfThisMachine ? UNKNOWN : ADAPTER;
  }
  const uevent = new Map(settingsIn(files.text(`${folder}/uevent`) ?? ''));
  const records = files.text(`/run/udev/data/n${index}`);
  const properties =
    records === undefined ? undefined : new Map(settingsIn(records.replace(/^(?!E:).*$/gm, '').replace(/^E:/gm, '')));
  const isHardware = files.exists(`${folder}/device`);
  const driver = isHardware ? files.finalPath(`${folder}/device/driver`).split('/').at(-1) : undefined;
  const devtype = uevent.get('DEVTYPE');
  return {
    driver: properties?.get('ID_NET_DRIVER') ?? (driver === 'driver' ? undefined : driver),
    path: properties === undefined ? undefined : (properties.get('ID_PATH') ?? null),
    type: devtype ?? (files.text(`${folder}/type`)?.trim() === ARPHRD_ETHER ? 'ether' : undefined),
    kind: kind ?? (isHardware ? null : devtype),
    properties,
  };
}

const UNKNOWN: InterfaceTraits = {
  driver: undefined,
  path: undefined,
  type: undefined,
  kind: undefined,
  properties: undefined,
};
const ARPHRD_ETHER = '1';

const settingsIn = (text: string): [string, string][] =>
  text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=');
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });

/** One of the lines of a setting whose words are globs; a "!" in front turns all of them round. */
export interface GlobLine {
  globs: readonly string[];
  isInverted: boolean;
}

export const globLine = (value: string): GlobLine => ({
  globs: value
    .replace(/^!/, '')
    .split(/\s+/)
    .filter((word) => word !== ''),
  isInverted: value.startsWith('!'),
});

/** As networkd takes several lines: none that is turned round fits, and one of the others, where there are any. */
export function fitsLines(lines: readonly GlobLine[], text: string | null | undefined): boolean {
  if (text === undefined) return true;
  const fits = ({ globs }: GlobLine) => text !== null && globs.some((glob) => matchesGlob(glob, text));
  const [inverted, plain] = [lines.filter((one) => one.isInverted), lines.filter((one) => !one.isInverted)];
  return !inverted.some(fits) && (plain.length === 0 || plain.some(fits));
}

/** However it is written, by the address that the hardware came with or the one that it has now. */
export function isMacOf(text: string, { mac, permanentMac }: TargetInterface): boolean {
  const written = text.trim().replaceAll(/[-.]/g, ':').toUpperCase();
  return written === mac?.toUpperCase() || written === permanentMac?.toUpperCase();
}
