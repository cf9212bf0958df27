/**
 * A site's own hv_set_ifconfig, called as the stock daemon calls it: with an ifcfg file and a keyfile that hold the
 * whole wanted configuration (protocol.md 5.9). What the script makes of them is its own affair.
 */
import ipaddr from 'ipaddr.js';
import { KvpError } from '../../../errors.js';
import { canonicalAddress, prefixOfMask, subnetText } from '../../address-text.js';
import type { ConfigFiles } from '../../config-files.js';
import {
  familyOf,
  type InterfaceAddress,
  type IpConfiguration,
  ofFamily,
  sameConfiguration,
} from '../../configuration.js';
import { type Activation, type Backend, chargeOf, type FileChange, type TargetInterface } from '../backend.js';
import { ShellAssignments } from '../formats/shell-assignments.js';
import { isPlainName } from '../plain-name.js';

const SCRIPT = '/usr/libexec/hypervkvpd/hv_set_ifconfig';
const FOLDER = '/var/lib/hyperv';

/** What the script is given. */
const GIVEN = /^\/var\/lib\/hyperv\/(?:ifcfg-[^/]+|[^/]+\.nmconnection)$/;

export const script: Backend<'script'> = {
  name: 'script',
  inCharge: () => ({ answer: 'no' }),
  takesUp: (files) => chargeOf(() => (files.isExecutable(SCRIPT) ? `${SCRIPT} is there` : undefined)),
  read,
  render,
  activate,
  owns: (path) => GIVEN.test(path),
};

const paths = ({ name }: TargetInterface) => ({
  ifcfg: `${FOLDER}/ifcfg-${name}`,
  keyfile: `${FOLDER}/${name}.nmconnection`,
});

/** What the script was last given. */
function read(files: ConfigFiles, target: TargetInterface): IpConfiguration | undefined {
  const { ifcfg } = paths(target);
  const text = files.settings(ifcfg);
  return text === undefined ? undefined : readIfcfg(new ShellAssignments(text, ifcfg));
}

function render(files: ConfigFiles, target: TargetInterface, wanted: IpConfiguration): FileChange[] {
  const { name, mac } = target;
  // Sites' scripts hand the name on to a shell.
  if (!isPlainName(name) || mac === undefined) {
    throw new KvpError('ERR_NET_INTERFACE', { detail: SCRIPT, actual: JSON.stringify(name) });
  }
  const { ifcfg, keyfile } = paths(target);
  const old = { ifcfg: files.settings(ifcfg), keyfile: files.settings(keyfile) };
  const subject = { name, mac: mac.toUpperCase() };
  const present = old.keyfile === undefined ? undefined : read(files, target);
  if (present !== undefined && sameConfiguration(present, wanted)) return [];
  return [
    { path: ifcfg, before: old.ifcfg, after: ifcfgText(subject, wanted), mode: 0o644 },
    { path: keyfile, before: old.keyfile, after: keyfileText(subject, wanted), mode: 0o600 },
  ];
}

function activate(_: ConfigFiles, target: TargetInterface): Activation {
  const { ifcfg, keyfile } = paths(target);
  return { before: [], after: [{ argv: [SCRIPT, ifcfg, keyfile] }] };
}

interface Subject {
  name: string;
  mac: string;
}

/** Each list counts for itself, and each family within it; DNS servers have one counter. */
function ifcfgText({ name, mac }: Subject, { dhcp, addresses, gateways, dns }: IpConfiguration): string {
  const lines = [`HWADDR=${mac}`, `DEVICE=${name}`, `BOOTPROTO=${dhcp ? 'dhcp' : 'none'}`];
  const numbers = new Map<string, number>();
  const add = (key: string, suffix: (number: number) => string, value: string): void => {
    const number = numbers.get(key) ?? 0;
    numbers.set(key, number + 1);
    lines.push(`${key}${suffix(number)}=${value}`);
  };
  const always = String;
  const fromOne = (number: number) => (number === 0 ? '' : String(number));
  const underscored = (number: number) => (number === 0 ? '' : `_${number}`);
  for (const { family, text } of addresses) {
    if (family === 4) add('IPADDR', always, text);
    else add('IPV6ADDR', underscored, expanded(text));
  }
  for (const { family, prefix } of addresses) {
    if (family === 4) add('NETMASK', always, subnetText(4, prefix));
    else add('IPV6NETMASK', underscored, String(prefix));
  }
  for (const gateway of gateways) {
    if (familyOf(gateway) === 4) add('GATEWAY', fromOne, gateway);
    else add('IPV6_DEFAULTGW', underscored, expanded(gateway));
  }
  for (const server of dns) add('DNS', (number) => String(number + 1), expanded(server));
  return lines.map((line) => `${line}\n`).join('');
}

function keyfileText({ name, mac }: Subject, wanted: IpConfiguration): string {
  const lines = ['', '[connection]', `interface-name=${name}`, '', '[ethernet]', `mac-address=${mac}`];
  for (const family of [4, 6] as const) {
    const { dhcp, addresses, gateways, dns } = ofFamily(family, wanted);
    const without = family === 6 ? 'auto' : 'disabled';
    const method = family === 4 && dhcp ? 'auto' : addresses.length > 0 ? 'manual' : without;
    lines.push('', `[ipv${family}]`);
    lines.push(...addresses.map(({ text, prefix }, at) => `address${at + 1}=${text}/${prefix}`));
    lines.push(`method=${method}`);
    if (gateways.length > 0) lines.push(`gateway=${gateways.join(',')}`);
    if (dns.length > 0) lines.push(`dns=${dns.join(',')}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function readIfcfg(file: ShellAssignments): IpConfiguration {
  const values = (pattern: RegExp) => file.matching((name) => pattern.test(name)).map(({ value }) => value);
  const own = (text: string): string => {
    const address = canonicalAddress(text);
    if (address !== undefined) return address;
    throw new KvpError('ERR_NET_FILE', { detail: file.path, actual: JSON.stringify(text.slice(0, 64)) });
  };
  const pair = (family: 4 | 6, addresses: string[], prefixes: number[]): InterfaceAddress[] =>
    addresses.map((text, at) => {
      const prefix = prefixes[at] ?? Number.NaN;
      if (!(prefix >= 0 && prefix <= (family === 4 ? 32 : 128))) own(`${text} without a subnet`);
      return { family, text: own(text), prefix };
    });
  const ofMask = (mask: string) => prefixOfMask(mask) ?? -1;
  return {
    dhcp: file.get('BOOTPROTO') === 'dhcp',
    addresses: [
      ...pair(4, values(/^IPADDR[0-9]+$/), values(/^NETMASK[0-9]+$/).map(ofMask)),
      ...pair(6, values(/^IPV6ADDR(?:_[0-9]+)?$/), values(/^IPV6NETMASK(?:_[0-9]+)?$/).map(Number)),
    ],
    gateways: [...values(/^GATEWAY[0-9]*$/), ...values(/^IPV6_DEFAULTGW(?:_[0-9]+)?$/)].map(own),
    dns: values(/^DNS[0-9]+$/).map(own),
  };
}

/** Eight groups of four digits; an IPv4 address stays as it is. */
function expanded(address: string): string {
  if (familyOf(address) === 4) return address;
  const { parts } = ipaddr.IPv6.parse(address);
  return parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
}
