/** Whether the section [Match] of a .network file fits an interface (systemd.network(5)). */
import type { ConfigFiles } from '../../config-files.js';
import type { TargetInterface } from '../backend.js';
import { matchesGlob } from '../formats/glob.js';
import type { SectionFile } from '../formats/section-file.js';
import { fitsLines, globLine, isMacOf, traitsOf } from '../interface-traits.js';

/** Of the values of one key; undefined where the key is nothing that decides. */
type Condition = (values: readonly string[], target: TargetInterface, files: ConfigFiles) => boolean;

/** Of a key whose last line counts alone. Undefined: nobody can tell here, and both it and its contrary count as met. */
type Fact = (value: string, files: ConfigFiles) => boolean | undefined;

const lines = (values: readonly string[]) => values.map(globLine);
const words = (values: readonly string[]) => values.flatMap((value) => value.split(/\s+/));
/** Of hardware that no adapter of Hyper-V is. */
const ofWireless: Condition = (values) => fitsLines(lines(values), null);

const fact =
  (holds: Fact): Condition =>
  (values, _, files) => {
    const value = values.at(-1) ?? '';
    const isNegated = value.startsWith('!');
    const found = holds(value.replace(/^!\s*/, ''), files);
    return found === undefined || found !== isNegated;
  };

const CONDITIONS: Readonly<Record<string, Condition>> = {
  Name: (values, { name }) => fitsLines(lines(values), name),
  MACAddress: (values, target) => words(values).some((mac) => isMacOf(mac, { ...target, permanentMac: undefined })),
  PermanentMACAddress: (values, target) =>
    words(values).some((mac) => isMacOf(mac, { ...target, mac: target.permanentMac ?? target.mac })),
  Driver: (values, target, files) => fitsLines(lines(values), traitsOf(files, target).driver),
  Path: (values, target, files) => fitsLines(lines(values), traitsOf(files, target).path),
  Type: (values, target, files) => fitsLines(lines(values), traitsOf(files, target).type),
  Kind: (values, target, files) => fitsLines(lines(values), traitsOf(files, target).kind),
  Property: (values, target, files) => {
    const { properties } = traitsOf(files, target);
    return properties === undefined || words(values).every((word) => fitsProperty(word, properties));
  },
  WLANInterfaceType: ofWireless,
  SSID: ofWireless,
  BSSID: () => false,
  Host: fact((value, files) => {
    const [host, id] = [files.text('/etc/hostname')?.trim(), files.text('/etc/machine-id')?.trim()];
    if (id !== undefined && id === value.toLowerCase()) return true;
    return host === undefined ? undefined : matchesGlob(value.toLowerCase(), host.toLowerCase());
  }),
  Virtualization: fact(isVirtualization),
  KernelCommandLine: fact((value, files) => {
    const given = files.text('/proc/cmdline')?.trim().split(/\s+/);
    return given?.some((word) => word === value || (!value.includes('=') && word.startsWith(`${value}=`)));
  }),
  KernelVersion: fact((value, files) => {
    const version = files.text('/proc/sys/kernel/osrelease')?.trim();
    return version === undefined ? undefined : value.split(/\s+/).every((one) => fitsVersion(one, version));
  }),
  Architecture: fact((value, files) => {
    const machine = { x64: 'x86-64', ia32: 'x86', arm64: 'arm64', arm: 'arm' }[process.arch as string];
    return value === 'native' ? true : files.areOfThisMachine && machine !== undefined ? value === machine : undefined;
  }),
};

/** A section that says nothing fits nothing; of a key that is not known here nobody can tell. */
export function fitsMatch(file: SectionFile, target: TargetInterface, files: ConfigFiles): boolean {
  const byKey = new Map<string, string[]>();
  for (const { key, value } of file.entries('Match')) {
    // An empty value takes back those before it.
    byKey.set(key, value === '' ? [] : [...(byKey.get(key) ?? []), value]);
  }
  const said = [...byKey].filter(([, values]) => values.length > 0);
  return said.length > 0 && said.every(([key, values]) => CONDITIONS[key]?.(values, target, files) ?? true);
}

function fitsProperty(word: string, properties: ReadonlyMap<string, string>): boolean {
  const [, sign, key = '', glob = ''] = /^(!?)([^=]+)=(.*)$/.exec(word.replaceAll('"', '')) ?? [];
  return matchesGlob(glob, properties.get(key) ?? '') !== (sign === '!');
}

/** A guest of Hyper-V, or a container in one. */
function isVirtualization(value: string, files: ConfigFiles): boolean {
  const container = files.text('/run/systemd/container')?.trim();
  if (/^(?:yes|y|true|t|on|1)$/i.test(value)) return true;
  if (/^(?:no|n|false|f|off|0)$/i.test(value)) return false;
  if (value === 'vm' || value === 'container') return (value === 'container') === (container !== undefined);
  return value === (container ?? 'microsoft');
}

/** ">=5.10", "<6", or a glob. */
function fitsVersion(expression: string, version: string): boolean {
  const [, operator = '', than = ''] = /^(<=|>=|==|=|!=|<|>)\s*(.*)$/.exec(expression) ?? [];
  if (operator === '') return matchesGlob(expression, version);
  const order = compareVersions(version, than);
  const holds = { '<': order < 0, '<=': order <= 0, '=': order === 0, '==': order === 0, '!=': order !== 0 };
  return holds[operator as keyof typeof holds] ?? (operator === '>' ? order > 0 : order >= 0);
}

function compareVersions(a: string, b: string): number {
  const numbers = (text: string) => text.split(/[^0-9]+/).map(Number);
  const [one, other] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.min(one.length, other.length); at++)
    if (one[at] !== other[at]) return one[at]! - other[at]!;
  return 0;
}
