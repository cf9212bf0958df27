/**
 * No manager: addresses and default routes by `ip`, until the machine starts anew. DNS servers go to resolv.conf or to
 * whoever is in charge of it, DHCP to an installed client. Other interfaces and other routes are not touched.
 */
import { KvpError } from '../../../errors.js';
import type { ConfigFiles } from '../../config-files.js';
import { type InterfaceAddress, type IpConfiguration, ofFamily } from '../../configuration.js';
import { Subnets } from '../../next-hop.js';
import type { Backend, ManagerCommand, TargetInterface } from '../backend.js';
import { dhcpFiles, isDhcpFile, isLeasing, startDhcp, stopDhcp } from '../dhcp-client.js';
import { isEnabled } from '../enabled-service.js';
import { deviceState } from '../networkmanager/keyfile-profile.js';
import { isResolverFile, resolverChanges, resolverCommands, resolverInCharge } from '../resolv-conf.js';
import { type AddressSteps, addressSteps } from './address-steps.js';

interface Change {
  from: IpConfiguration;
  to: IpConfiguration;
}

export const iproute2: Backend<'iproute2'> = {
  name: 'iproute2',
  runtimeOnly: true,

  inCharge: () => ({ answer: 'no' }),

  takesUp: () => ({ answer: 'yes', reason: 'no manager that hv-kvp knows is in charge of it' }),

  owns: (path) => isDhcpFile(path) || isResolverFile(path),

  /** No file says anything: only the kernel does. */
  read: () => undefined,

  render(files, { name }, wanted) {
    checkName(name);
    const ownServers = wanted.dhcp && hasOwnServers(files, wanted);
    return [...resolverChanges(files, wanted.dns), ...dhcpFiles(files, name, ownServers)];
  },

  refusal(files, target, change) {
    const client = change.from.dhcp && endsClient(files, change) ? foreignClient(files, target) : undefined;
    return client && `${target.name} has an address by DHCP from ${client}, which would put it back: tell that instead`;
  },

  warnings: (files, { name }) => [
    ...strangers(files, name).map((who) => `${who}: hv-kvp does not edit that, and what it says may come back.`),
    'addresses and routes are set in the running system only: they are gone when it starts anew.',
  ],

  hasClient: (files, { name }) => isLeasing(files, name),

  activate(files, target, { from, to, hadClient = true }) {
    checkName(target.name);
    const change4 = { from: ofFamily(4, from), to: ofFamily(4, to) };
    const change6 = { from: ofFamily(6, from), to: ofFamily(6, to) };
    const ownServers = hasOwnServers(files, to);
    const startsAnew = to.dhcp && endsClient(files, { from, to });
    return {
      before: [],
      after: [
        // First: clients take every address of IPv4 along when they end.
        ...(from.dhcp && endsClient(files, { from, to }) ? stopDhcp(files, target.name) : []),
        ip('link', 'set', 'dev', target.name, 'up'),
        ...changeAddresses(4, target, change4),
        ...changeAddresses(6, target, change6),
        ...changeRoutes(4, target, change4),
        ...changeRoutes(6, target, change6),
        ...(startsAnew && hadClient ? startDhcp(files, target.name, ownServers) : []),
        ...resolverCommands(files, target, { from: from.dns, to: to.dns }),
      ],
    };
  },
};

/** Whether a client that runs has to end. It writes the servers that it was told at every renewal. */
const endsClient = (files: ConfigFiles, { from, to }: Change): boolean =>
  !from.dhcp || !to.dhcp || (hasOwnServers(files, to) && from.dns.join() !== to.dns.join());

/** Whoever leased the interface's address and cannot be stopped for one interface; files of another machine say nothing. */
function foreignClient(files: ConfigFiles, { name, index }: TargetInterface): string | undefined {
  if (!files.areOfThisMachine) return undefined;
  if (files.exists(`/run/systemd/netif/leases/${index}`)) return 'systemd-networkd';
  if (deviceState(files, { index })?.managed && files.exists('/run/NetworkManager/NetworkManager.pid'))
    return 'NetworkManager';
  if (files.exists(`/var/lib/wicked/lease-${name}-dhcp-ipv4.xml`) && runs(files, 'wickedd-dhcp4')) return 'wicked';
  return runs(files, 'connmand') ? 'ConnMan' : undefined;
}

const runs = (files: ConfigFiles, program: string): boolean =>
  files
    .list('/proc', '')
    .some((folder) => /\/[0-9]+$/.test(folder) && files.text(`${folder}/comm`)?.trim() === program);

/** Servers that stand in resolv.conf, where a DHCP client would write others over them. */
const hasOwnServers = (files: ConfigFiles, { dns }: IpConfiguration): boolean =>
  dns.length > 0 && resolverInCharge(files) === 'file';

