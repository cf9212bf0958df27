/**
 * Default gateways in rc.conf(5). It has one of each family, and does not say of which interface: that of the network
 * that it is in. Further ones are static routes of ours, which need a kernel with multipath routing (FreeBSD 13).
 * Unverified on a real FreeBSD.
 */
import ipaddr from 'ipaddr.js';
import { KvpError } from '../../../errors.js';
import { canonicalAddress, isLinkLocalIpv6 } from '../../address-text.js';
import { familyOf, type InterfaceAddress } from '../../configuration.js';
import type { RcConf } from './rcconf-files.js';
import { rcKey, readAddresses } from './rcconf-ip.js';

interface Variables {
  router: string;
  routes: string;
  /** Before the name of a route. */
  route: string;
}

const VARIABLES: Readonly<Record<4 | 6, Variables>> = {
  4: { router: 'defaultrouter', routes: 'static_routes', route: 'route_' },
  6: { router: 'ipv6_defaultrouter', routes: 'ipv6_static_routes', route: 'ipv6_route_' },
};

const isNetwork = (variable: string): boolean =>
  /^ifconfig_/.test(variable) || Object.values(VARIABLES).some(({ router }) => router === variable);

/** Throws ERR_NET_FILE. */
export function readGateways(rc: RcConf, name: string): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const router = routerOf(rc, family);
    const first = router !== undefined && isBehind(rc, name, router) ? [router.text] : [];
    return [...first, ...furtherRoutes(rc, family, name).map(({ gateway }) => gateway)];
  });
}

export interface GatewayChange {
  dhcp: boolean;
  /** What `readGateways` said before anything else of the interface was changed. */
  from: readonly string[];
  to: readonly string[];
}

/** Rewrites what differs. Throws ERR_NET_FILE, and ERR_NET_BACKEND for what rc.conf has no form for. */
export function writeGateways(rc: RcConf, name: string, { dhcp, from, to }: GatewayChange): void {
  for (const family of [4, 6] as const) {
    const [first, ...others] = to.filter((gateway) => familyOf(gateway) === family);
    if (family === 4 && dhcp && first !== undefined) {
      throw new KvpError('ERR_NET_BACKEND', { detail: "with DHCP the IPv4 gateway is the DHCP server's to say" });
    }
    writeRouter(rc, { family, name, isOurs: (router) => from.includes(router.text) }, first);
    writeFurther(rc, family, name, others);
  }
}

interface Router {
  text: string;
  zone: string | undefined;
}

/** Undefined where there is none. */
function routerOf(rc: RcConf, family: 4 | 6): Router | undefined {
  const variable = VARIABLES[family].router;
  const value = rc.get(variable)?.trim() ?? '';
  if (value === '' || /^NO$/i.test(value)) return undefined;
  const text = canonicalAddress(value);
  if (text === undefined || text.includes(':') !== (family === 6)) {
    throw new KvpError('ERR_NET_FILE', { detail: `${variable}: ${JSON.stringify(value.slice(0, 80))}` });
  }
  return { text, zone: /%(.+)$/.exec(value)?.[1] };
}

/** By its zone, else by the networks of the interfaces; one that is in none of them belongs to the only interface. */
function isBehind(rc: RcConf, name: string, { text, zone }: Router): boolean {
  if (zone !== undefined) return zone === name;
  const key = rcKey(name);
  const others = configuredKeys(rc).filter((one) => one !== key);
  return others.length === 0 || networksOf(rc, key).some((network) => contains(network, text));
}

const NO_INTERFACE = /^ifconfig_(?:DEFAULT$|lo[0-9]+(?:_|$)|.*_(?:ipv6|alias[0-9]+|aliases|name|descr)$)/;

function configuredKeys(rc: RcConf): string[] {
  const variables = rc.names().filter((one) => one.startsWith('ifconfig_') && !NO_INTERFACE.test(one));
  return variables.map((variable) => variable.slice('ifconfig_'.length));
}

/** Of another interface's variables nothing has to be understood. */
function networksOf(rc: RcConf, key: string): InterfaceAddress[] {
  try {
    return readAddresses(rc, key).addresses;
  } catch {
    return [];
  }
}

function contains({ text, prefix }: InterfaceAddress, gateway: string): boolean {
  const [network, address] = [ipaddr.parse(text), ipaddr.parse(gateway)];
  return network.kind() === address.kind() && address.match(network, prefix);
}

interface RouterPlace {
  family: 4 | 6;
  name: string;
  isOurs: (router: Router) => boolean;
}

function writeRouter(rc: RcConf, { family, name, isOurs }: RouterPlace, wanted: string | undefined): void {
  const variable = VARIABLES[family].router;
  const has = routerOf(rc, family);
  if (wanted === undefined) {
    if (has !== undefined && isOurs(has)) rc.remove(variable);
    return;
  }
  if (has !== undefined && !isOurs(has)) {
    throw new KvpError('ERR_NET_BACKEND', { detail: `${variable} is another interface's`, actual: has.text });
  }
  const isLinkLocal = isLinkLocalIpv6(wanted);
  if (!isBehind(rc, name, { text: wanted, zone: isLinkLocal ? name : undefined })) {
    const detail = `${variable} does not say of which interface it is, and no network of ${name} has this address`;
    throw new KvpError('ERR_NET_BACKEND', { detail, actual: wanted });
  }
  if (has?.text !== wanted) rc.set(variable, isLinkLocal ? `${wanted}%${name}` : wanted, isNetwork);
}

interface Route {
  /** As the list of routes has it. */
  name: string;
  gateway: string;
}

const prefixOf = (name: string): string => `hvkvp_${rcKey(name)}_`;
const isOurRoute = (route: string, name: string): boolean =>
  route.startsWith(prefixOf(name)) && /^[0-9]+$/.test(route.slice(prefixOf(name).length));

function routeNames(rc: RcConf, family: 4 | 6): string[] {
  const words = (rc.get(VARIABLES[family].routes) ?? '').split(/\s+/);
  return words.filter((word) => word !== '' && !/^NO$/i.test(word));
}

function furtherRoutes(rc: RcConf, family: 4 | 6, name: string): Route[] {
  return routeNames(rc, family)
    .filter((route) => isOurRoute(route, name))
    .flatMap((route) => {
      const [destination, via = ''] = (rc.get(VARIABLES[family].route + route) ?? '').split(/\s+/);
      const gateway = canonicalAddress(via);
      return destination === 'default' && gateway !== undefined ? [{ name: route, gateway }] : [];
    });
}

function writeFurther(rc: RcConf, family: 4 | 6, name: string, gateways: string[]): void {
  const has = furtherRoutes(rc, family, name);
  if (has.map(({ gateway }) => gateway).join() === gateways.join()) return;
  const { routes, route: head } = VARIABLES[family];
  rc.assign(new Map(has.map((route) => [head + route.name, undefined])));
  const foreign = routeNames(rc, family).filter((route) => !isOurRoute(route, name));
  const ours = gateways.map((gateway, at): Route => ({ name: `${prefixOf(name)}${at + 1}`, gateway }));
  const list = [...foreign, ...ours.map((route) => route.name)].join(' ');
  if (list === '') rc.remove(routes);
  else rc.set(routes, list, isNetwork);
  const near = (variable: string) => variable === routes || variable.startsWith(head + prefixOf(name));
  const zone = (gateway: string) => (isLinkLocalIpv6(gateway) ? `%${name}` : '');
  rc.assign(
    new Map(ours.map(({ name: route, gateway }) => [head + route, `default ${gateway}${zone(gateway)}`])),
    near,
  );
}
