/** The sections [ipv4] and [ipv6] of a NetworkManager keyfile (nm-settings-keyfile(5)). */
import { KvpError } from '../../../errors.js';
import { canonicalAddress } from '../../address-text.js';
import { familyOf, type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import type { Entry, SectionFile } from '../formats/section-file.js';

const SECTION = { 4: 'ipv4', 6: 'ipv6' } as const;
const UNSPECIFIED = { 4: '0.0.0.0', 6: '::' } as const;
/** Of wired interfaces, as NetworkManager sets it where the profile does not. */
const ROUTE_METRIC = 100;
/** Methods under which NetworkManager takes up what else the section says; without one it is "auto". */
const METHODS = new Set(['manual', 'auto', 'dhcp', undefined]);

const ADDRESS_KEY = /^address(?:es)?([0-9]*)$/;
const ROUTE_KEY = /^routes?([0-9]*)$/;

/** Throws ERR_NET_FILE where a setting of ours is not understood. */
export function readIp(file: SectionFile, path: string): IpConfiguration {
  const families = ([4, 6] as const).map((family) => readFamily(file, family, path));
  return {
    dhcp: (file.last('ipv4', 'method') ?? 'auto') === 'auto',
    addresses: families.flatMap(({ addresses }) => addresses),
    gateways: families.flatMap(({ gateways }) => gateways),
    dns: families.flatMap(({ dns }) => dns),
  };
}

/** Rewrites what differs, each family for itself. Throws ERR_NET_BACKEND for what no profile can hold. */
export function writeIp(file: SectionFile, path: string, wanted: IpConfiguration): void {
  const has = readIp(file, path);
  for (const family of [4, 6] as const) writeFamily(file, family, ofFamily(family, has), ofFamily(family, wanted));
}

function readFamily(file: SectionFile, family: 4 | 6, path: string): Omit<IpConfiguration, 'dhcp'> {
  const section = SECTION[family];
  if (!METHODS.has(file.last(section, 'method'))) return { addresses: [], gateways: [], dns: [] };
  const own = (text: string): string => {
    const address = canonicalAddress(text);
    if (address !== undefined && familyOf(address) === family) return address;
    throw new KvpError('ERR_NET_FILE', { detail: `${path} [${section}]`, actual: JSON.stringify(text.slice(0, 64)) });
  };
  const addresses = addressParts(file, section).map(([address = '', prefix = '']): InterfaceAddress => {
    if (!/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) own(`${address}/${prefix}`);
    return { family, text: own(address), prefix: Number(prefix) };
  });
  const gateway =
    file.last(section, 'gateway') ?? addressParts(file, section).find(([, , third]) => third !== undefined)?.[2];
  // Without an address the gateway means nothing, as with never-default; routes are independent of both.
  const counts = addresses.length > 0 && !isNeverDefault(file, section) && gateway !== UNSPECIFIED[family];
  return {
    addresses,
    gateways: [
      ...(counts && gateway ? [own(gateway)] : []),
      ...defaultRoutes(file, family).map((route) => own(route.gateway)),
    ],
    dns: dnsEntries(file, section).map((entry) => own(bareServer(entry))),
  };
}

function writeFamily(file: SectionFile, family: 4 | 6, has: IpConfiguration, wants: IpConfiguration): void {
  const section = SECTION[family];
  const without = family === 4 && !wants.dhcp && wants.addresses.length === 0;
  if (without && wants.gateways.length + wants.dns.length > 0) {
    const detail = 'NetworkManager takes IPv4 gateways and DNS servers only with an IPv4 address or DHCP';
    throw new KvpError('ERR_NET_BACKEND', { detail });
  }
  const differs = (what: 'addresses' | 'gateways' | 'dns') => JSON.stringify(has[what]) !== JSON.stringify(wants[what]);
  const present = file.last(section, 'method');
  const method = (family === 4 ? methodFor4 : methodFor6)(present, has, wants);
  if (method !== present) file.set(section, 'method', method);
  // NetworkManager refuses a profile that has search domains without addresses.
  if (method === 'disabled') file.set(section, 'dns-search');
  // Under another method lines count that did not count before.
  const all = method !== present && !METHODS.has(present);
  if (all || differs('addresses') || differs('gateways')) {
    file.replace(section, (key) => ADDRESS_KEY.test(key), wants.addresses.map(addressEntry));
    writeGateways(file, family, wants);
  }
  if (all || differs('dns')) {
    const old = dnsEntries(file, section);
    const servers = wants.dns.map((server) => old.find((entry) => bareServer(entry) === server) ?? server);
    file.set(section, 'dns', ...(servers.length === 0 ? [] : [`${servers.join(';')};`]));
  }
}

type MethodRule = (present: string | undefined, has: IpConfiguration, wants: IpConfiguration) => string;

const methodFor4: MethodRule = (present, has, wants) => {
  if (wants.dhcp) return 'auto';
  if (wants.addresses.length > 0) return 'manual';
  // Neither: it stays link-local, shared or disabled where it was.
  return has.dhcp || present === 'manual' || present === undefined ? 'disabled' : present;
};

/** Without addresses IPv6 is the router's, or off where it was: a host has no word for that. */
const methodFor6: MethodRule = (present, has, wants) => {
  if (wants.addresses.length > 0) return has.addresses.length > 0 ? (present ?? 'auto') : 'manual';
  const leftover = wants.gateways.length + wants.dns.length > 0 && !METHODS.has(present);
  return present === undefined || present === 'manual' || leftover ? 'auto' : present;
};

const addressEntry = ({ text, prefix }: InterfaceAddress, at: number): Entry => ({
  key: `address${at + 1}`,
  value: `${text}/${prefix}`,
});

/** The first one is the profile's gateway. For further ones, and for one without an address, there are routes. */
function writeGateways(file: SectionFile, family: 4 | 6, { addresses, gateways }: IpConfiguration): void {
  const section = SECTION[family];
  const first = addresses.length > 0 ? gateways.slice(0, 1) : [];
  const further = gateways.slice(first.length);
  const entries = first.map((value) => ({ key: 'gateway', value }));
  file.replace(
    section,
    (key) => key === 'gateway',
    entries,
    (key) => ADDRESS_KEY.test(key),
  );
  if (first.length > 0 && isNeverDefault(file, section)) file.set(section, 'never-default');

  const old = defaultRoutes(file, family);
  if (JSON.stringify(old.map(({ gateway }) => canonicalAddress(gateway))) === JSON.stringify(further)) return;
  const gone = new Set(old.flatMap(({ key }) => [key, `${key}_options`]));
  const taken = new Set(file.entries(section).map(({ key }) => (gone.has(key) ? undefined : ROUTE_KEY.exec(key)?.[1])));
  const free = [...Array(taken.size + further.length + 1).keys()].map(String).filter((n) => n !== '0' && !taken.has(n));
  const metric =
    Number(file.last(section, 'route-metric')) > 0 ? Number(file.last(section, 'route-metric')) : ROUTE_METRIC;
  const routes = further.map((gateway, at) => ({
    key: `route${free[at]}`,
    value: `${UNSPECIFIED[family]}/0,${gateway},${metric + 1 + at}`,
  }));
  file.replace(section, (key) => gone.has(key), routes);
}

/** Those to everywhere that lie in the main table, in the order of their numbers. */
function defaultRoutes(file: SectionFile, family: 4 | 6): { key: string; gateway: string }[] {
  const section = SECTION[family];
  return numbered(file, section, ROUTE_KEY).flatMap(({ key, value }) => {
    const [to = '', prefix, gateway = ''] = value.split(/[/;,]/).map((part) => part.trim());
    const elsewhere = /(?:^|,)(?:table|type)=/.test(file.last(section, `${key}_options`) ?? '');
    const isDefault = canonicalAddress(to) === UNSPECIFIED[family] && prefix === '0' && !elsewhere;
    return isDefault && gateway !== '' && canonicalAddress(gateway) !== UNSPECIFIED[family] ? [{ key, gateway }] : [];
  });
}

/** Address, prefix length and, in the old form, gateway of each. */
const addressParts = (file: SectionFile, section: string): (string | undefined)[][] =>
  numbered(file, section, ADDRESS_KEY).map(({ value }) =>
    value.split(/[/;,]/).map((part) => (part.trim() === '' ? undefined : part.trim())),
  );

/** NetworkManager sorts them by number, whatever the order of the lines. */
function numbered(file: SectionFile, section: string, pattern: RegExp): Entry[] {
  const number = ({ key }: Entry) => Number(pattern.exec(key)![1] || -1);
  return file
    .entries(section)
    .filter(({ key, value }) => pattern.test(key) && value !== '')
    .sort((a, b) => number(a) - number(b));
}

/** A server may carry the name of its certificate: "192.0.2.53#dns.example". */
const bareServer = (entry: string): string => entry.replace(/#.*$/, '');

/** Commas part nothing: NetworkManager takes no server from such a list. */
const dnsEntries = (file: SectionFile, section: string): string[] =>
  (file.last(section, 'dns') ?? '')
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !entry.includes(','));

const isNeverDefault = (file: SectionFile, section: string): boolean =>
  /^(?:true|yes|on|1)$/i.test(file.last(section, 'never-default') ?? '');