function changeAddresses(family: 4 | 6, { name }: TargetInterface, change: Change): ManagerCommand[] {
  const { hold, first, put, last } = family === 4 ? stepsUnderDhcp(change) : stepsOf(6, change);
  const remove = (address: InterfaceAddress): ManagerCommand => ({
    argv: ['ip', 'address', 'del', cidr(address), 'dev', name],
    // Its primary, or a DHCP client that ended, may have taken it along.
    mayFail: true,
  });
  const add = (address: InterfaceAddress) =>
    ip('address', 'replace', cidr(address), ...broadcast(address), 'dev', name);
  const putAll = put.map(add);
  // Without promote_secondaries a primary takes its secondaries along, wanted ones too: then they are put once more.
  const again = family === 4 && last.length > 0 ? putAll : [];
  return [...hold.map(add), ...first.map(remove), ...putAll, ...last.map(remove), ...again];
}

const stepsOf = (family: 4 | 6, { from, to }: Change) => addressSteps(family, from.addresses, to.addresses);

/** What a client leased is its own while it runs, and gone when it has stopped. */
function stepsUnderDhcp({ from, to }: Change): AddressSteps {
  if (!from.dhcp) return stepsOf(4, { from, to });
  if (to.dhcp) return { hold: [], first: [], put: to.addresses, last: [] };
  return { hold: [], first: from.addresses, put: to.addresses, last: [] };
}

/**
 * Default routes are this interface's own by a metric that no other has: `replace` takes the place of any route of the
 * same metric, another interface's too.
 */
function changeRoutes(family: 4 | 6, { name, index }: TargetInterface, { from, to }: Change): ManagerCommand[] {
  const dhcpChanges = family === 4 && from.dhcp !== to.dhcp;
  const sameGateways = from.gateways.join() === to.gateways.join();
  const { put, last } = stepsOf(family, { from, to });
  const sameAddresses = put.length === 0 && last.length === 0;
  if (sameGateways && sameAddresses && !dhcpChanges) return [];
  const old = family === 4 && from.dhcp && to.dhcp ? [] : from.gateways;
  const familyOption = `-${family}`;
  // `flush` passes over multipath routes, of which `del` needs every hop: one with a hop of another interface stays.
  const subnets = new Subnets(to.addresses);
  const hops = old.flatMap((gateway) => ['nexthop', 'via', gateway, 'dev', name]);
  const multipath: ManagerCommand[] =
    old.length < 2 ? [] : [{ argv: ['ip', familyOption, 'route', 'del', 'default', ...hops], mayFail: true }];
  return [
    ...multipath,
    ...old.map((gateway) => ip(familyOption, 'route', 'flush', 'exact', 'default', 'via', gateway, 'dev', name)),
    ...to.gateways.map((gateway, at) =>
      ip(
        familyOption,
        'route',
        'replace',
        'default',
        'via',
        gateway,
        'dev',
        name,
        ...(subnets.reach(gateway) ? [] : ['onlink']),
        'metric',
        `${BASE_METRIC + index * METRICS_PER_INTERFACE + at}`,
      ),
    ),
  ];
}

const SUSE_FOLDER = '/etc/sysconfig/network';

/** Managers that there is no backend for, where they are in use. */
function strangers(files: ConfigFiles, name: string): string[] {
  const suse = `${SUSE_FOLDER}/ifcfg-${name}`;
  return [
    ...(files.list(SUSE_FOLDER, '').includes(suse) ? [`wicked or SUSE's network scripts have the file ${suse}`] : []),
    ...(isEnabled(files, 'connman.service') ? ['ConnMan is enabled'] : []),
    ...(isEnabled(files, 'dhcpcd.service') ? ['dhcpcd is enabled for every interface'] : []),
  ];
}

/** Below the 1024 of routes that a router's advertisement makes. */
const BASE_METRIC = 200;
/** More than a host can name of one family. */
const METRICS_PER_INTERFACE = 8;

/** The broadcast address of a subnet that is large enough to have one. */
function broadcast({ family, prefix }: InterfaceAddress): string[] {
  return family === 4 && prefix < 31 ? ['broadcast', '+'] : [];
}

const cidr = ({ text, prefix }: InterfaceAddress) => `${text}/${prefix}`;
const ip = (...words: string[]): ManagerCommand => ({ argv: ['ip', ...words] });

/** After `dev` any name is a name to `ip`, but it takes only what a kernel takes. */
function checkName(name: string): void {
  if (!/^[^\s/:\0]{1,15}$/u.test(name) || name === '.' || name === '..')
    throw new KvpError('ERR_NET_INTERFACE', { detail: 'iproute2', actual: JSON.stringify(name) });
}
