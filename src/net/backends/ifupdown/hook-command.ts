/**
 * The commands of a stanza's `up` and `down` lines that set addresses and routes, in the spellings of ip(8) and of
 * net-tools' route(8): what they do to the interface is part of its configuration.
 */
import { canonicalAddress, prefixOfMask } from '../../address-text.js';
import { familyOf, type InterfaceAddress } from '../../configuration.js';
import type { Line } from './interfaces-file.js';

export type Hook =
  /** A default route through a gateway, in the main table. */
  | { what: 'gateway'; isUp: boolean; gateway: string; metric: number }
  | { what: 'address'; isUp: boolean; address: InterfaceAddress }
  /** Another route that needs its gateway to be reached. */
  | { what: 'route'; gateway: string; mayFail: boolean }
  /** It sets addresses or default routes; how, only a shell knows, or it undoes what the stanza sets. */
  | { what: 'unclear' };

const UP = new Set(['pre-up', 'up', 'post-up']);
const DOWN = new Set(['down', 'pre-down', 'post-down']);
const EVERYWHERE = new Set(['default', 'any', 'all', '0/0', '0.0.0.0/0', '0.0.0.0/0.0.0.0', '::/0']);
/** What a default route has of metrics where the command names none. */
const METRIC = { ip: { 4: 0, 6: 1024 }, route: { 4: 0, 6: 1 } } as const;

/** Undefined for a line that is no such command, and for one of another interface or routing table. */
export function hookOf({ words }: Line, interfaceName: string): Hook | undefined {
  const [keyword = '', ...rest] = words;
  if (!UP.has(keyword) && !DOWN.has(keyword)) return undefined;
  const { command, mayFail } = plainCommand(rest.join(' '), interfaceName);
  const found = command === undefined ? 'unclear' : readCommand(command, interfaceName);
  if (found === 'unclear') return mayConcernUs(rest.join(' ')) ? { what: 'unclear' } : undefined;
  if (found === undefined) return undefined;
  const isUp = UP.has(keyword);
  // Before it comes up there is nothing of its own that could be taken away.
  if (keyword === 'pre-up' && !found.adds) return undefined;
  const isOther = found.what === 'route' && !found.isDefault;
  if (isUp !== found.adds) return isOther ? undefined : { what: 'unclear' };
  return hookFrom(found, isUp, mayFail);
}

function hookFrom(found: Command, isUp: boolean, mayFail: boolean): Hook | undefined {
  if (found.what === 'address') return { what: 'address', isUp, address: found.address };
  const { isDefault, gateway, metric, onLink } = found;
  // A default route straight onto the link stands in the way of others; one that goes with the interface does not.
  if (gateway === undefined) return isDefault && isUp ? { what: 'unclear' } : undefined;
  if (isDefault) return { what: 'gateway', isUp, gateway, metric };
  return isUp ? { what: 'route', gateway, mayFail: mayFail || onLink } : undefined;
}

type Command = { adds: boolean } & (
  | { what: 'address'; address: InterfaceAddress }
  | { what: 'route'; isDefault: boolean; gateway: string | undefined; metric: number; onLink: boolean }
);

