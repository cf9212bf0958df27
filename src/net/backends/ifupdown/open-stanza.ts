/**
 * Stanzas that hold addresses of both families and any number of them: `iface NAME` without a family, and those with
 * several `address` lines. ifupdown-ng (Alpine) and ifupdown2 (Proxmox) read them; Debian's ifupdown refuses them.
 */
import { canonicalAddress, prefixOfMask } from '../../address-text.js';
import { familyOf, type InterfaceAddress } from '../../configuration.js';
import { align } from '../formats/align.js';
import { type Line, lineOf, type Stanza } from './interfaces-file.js';

const keyOf = ({ words }: Line): string => words[0] ?? '';
const linesOf = ({ lines }: Stanza, key: string): Line[] => lines.slice(1).filter((line) => keyOf(line) === key);
const isLease = ({ words }: Line): boolean => words[0] === 'use' && words[1] === 'dhcp';

/** Of a stanza of its interface. */
export const isOpen = (stanza: Stanza): boolean =>
  stanza.lines[0]?.words.length === 2 || linesOf(stanza, 'address').length > 1;

/** By a program of ifupdown-ng ("executor"), or by the stanza's method. */
export const isLeased = ({ lines }: Stanza): boolean => lines[0]?.words[3] === 'dhcp' || lines.some(isLease);

export interface OpenAddress {
  line: Line;
  /** Of an address that has no prefix itself. */
  mask: Line | undefined;
  /** Undefined where it is not understood. */
  address: InterfaceAddress | undefined;
}

/** A `netmask` belongs to the address before it. */
export function openAddresses({ lines }: Stanza): OpenAddress[] {
  const found: OpenAddress[] = [];
  for (const line of lines.slice(1)) {
    if (keyOf(line) === 'address') found.push({ line, mask: undefined, address: undefined });
    const last = found.at(-1);
    if (keyOf(line) === 'netmask' && last !== undefined) last.mask ??= line;
  }
  return found.map((one) => ({ ...one, address: addressFrom(one.line.words[1] ?? '', one.mask?.words[1]) }));
}

/** What no one knows how these programs would take: other stanzas' settings, or an address without a length. */
export const strangeLine = (stanza: Stanza): Line | undefined =>
  linesOf(stanza, 'inherit')[0] ??
  openAddresses(stanza).find(({ line, address }) => address === undefined || line.words.length !== 2)?.line ??
  linesOf(stanza, 'gateway').find(({ words }) => words.length !== 2 || canonicalAddress(words[1]!) === undefined);

export const openGateways = (stanza: Stanza): string[] =>
  linesOf(stanza, 'gateway').flatMap(({ words }) => canonicalAddress(words[1] ?? '') ?? []);

/** In this order; those that stay keep their lines. */
export function setOpenAddresses(stanza: Stanza, addresses: readonly InterfaceAddress[]): void {
  const old = openAddresses(stanza);
  const has = old.map(({ address }) => (address === undefined ? '' : cidr(address)));
  const { places, rest } = align(has, addresses.map(cidr));
  const lineAt = new Map<Line, Line | undefined>();
  for (const [at, { line, mask }] of old.entries()) {
    const place = places[at];
    if (place === has[at]) continue;
    lineAt.set(line, place === undefined ? undefined : optionLine(stanza, 'address', place));
    if (mask !== undefined) lineAt.set(mask, undefined);
  }
  replaceLines(stanza, lineAt, 'address', rest);
}

export function setOpenGateways(stanza: Stanza, gateways: readonly string[]): void {
  const old = linesOf(stanza, 'gateway');
  const { places, rest } = align(openGateways(stanza), gateways);
  const lineAt = new Map(
    old.map((line, at) => {
      const place = places[at];
      const stays = place !== undefined && canonicalAddress(line.words[1]!) === place;
      return [line, stays ? line : place === undefined ? undefined : optionLine(stanza, 'gateway', place)];
    }),
  );
  replaceLines(stanza, lineAt, 'gateway', rest);
}

/** `hasExecutors`: it is ifupdown-ng that reads it. */
export function setLeased(stanza: Stanza, leased: boolean, hasExecutors: boolean): void {
  const [head] = stanza.lines;
  if (head === undefined || isLeased(stanza) === leased) return;
  const [, name] = head.words;
  if (!leased) {
    stanza.lines = stanza.lines.filter((line) => !isLease(line));
    if (head.words[3] === 'dhcp') stanza.lines[0] = lineOf(`iface ${name}`);
  } else if (hasExecutors) stanza.lines.splice(1, 0, optionLine(stanza, 'use', 'dhcp'));
  else stanza.lines[0] = lineOf(`iface ${name} inet dhcp`);
}

/** Whatever it holds: a stanza of a family and with fewer than two addresses would be another kind. */
export function keepOpen(stanza: Stanza): void {
  const [head] = stanza.lines;
  if (head === undefined || isOpen(stanza) || isLeased(stanza)) return;
  stanza.lines[0] = lineOf(`iface ${head.words[1]}`);
}

function replaceLines(
  stanza: Stanza,
  lineAt: ReadonlyMap<Line, Line | undefined>,
  key: string,
  rest: readonly string[],
): void {
  const kept = stanza.lines.flatMap((line) => (lineAt.has(line) ? (lineAt.get(line) ?? []) : [line]));
  const anchors = key === 'gateway' ? ['address', 'netmask', 'gateway'] : ['use', 'address', 'netmask'];
  const after = kept.findLastIndex((line, at) => at === 0 || anchors.includes(keyOf(line)));
  kept.splice(after + 1, 0, ...rest.map((value) => optionLine(stanza, key, value)));
  stanza.lines = kept;
}

function optionLine({ lines, indent = '    ' }: Stanza, key: string, value: string): Line {
  const first = lines.slice(1).find(({ words }) => words.length > 0);
  return lineOf(`${first === undefined ? indent : /^\s*/.exec(first.raw)![0]}${key} ${value}`);
}

function addressFrom(text: string, mask: string | undefined): InterfaceAddress | undefined {
  const [bare = '', length = mask] = text.split('/');
  const address = canonicalAddress(bare);
  if (address === undefined || bare.includes('%') || length === undefined) return undefined;
  const family = familyOf(address);
  const prefix = length.includes('.') ? prefixOfMask(length) : /^[0-9]{1,3}$/.test(length) ? Number(length) : undefined;
  return prefix !== undefined && prefix <= (family === 4 ? 32 : 128) ? { family, text: address, prefix } : undefined;
}

const cidr = ({ text, prefix }: InterfaceAddress): string => `${text}/${prefix}`;
