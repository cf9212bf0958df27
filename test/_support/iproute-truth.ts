/** What iproute2 says of an interface: addresses and gateways as a host's console should show them. */
import { execFileSync } from 'node:child_process';

export const ip = (line: string): string => execFileSync('ip', line.split(' '), { encoding: 'utf8' });
const ipJson = <T>(line: string): T[] => JSON.parse(ip(`-j ${line}`) || '[]') as T[];

export interface Link {
  ifname: string;
  ifindex: number;
  /** Missing where the interface has none. */
  address?: string;
  addr_info: AddressInfo[];
  /** Of default routes in the main table, those of the lowest metric first. */
  gateways: string[];
}

interface AddressInfo {
  family: 'inet' | 'inet6';
  local: string;
  prefixlen: number;
  scope: string;
  deprecated?: boolean;
  tentative?: boolean;
  temporary?: boolean;
  dadfailed?: boolean;
}

interface Hop {
  dev?: string;
  gateway?: string;
  via?: { host: string };
  flags?: string[];
}

interface Route extends Hop {
  type?: string;
  metric?: number;
  nhid?: number;
  nexthops?: Hop[];
}

interface NextHop extends Hop {
  id: number;
  group?: { id: number }[];
}

export function links(): Link[] {
  const hops = defaultHops();
  const gatewaysOf = (name: string) =>
    hops.filter(({ dev }) => dev === name).flatMap(({ gateway, via }) => gateway ?? via?.host ?? []);
  return ipJson<Omit<Link, 'gateways'>>('address show')
    .filter(({ ifname }) => ifname !== 'lo')
    .map((link) => ({ ...link, gateways: [...new Set(gatewaysOf(link.ifname))] }));
}

export interface ShownAddress {
  text: string;
  /** As a console shows it. */
  subnet: string;
  /** Lower is to be shown first; equal ones in the kernel's order. */
  rank: number;
}

export function addressesOf({ addr_info }: Link): ShownAddress[] {
  return addr_info
    .filter(({ dadfailed }) => dadfailed !== true)
    .map((one) => ({
      text: one.local,
      subnet: one.family === 'inet' ? mask(one.prefixlen) : `/${one.prefixlen}`,
      rank: rankOf(one),
    }));
}

const isOfLink = ({ scope, local }: AddressInfo) => scope !== 'global' || local.startsWith('169.254.');

const rankOf = (one: AddressInfo) =>
  [one.family === 'inet6', one.tentative, one.deprecated, isOfLink(one), one.temporary].reduce(
    (rank, worse) => 2 * rank + (worse ? 1 : 0),
    0,
  );

function defaultHops(): Hop[] {
  const routes = ['-4', '-6'].flatMap((family) => ipJson<Route>(`${family} route show default`));
  return routes
    .filter(({ type = 'unicast' }) => type === 'unicast')
    .sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0))
    .flatMap((route): Hop[] => route.nexthops ?? (route.dev === undefined ? hopsOfObject(route.nhid) : [route]))
    .filter(({ flags }) => flags?.includes('dead') !== true);
}

function hopsOfObject(id: number | undefined): Hop[] {
  const objects = ipJson<NextHop>('nexthop show');
  const object = objects.find((one) => one.id === id);
  const members = object?.group?.map((member) => member.id) ?? [id];
  return objects.filter((one) => members.includes(one.id));
}

const mask = (prefix: number) =>
  [24, 16, 8, 0].map((shift) => (prefix === 0 ? 0 : ((0xffffffff << (32 - prefix)) >>> shift) & 0xff)).join('.');
