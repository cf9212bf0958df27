/** The options of an `iface` stanza: those that say addresses, gateways and DNS servers, read and edited in place. */
import { canonicalAddress, classPrefix, prefixOfMask, subnetText } from '../../address-text.js';
import { familyOf, type InterfaceAddress } from '../../configuration.js';
import { type Hook, hookOf } from './hook-command.js';
import { keywordOf, type Line, lineOf, type Stanza } from './interfaces-file.js';

/** In the order in which they stand in a stanza. */
const OPTIONS = ['address', 'netmask', 'broadcast', 'network', 'gateway', 'dns-nameserver', 'dns-nameservers'] as const;
type Option = (typeof OPTIONS)[number];

export const interfaceOf = ({ lines }: Stanza): string | undefined => lines[0]?.words[1];
export const methodOf = ({ lines }: Stanza): string => lines[0]?.words[3] ?? '';
export const familyOfStanza = ({ lines }: Stanza): 4 | 6 | undefined =>
  lines[0]?.words[2] === 'inet' ? 4 : lines[0]?.words[2] === 'inet6' ? 6 : undefined;

export const isStanzaOf = (stanza: Stanza, name: string): boolean =>
  keywordOf(stanza) === 'iface' && interfaceOf(stanza) === name;

export function newStanza(name: string, family: 4 | 6, method: string, indent: string | undefined): Stanza {
  return { lines: [lineOf(`iface ${name} ${family === 4 ? 'inet' : 'inet6'} ${method}`)], tail: [], indent };
}

export function setMethod(stanza: Stanza, method: string): void {
  const [head] = stanza.lines;
  if (head === undefined || methodOf(stanza) === method) return;
  stanza.lines[0] = lineOf(head.raw.replace(/^(\s*iface\s+\S+\s+\S+\s+)\S+/, `$1${method}`));
}

/** What a static stanza's address means; undefined where it is not understood. */
export function addressOf(stanza: Stanza): InterfaceAddress | undefined {
  const [text = '', ownPrefix] = option(stanza, 'address')?.split('/') ?? [];
  const address = canonicalAddress(text);
  if (address === undefined || text.includes('%')) return undefined;
  const family = familyOf(address);
  if (family !== familyOfStanza(stanza)) return undefined;
  const prefix = prefixOf(family, address, ownPrefix ?? option(stanza, 'netmask'));
  return prefix === undefined ? undefined : { family, text: address, prefix };
}

function prefixOf(family: 4 | 6, address: string, netmask: string | undefined): number | undefined {
  if (netmask === undefined) return family === 4 ? classPrefix(address) : 128;
  if (family === 4 && netmask.includes('.')) return prefixOfMask(netmask);
  const prefix = /^\d{1,3}$/.test(netmask) ? Number(netmask) : Number.NaN;
  return prefix <= (family === 4 ? 32 : 128) ? prefix : undefined;
}

/** In the notation that stands there: a prefix with the address, or a netmask of its own. */
export function setAddress(stanza: Stanza, { family, text, prefix }: InterfaceAddress): void {
  const now = addressOf(stanza);
  if (now?.text === text && now.prefix === prefix) return;
  const netmask = option(stanza, 'address')?.includes('/') === false ? option(stanza, 'netmask') : undefined;
  setOption(stanza, 'address', netmask === undefined ? `${text}/${prefix}` : text);
  const dotted = netmask?.includes('.') === true;
  setOption(stanza, 'netmask', netmask && (dotted ? subnetText(family, prefix) : `${prefix}`));
  // Of the old address.
  setOption(stanza, 'broadcast', undefined);
  setOption(stanza, 'network', undefined);
}

export function dropAddress(stanza: Stanza): void {
  for (const name of ['address', 'netmask', 'broadcast', 'network'] as const) setOption(stanza, name, undefined);
}

export const gatewayOf = (stanza: Stanza): string | undefined => canonicalAddress(option(stanza, 'gateway') ?? '');

export function setGateway(stanza: Stanza, gateway: string | undefined): void {
  if (gatewayOf(stanza) !== gateway || gateway === undefined) setOption(stanza, 'gateway', gateway);
}

export function dnsOf({ lines }: Stanza): string[] {
  const words = lines
    .filter(({ words: [name] }) => name?.startsWith('dns-nameserver'))
    .flatMap(({ words }) => words.slice(1));
  return words.flatMap((word) => canonicalAddress(word) ?? []);
}

export function setDns(stanza: Stanza, dns: readonly string[]): void {
  setOption(stanza, 'dns-nameserver', undefined);
  setOption(stanza, 'dns-nameservers', dns.length === 0 ? undefined : dns.join(' '));
}

