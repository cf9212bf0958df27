/**
 * The lines of `routes` and `ifroute-NAME` as ifroute(5) describes them: destination, gateway, netmask, interface, options.
 * A line that is not touched stays as it was written.
 */
import { canonicalAddress, prefixOfMask } from '../../address-text.js';
import { familyOf, type InterfaceAddress } from '../../configuration.js';
import { fileError } from '../../file-error.js';

export interface Route {
  /** Counts from 1. */
  line: number;
  family: 4 | 6;
  destination: Pick<InterfaceAddress, 'text' | 'prefix'>;
  /** None: what it leads to is on the link. Several: a multipath route. */
  gateways: readonly string[];
  /** That the line names, in its column or for one of several gateways. */
  interfaces: readonly string[];
  /** As the kernel counts it where the line says nothing. */
  metric: number;
  /** The address that it makes the machine send from. */
  source: string | undefined;
  /** Its gateways stand among the options. */
  isMultipath: boolean;
}

/** What may be changed of a line. */
export interface RouteEdit {
  gateway: string;
  interface: string;
  /** Undefined: the line says none. */
  metric: number | undefined;
  source: string | undefined;
}

interface Line {
  /** With line ends, where a backslash joins several; undefined once it is removed. */
  raw: string | undefined;
  number: number;
}

const METRIC = ['metric', 'priority', 'preference'];
/** What the kernel gives a route whose line says none. */
export const DEFAULT_METRIC: Readonly<Record<4 | 6, number>> = { 4: 0, 6: 1024 };
const COLUMNS = { gateway: 1, mask: 2, interface: 3, options: 4 };
/** Words between spaces; a backslash before a line end is space, and a comment is none. */
const WORD = /[^\s\\#]+/g;

export class RouteFile {
  readonly path: string;
  /** As they were read. */
  readonly routes: readonly Route[];
  readonly #lines: Line[];
  readonly #lineOf: ReadonlyMap<Route, Line>;

  /** Throws ERR_NET_FILE for what makes wicked give the whole file up. */
  constructor(text: string, path: string) {
    this.path = path;
    this.#lines = joinedLines(text, path).map(([raw, number]) => ({ raw, number }));
    this.#lineOf = new Map(
      this.#lines.flatMap((line): [Route, Line][] => {
        const route = parseRoute(line.raw ?? '', line.number);
        return route === undefined ? [] : [[route, line]];
      }),
    );
    this.routes = [...this.#lineOf.keys()];
  }

  edit(route: Route, edit: RouteEdit): void {
    const line = this.#lineOf.get(route);
    if (line?.raw !== undefined) line.raw = edited(line.raw, edit);
  }

  remove(route: Route): void {
    const line = this.#lineOf.get(route);
    if (line !== undefined) line.raw = undefined;
  }

  /** In front of a route of this file, else at the end. */
  add(raw: string, before?: Route): void {
    const line = before && this.#lineOf.get(before);
    this.#lines.splice(line === undefined ? this.#lines.length : this.#lines.indexOf(line), 0, { raw, number: 0 });
  }

  toString(): string {
    return this.#lines.map(({ raw }) => (raw === undefined ? '' : `${raw}\n`)).join('');
  }
}

/** Each with the number of its first line. */
function joinedLines(text: string, path: string): [raw: string, number: number][] {
  const all = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const lines: [string, number][] = [];
  let goesOn = false;
  for (const [at, raw] of all.entries()) {
    if (/\\(?!\r?$)/.test(raw)) throw fileError(path, 'a backslash that does not end its line', { line: at + 1 });
    const last = lines.at(-1);
    if (goesOn && last !== undefined) last[0] += `\n${raw}`;
    else lines.push([raw, at + 1]);
    goesOn = /\\\r?$/.test(raw);
  }
  // A line that is added would become part of it.
  if (goesOn) throw fileError(path, 'a backslash that ends the file', { line: all.length });
  return lines;
}

