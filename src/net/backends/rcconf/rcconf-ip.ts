/** Addresses and DHCP of one interface in the variables of rc.conf(5); unverified on a real FreeBSD. */
import { KvpError } from '../../../errors.js';
import { type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import {
  type AddressClause,
  type AddressStyle,
  type IfconfigArguments,
  readArguments,
  writeClause,
} from './ifconfig-arguments.js';
import type { RcConf } from './rcconf-files.js';

/** Used for interfaces that have no variable of their own. */
const FALLBACK = 'ifconfig_DEFAULT';
const DHCP = /^(?:SYNC|NOSYNC)?DHCP$/i;
/** Puts an interface up that is to have no address. */
const UP = 'up';

/** As rc(8) makes variable names of interface names. */
export const rcKey = (name: string): string => name.replace(/[.\-/+]/g, '_');

/** What stands for one interface, as it was read. */
class RcInterface {
  readonly main: string;
  readonly #rc: RcConf;

  constructor(rc: RcConf, key: string) {
    this.#rc = rc;
    this.main = `ifconfig_${key}`;
  }

  get ipv6(): string {
    return `${this.main}_ipv6`;
  }

  get aliases(): string {
    return `${this.main}_aliases`;
  }

  /** Deprecated lists of addresses without keywords; each with the keyword that belongs before them. */
  get lists(): [variable: string, keyword: string][] {
    const key = this.main.slice('ifconfig_'.length);
    return [
      [`ipv4_addrs_${key}`, 'inet'],
      [`ipv6_addrs_${key}`, 'inet6'],
    ];
  }

  alias(number: number): string {
    return `${this.main}_alias${number}`;
  }

  owns(variable: string): boolean {
    return variable === this.main || variable.startsWith(`${this.main}_`);
  }

  /** Of the variable, or of what is used in its place. Throws ERR_NET_FILE. */
  arguments(variable: string): IfconfigArguments['parts'] {
    const value = this.#rc.get(variable) ?? (variable === this.main ? this.#rc.get(FALLBACK) : undefined) ?? '';
    return understood(variable, value);
  }

  /** Numbered ones end at the first number that is missing: rc(8) looks no further. */
  furtherClauses(): AddressClause[] {
    const variables: string[] = [];
    for (let at = 0; this.#rc.get(this.alias(at)) !== undefined; at++) variables.push(this.alias(at));
    const lists = this.lists.flatMap(([variable, keyword]) =>
      wordsOf(this.#rc.get(variable)).flatMap((word) => onlyClauses(variable, `${keyword} ${word}`)),
    );
    return [
      ...[...variables, this.aliases].flatMap((variable) => onlyClauses(variable, this.#rc.get(variable) ?? '')),
      ...lists,
    ];
  }
}

function understood(variable: string, value: string): IfconfigArguments['parts'] {
  const { parts, problem } = readArguments(value);
  if (problem !== undefined) throw notUnderstood(variable, value);
  return parts;
}

function onlyClauses(variable: string, value: string): AddressClause[] {
  return understood(variable, value).map((part) => {
    if (typeof part === 'string') throw notUnderstood(variable, value);
    return part;
  });
}

const wordsOf = (value = ''): string[] => value.split(/\s+/).filter((word) => word !== '');

const notUnderstood = (variable: string, value: string) =>
  new KvpError('ERR_NET_FILE', { detail: `${variable}: ${JSON.stringify(value.slice(0, 80))}` });

const isClause = (part: string | AddressClause): part is AddressClause => typeof part !== 'string';
const isDhcp = (part: string | AddressClause): boolean => typeof part === 'string' && DHCP.test(part);

/** Undefined where no variable says anything of the interface. Throws ERR_NET_FILE. */
export function rcUsesDhcp(rc: RcConf, name: string): boolean | undefined {
  const value = rc.get(new RcInterface(rc, rcKey(name)).main) ?? rc.get(FALLBACK);
  return value === undefined ? undefined : value.split(/\s+/).some(isDhcp);
}

/** Throws ERR_NET_FILE for a variable that is not understood. */
export function readAddresses(rc: RcConf, key: string): Pick<IpConfiguration, 'dhcp' | 'addresses'> {
  const own = new RcInterface(rc, key);
  const main = own.arguments(own.main);
  const clauses = [...main, ...own.arguments(own.ipv6), ...own.furtherClauses()].filter(isClause);
  const of = (family: 4 | 6) => clauses.map(({ address }) => address).filter((address) => address.family === family);
  return { dhcp: main.some(isDhcp), addresses: [...of(4), ...of(6)] };
}

/** Rewrites what differs. Throws ERR_NET_FILE. */
export function writeAddresses(rc: RcConf, key: string, wanted: IpConfiguration): void {
  const own = new RcInterface(rc, key);
  const clauses = [own.main, own.ipv6].flatMap((variable) => own.arguments(variable)).filter(isClause);
  const written = new Map([...clauses, ...own.furtherClauses()].map((clause) => [cidr(clause.address), clause]));
  const style: AddressStyle = [...written.values()].some(({ text }) => / \S+\/[0-9]/.test(text)) ? 'cidr' : 'mask';
  // One that is there already stays as it was written.
  const clauseOf = (address: InterfaceAddress) => {
    const clause = written.get(cidr(address));
    return clause?.text.startsWith('inet') ? clause : writeClause(address, style);
  };
  const of4 = ofFamily(4, wanted).addresses.map(clauseOf);
  const of6 = ofFamily(6, wanted).addresses.map(clauseOf);
  const near = (variable: string) => own.owns(variable) || variable === FALLBACK;

  const first4 = wanted.dhcp ? undefined : of4[0];
  rc.set(own.main, mainValue(own.arguments(own.main), wanted.dhcp, first4), near);
  const value6 = ipv6Value(own.arguments(own.ipv6), of6[0], { ...wanted, hadAddress: has6(written) });
  if (value6 !== undefined) rc.set(own.ipv6, value6, near);
  const further = [...of4.slice(first4 === undefined ? 0 : 1), ...of6.slice(1)].map(({ text }) => text);
  writeFurther(rc, own, further, near);
}

const has6 = (written: ReadonlyMap<string, AddressClause>) =>
  [...written.values()].some(({ address }) => address.family === 6);

/** DHCP or the first address where either stood; what else is there stays. */
function mainValue(parts: IfconfigArguments['parts'], dhcp: boolean, first: AddressClause | undefined): string {
  const isOurs = (part: string | AddressClause) => isDhcp(part) || isClause(part);
  const words = parts.filter((part): part is string => !isOurs(part));
  const idle = words.includes(UP) ? undefined : UP;
  const put = dhcp ? String(parts.find(isDhcp) ?? 'DHCP') : (first?.text ?? idle);
  // Everything in front of the first of ours stays, so that its place is the same among the words.
  if (put !== undefined) words.splice(Math.max(parts.findIndex(isOurs), 0), 0, put);
  return words.join(' ');
}

interface Wanted6 extends IpConfiguration {
  hadAddress: boolean;
}

/**
 * Starts with the keyword, as rc.conf(5) wants it. Without an address IPv6 is the router's where it was ours before, and
 * stays as it was elsewhere: undefined. Beside a fixed gateway no router is listened to.
 */
function ipv6Value(
  parts: IfconfigArguments['parts'],
  first: AddressClause | undefined,
  wanted: Wanted6,
): string | undefined {
  const words = parts.filter((part): part is string => !isClause(part));
  if (first === undefined) {
    if (!wanted.hadAddress) return undefined;
    return ['inet6', ...(words.includes('accept_rtadv') ? words : ['accept_rtadv', ...words])].join(' ');
  }
  const listens = ofFamily(6, wanted).gateways.length === 0;
  return [first.text, ...words.filter((word) => listens || word !== 'accept_rtadv')].join(' ');
}

/** In the one list where there is one, numbered otherwise. */
function writeFurther(rc: RcConf, own: RcInterface, texts: string[], near: (variable: string) => boolean): void {
  const inOneList = rc.get(own.aliases) !== undefined;
  const numbered = inOneList ? [] : texts;
  for (const [variable] of own.lists) rc.remove(variable);
  if (inOneList && texts.length > 0) rc.set(own.aliases, texts.join(' '), near);
  else rc.remove(own.aliases);
  const values = new Map<string, string | undefined>(numbered.map((text, at) => [own.alias(at), text]));
  for (let at = numbered.length; rc.get(own.alias(at)) !== undefined; at++) values.set(own.alias(at), undefined);
  rc.assign(values, near);
}

const cidr = ({ text, prefix }: InterfaceAddress) => `${text}/${prefix}`;