/** The words of the one command that a line is; undefined where a shell would have more to do. */
function plainCommand(text: string, name: string): { command: string[] | undefined; mayFail: boolean } {
  const bare = text.replace(/(?:\s+(?:[12&]?>>?\s*(?:\/dev\/null|&[12])))+/g, '');
  const tolerant = bare.replace(/\s*(?:\|\|\s*(?:\/\S*\/)?(?:true|:|exit 0)|;\s*(?:true|:))\s*;?\s*$/, '');
  const command = tolerant
    .replace(/;\s*$/, '')
    .replace(/\$\{IFACE\}|\$IFACE\b/g, name)
    .split(/\s+/)
    .map((word) => word.replace(/^(["'])(.*)\1$/, '$2'))
    .filter((word) => word !== '');
  const isPlain = command.every((word) => /^[\w.:/@%+=,-]+$/.test(word));
  return { command: isPlain ? command : undefined, mayFail: tolerant !== bare };
}

/** In a line that is not understood. */
function mayConcernUs(text: string): boolean {
  if (/\btable\s+(?!main\b|254\b)\w+/.test(text)) return false;
  const route = /\b(?:ip\b.*\sr\w*|route)\b.*\b(?:add|append|replace|change|prepend|del|delete)\b/;
  const everywhere = /(?:^|[\s"'])(?:default|0\.0\.0\.0(?:\/0)?|0\/0|::\/0)(?:[\s"';]|$)/;
  const address =
    /\bip\b.*\sa(?:d|dd|ddr\w*)?\s+(?:add|replace|change|del|delete)\b|\bifconfig\s+\S+.*[0-9a-fA-F]+[.:][0-9a-fA-F.:]+/;
  return (route.test(text) && everywhere.test(text)) || address.test(text);
}

function readCommand(words: readonly string[], name: string): Command | 'unclear' | undefined {
  const [program = '', ...args] = words;
  switch (program.replace(/^\/\S+\//, '')) {
    case 'ip':
      return readIp(args, name);
    case 'route':
      return readRoute(args, name);
    case 'ifconfig':
      return 'unclear';
    default:
      // A program that starts another, as `sleep 5 && ip` or `nohup ip` would.
      return words.some((word) => /^(?:\/\S+\/)?(?:ip|route|ifconfig)$/.test(word)) ? 'unclear' : undefined;
  }
}

const isShortFor = (word: string, full: string): boolean => word !== '' && full.startsWith(word);

function readIp(args: readonly string[], name: string): Command | 'unclear' | undefined {
  // Addresses say of which family they are.
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) if (/^--?f(?:amily)?$/.test(args[at]!)) at++;
  const [object = '', action = '', ...rest] = args.slice(at);
  if (isShortFor(object, 'route')) return readIpRoute(action, rest, name);
  return isShortFor(object, 'address') ? readIpAddress(action, rest, name) : undefined;
}

const ROUTE_ADDS = ['add', 'append', 'replace', 'change', 'chg', 'prepend'];
/** Words of a route that have a value, and mean nothing to a default route through one gateway. */
const ROUTE_VALUES =
  /^(?:proto\w*|src|scope|mtu|advmss|window|rtt\w*|initcwnd|initrwnd|hoplimit|pref|tos|dsfield|quickack|realms?)$/;

function readIpRoute(action: string, args: readonly string[], name: string): Command | 'unclear' | undefined {
  const adds = ROUTE_ADDS.some((full) => isShortFor(action, full));
  if (!adds && !isShortFor(action, 'delete')) return undefined;
  const words = [...args];
  if (words[0] === 'to') words.shift();
  if (words[0] === 'unicast') words.shift();
  const destination = words.shift() ?? '';
  let via: string | undefined;
  let dev = name;
  let metric: number | undefined;
  let onLink = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'via') {
      via = words.shift();
      if (via === 'inet' || via === 'inet6') via = words.shift();
    } else if (word === 'dev') dev = words.shift() ?? '';
    else if (/^(?:metric|priority|preference)$/.test(word)) metric = Number(words.shift());
    else if (word === 'table') {
      if (!['main', '254'].includes(words.shift() ?? '')) return undefined;
    } else if (word === 'onlink') onLink = true;
    else if (!ROUTE_VALUES.test(word)) return EVERYWHERE.has(destination) ? 'unclear' : undefined;
    else if (words.shift() === 'lock') words.shift();
  }
  if (dev !== name) return undefined;
  return routeCommand({ adds, isDefault: EVERYWHERE.has(destination), via, metric, onLink }, 'ip');
}

interface WrittenRoute {
  adds: boolean;
  isDefault: boolean;
  via: string | undefined;
  metric: number | undefined;
  onLink: boolean;
}

function routeCommand(route: WrittenRoute, program: keyof typeof METRIC): Command | 'unclear' {
  const { adds, isDefault, via, metric, onLink } = route;
  const gateway = via === undefined ? undefined : canonicalAddress(via);
  if (via !== undefined && gateway === undefined) return 'unclear';
  const family = gateway === undefined ? 4 : familyOf(gateway);
  const usual = METRIC[program][family];
  return { what: 'route', adds, isDefault, gateway, onLink, metric: Number.isInteger(metric) ? metric! : usual };
}

function readIpAddress(action: string, args: readonly string[], name: string): Command | 'unclear' | undefined {
  const adds = ['add', 'replace', 'change', 'chg'].some((full) => isShortFor(action, full));
  if (!adds && !isShortFor(action, 'delete')) return undefined;
  const words = [...args];
  let address: InterfaceAddress | undefined;
  let dev: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'dev') dev = words.shift();
    else if (/^(?:broadcast|brd|label|metric|proto\w*|valid_lft|preferred_lft)$/.test(word)) words.shift();
    else if (word === 'scope') {
      if (words.shift() !== 'global') return undefined;
    } else if (!/^(?:local|nodad|noprefixroute|home|mngtmpaddr|optimistic)$/.test(word)) {
      const found = addressFrom(word);
      if (address !== undefined || found === undefined) return 'unclear';
      address = found;
    }
  }
  if (dev !== name) return undefined;
  return address === undefined ? 'unclear' : { what: 'address', adds, address };
}

function addressFrom(word: string): InterfaceAddress | undefined {
  const [bare = '', length] = word.split('/');
  const text = canonicalAddress(bare);
  if (text === undefined || bare.includes('%')) return undefined;
  const family = familyOf(text);
  const whole = family === 4 ? 32 : 128;
  const prefix = length === undefined ? whole : length.includes('.') ? prefixOfMask(length) : Number(length);
  return prefix !== undefined && prefix >= 0 && prefix <= whole ? { family, text, prefix } : undefined;
}

function readRoute(args: readonly string[], name: string): Command | 'unclear' | undefined {
  const words = [...args];
  while (words[0]?.startsWith('-') && words[0] !== '-net' && words[0] !== '-host')
    if (words.shift() === '-A') words.shift();
  const action = words.shift();
  if (action !== 'add' && action !== 'del') return undefined;
  const isNet = words[0] === '-net';
  if (isNet || words[0] === '-host') words.shift();
  const target = words.shift() ?? '';
  let mask: string | undefined;
  let via: string | undefined;
  let dev = name;
  let metric: number | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'netmask') mask = words.shift();
    else if (word === 'gw' || word === 'gateway') via = words.shift();
    else if (word === 'metric') metric = Number(words.shift());
    else if (/^(?:mss|window|irtt)$/.test(word)) words.shift();
    else if (word === 'dev') dev = words.shift() ?? '';
    else if (/^(?:mod|dyn|reinstate)$/.test(word)) continue;
    else if (word === 'reject') return undefined;
    else dev = word;
  }
  if (dev !== name) return undefined;
  const isAll = target === '0.0.0.0' && (mask === undefined || mask === '0.0.0.0');
  const isDefault = EVERYWHERE.has(target) || isAll || (isNet && target === '0');
  return routeCommand({ adds: action === 'add', isDefault, via, metric, onLink: false }, 'route');
}