/** Of the gateway's route; ifup leaves it to the kernel where the stanza says nothing, which takes 0 for IPv4. */
export const metricOf = ({ lines }: Stanza): number =>
  Number(lines.find(({ words: [name] }) => name === 'metric')?.words[1] ?? 0);

export function addMetric(stanza: Stanza, metric: number): void {
  const at = stanza.lines.findIndex(({ words: [name] }) => name === 'gateway');
  stanza.lines.splice(at + 1, 0, lineOf(`${indentOf(stanza)}metric ${metric}`));
}

/** Of the route through the option `gateway`: the kernel takes 1024 for IPv6 where nobody says anything. */
export function gatewayMetric(stanza: Stanza, gateway: string | undefined): number {
  return metricOf(stanza) || (gateway !== undefined && familyOf(gateway) === 6 ? 1024 : 0);
}

const hooksOf = (stanza: Stanza): Hook[] =>
  stanza.lines.flatMap((line) => hookOf(line, interfaceOf(stanza) ?? '') ?? []);

/** Default routes that a stanza adds by `up`: there is no option for a second one, nor for one without an address. */
export const routesOf = (stanza: Stanza): { gateway: string; metric: number }[] =>
  hooksOf(stanza).flatMap((hook) => (hook.what === 'gateway' && hook.isUp ? [hook] : []));

/** Addresses that a stanza adds by `up`. */
export const hookAddressesOf = (stanza: Stanza): InterfaceAddress[] =>
  hooksOf(stanza).flatMap((hook) => (hook.what === 'address' && hook.isUp ? [hook.address] : []));

/** A line that sets addresses or default routes in a way that only a shell could follow. */
export const unclearLine = (stanza: Stanza): Line | undefined =>
  stanza.lines.find((line) => hookOf(line, interfaceOf(stanza) ?? '')?.what === 'unclear');

/** Lines that add a route of another kind, and have to succeed, with the gateways that they need. */
export const neededGateways = (stanza: Stanza): { line: Line; gateway: string }[] =>
  stanza.lines.flatMap((line) => {
    const hook = hookOf(line, interfaceOf(stanza) ?? '');
    return hook?.what === 'route' && !hook.mayFail ? [{ line, gateway: hook.gateway }] : [];
  });

/** What `up` and `down` lines say of addresses and gateways of one family. */
export function dropHooks(stanza: Stanza, family: 4 | 6): void {
  const isOurs = (line: Line) => {
    const hook = hookOf(line, interfaceOf(stanza) ?? '');
    if (hook?.what === 'gateway') return familyOf(hook.gateway) === family;
    return hook?.what === 'address' && hook.address.family === family;
  };
  stanza.lines = stanza.lines.filter((line) => !isOurs(line));
}

/** The first of `metrics` is for the first gateway. */
export function addRoutes(stanza: Stanza, name: string, gateways: readonly string[], metrics: number): void {
  gateways.forEach((gateway, at) => {
    const route = `ip -${familyOf(gateway)} route replace default via ${gateway} dev ${name} onlink metric ${metrics + at}`;
    stanza.lines.push(lineOf(`${indentOf(stanza)}up ${route}`));
  });
}

/** What no configuration of addresses, gateways and DNS servers says: hooks, other options, comments among them. */
export const foreignLines = ({ lines }: Stanza): Line[] =>
  lines.slice(1).filter((line) => !(OPTIONS as readonly string[]).includes(line.words[0] ?? ''));

export const option = ({ lines }: Stanza, name: Option): string | undefined =>
  lines
    .slice(1)
    .find(({ words }) => words[0] === name)
    ?.words.slice(1)
    .join(' ');

function setOption(stanza: Stanza, name: Option, value: string | undefined): void {
  const isOption = ({ words }: Line) => words[0] === name;
  if (value !== undefined && option(stanza, name) === value) return;
  const at = stanza.lines.findIndex(isOption);
  const indent = indentOf(stanza);
  const others = stanza.lines.filter((line) => !isOption(line));
  if (value !== undefined) others.splice(at < 0 ? placeOf(stanza, name) : at, 0, lineOf(`${indent}${name} ${value}`));
  stanza.lines = others;
}

const isOfDns = (name: Option) => name.startsWith('dns-');

/** After the options that usually stand before it. */
function placeOf({ lines }: Stanza, name: Option): number {
  const earlier: readonly string[] = [...OPTIONS.slice(0, OPTIONS.indexOf(name)), ...(isOfDns(name) ? ['metric'] : [])];
  return lines.findLastIndex(({ words }, at) => at === 0 || earlier.includes(words[0] ?? '')) + 1;
}

export function indentOf({ lines, indent }: Stanza): string {
  const option = lines.slice(1).find(({ words }) => words.length > 0);
  return option === undefined ? (indent ?? '    ') : /^\s*/.exec(option.raw)![0];
}
