/** Which profile NetworkManager brings up on an interface by itself: nm-settings(5), "connection" and "match". */
import type { ConfigFiles } from '../../config-files.js';
import type { TargetInterface } from '../backend.js';
import { matchesGlob } from '../formats/glob.js';
import { KEYFILE, SectionFile } from '../formats/section-file.js';
import { isMacOf, traitsOf } from '../interface-traits.js';
import type { Profile } from './keyfile-profile.js';

const TIMESTAMPS = '/var/lib/NetworkManager/timestamps';
const WIRED = new Set(['ethernet', '802-3-ethernet', undefined]);
const WIRED_SECTIONS = ['ethernet', '802-3-ethernet'];

/** Those that come up by themselves on the interface, the one that NetworkManager takes first. */
export function choosable(files: ConfigFiles, profiles: readonly Profile[], target: TargetInterface): Profile[] {
  const times = SectionFile.parse(files.text(TIMESTAMPS), KEYFILE, TIMESTAMPS);
  const lastUp = ({ uuid = '' }: Profile) => Number(times?.last('timestamps', uuid) ?? 0) || 0;
  return profiles
    .filter(({ file }) => autoconnects(file) && fits(file, target, files))
    .sort(
      (a, b) =>
        priority(b.file) - priority(a.file) || lastUp(b) - lastUp(a) || ((a.uuid ?? '') < (b.uuid ?? '') ? -1 : 1),
    );
}

export const autoconnects = (file: SectionFile): boolean =>
  !/^(?:false|no|off|0)$/i.test(file.last('connection', 'autoconnect') ?? '');

/** What decides first between profiles of which each could come up by itself. */
export function priority(file: SectionFile): number {
  return Number.parseInt(file.last('connection', 'autoconnect-priority') ?? '0', 10) || 0;
}

/** Whether the interface is one of those that the profile is for. */
function fits(file: SectionFile, target: TargetInterface, files: ConfigFiles): boolean {
  const type = file.last('connection', 'type');
  const name = interfaceNameOf(file);
  if (name !== undefined && name !== target.name) return false;
  const traits = traitsOf(files, target);
  const isWired = WIRED.has(type);
  // A profile that makes an interface names it; one of another sort is for other hardware.
  if (!isWired && name === undefined) return false;
  if (isWired && typeof traits.kind === 'string' && traits.kind !== 'veth') return false;
  const mac = macOf(file);
  // By the address that the hardware came with alone, whatever the interface has now.
  const hardware = { ...target, mac: target.permanentMac ?? target.mac, permanentMac: undefined };
  if (mac !== undefined && !isMacOf(mac, hardware)) return false;
  const denied = ['mac-address-denylist', 'mac-address-blacklist'].flatMap((key) =>
    WIRED_SECTIONS.flatMap((section) => listOf(file, section, key)),
  );
  if (denied.some((one) => isMacOf(one, hardware))) return false;
  return (
    fitsPatterns(listOf(file, 'match', 'interface-name'), target.name) &&
    fitsPatterns(listOf(file, 'match', 'driver'), traits.driver) &&
    fitsPatterns(listOf(file, 'match', 'path'), traits.path)
  );
}

export function interfaceNameOf(file: SectionFile): string | undefined {
  const name = file.last('connection', 'interface-name');
  return name === undefined || name === '' ? undefined : unescaped(name);
}

export const macOf = (file: SectionFile): string | undefined =>
  WIRED_SECTIONS.map((section) => file.last(section, 'mac-address')).find((mac) => mac !== undefined && mac !== '');

/** As a keyfile writes strings. */
export const escaped = (text: string): string => text.replaceAll('\\', '\\\\');
const unescaped = (text: string): string => text.replace(/\\s/g, ' ').replace(/\\\\/g, '\\');

const listOf = (file: SectionFile, section: string, key: string): string[] =>
  (file.last(section, key) ?? '')
    .split(/[;,]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** "&" in front: it must fit; "|" or nothing: one of these must; "!" turns it round, and makes it one that must. */
function fitsPatterns(patterns: readonly string[], text: string | null | undefined): boolean {
  if (text === undefined || patterns.length === 0) return true;
  const tests = patterns.map((pattern) => {
    const [, sign = '', not = '', glob = ''] = /^([&|]?)(!?)(.*)$/s.exec(pattern) ?? [];
    const fits = text !== null && matchesGlob(glob.replace(/^\\(?=[&|!\\])/, ''), text);
    return { isMust: sign === '&' || (sign === '' && not === '!'), holds: fits !== (not === '!') };
  });
  const optional = tests.filter(({ isMust }) => !isMust);
  return (
    tests.every(({ isMust, holds }) => !isMust || holds) &&
    (optional.length === 0 || optional.some(({ holds }) => holds))
  );
}