/** In front of a comment, which the joined line has once. */
const wordsOf = (raw: string): string[] => raw.replace(/#[\s\S]*/, '').match(WORD) ?? [];

/** Undefined for a line that is none, that wicked passes over, or that is no unicast route of the main table. */
function parseRoute(raw: string, number: number): Route | undefined {
  const [to, via = '-', mask = '-', name = '-', ...options] = wordsOf(raw);
  if (to === undefined) return undefined;
  const isMultipath = options.includes('nexthop');
  const texts = via === '-' ? allOptionsOf(options, 'via') : [via];
  const gateways = texts.flatMap((text) => canonicalAddress(text) ?? []);
  const destination = networkOf(to, mask, gateways[0]);
  const metric = Number(optionOf(options, METRIC) ?? 0);
  if (destination === undefined || gateways.length < texts.length || !Number.isInteger(metric)) return undefined;
  const family = familyOf(destination.text);
  if (gateways.some((gateway) => familyOf(gateway) !== family)) return undefined;
  if (!isMainTable(options) || options.some((word) => NO_UNICAST.has(word))) return undefined;
  return {
    line: number,
    family,
    destination,
    gateways,
    interfaces: [...(name === '-' ? [] : [name]), ...allOptionsOf(options, 'dev')],
    metric: metric === 0 ? DEFAULT_METRIC[family] : metric,
    source: canonicalAddress(optionOf(options, ['src']) ?? ''),
    isMultipath,
  };
}

const NO_UNICAST = new Set(['local', 'broadcast', 'multicast', 'throw', 'unreachable', 'prohibit', 'blackhole', 'nat']);

const isMainTable = (options: readonly string[]): boolean =>
  ['main', '254', undefined].includes(optionOf(options, ['table']));

function optionOf(options: readonly string[], keys: readonly string[]): string | undefined {
  const at = options.findIndex((word) => keys.includes(word));
  return at < 0 ? undefined : options[at + 1];
}

const allOptionsOf = (options: readonly string[], key: string): string[] =>
  options.filter((_, at) => options[at - 1] === key);

/** "default" is of the gateway's family; without a length the netmask counts, and then the whole address. */
function networkOf(text: string, mask: string, gateway: string | undefined): Route['destination'] | undefined {
  if (text === 'default')
    return gateway === undefined ? undefined : { text: familyOf(gateway) === 4 ? '0.0.0.0' : '::', prefix: 0 };
  const [address = '', length] = text.split('/');
  const canonical = canonicalAddress(address);
  if (canonical === undefined) return undefined;
  const most = familyOf(canonical) === 4 ? 32 : 128;
  const said = length ?? (mask === '-' ? undefined : mask);
  const prefix = said === undefined ? most : /^[0-9]{1,3}$/.test(said) ? Number(said) : prefixOfMask(said);
  return prefix === undefined || prefix > most ? undefined : { text: canonical, prefix };
}

/** Word by word, so that columns stay where they are and a comment behind them stays too. */
function edited(raw: string, { gateway, interface: name, metric, source }: RouteEdit): string {
  const body = raw.split('#', 1)[0]!.trimEnd();
  const parts = body.split(/([\s\\]+)/);
  // A line may begin with space.
  const first = parts[0] === '' ? 2 : 0;
  const put = (column: number, word: string) => {
    const at = first + 2 * column;
    while (parts.length <= at) parts.push(parts.length % 2 === 0 ? '-' : ' ');
    parts[at] = word;
  };
  put(COLUMNS.gateway, gateway);
  put(COLUMNS.mask, parts[first + 2 * COLUMNS.mask] ?? '-');
  put(COLUMNS.interface, name);
  const option = (keys: readonly string[], value: string | undefined) => {
    const at = parts.findIndex((part, index) => index >= first + 2 * COLUMNS.options && keys.includes(part));
    if (at < 0) parts.push(...(value === undefined ? [] : [' ', keys[0]!, ' ', value]));
    else if (value === undefined) parts.splice(at - 1, 4);
    else parts[at + 2] = value;
  };
  option(METRIC, metric === undefined ? undefined : String(metric));
  option(['src'], source);
  return parts.join('') + raw.slice(body.length);
}
