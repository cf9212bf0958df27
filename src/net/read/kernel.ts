/** Links, addresses and gateways as the kernel has them at one moment. */
import { networkInterfaces } from 'node:os';
import {
  dumpRoutingTable,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETNEXTHOP,
  RTM_GETROUTE,
  watchRoutingTable,
} from '../../os/netlink.js';
import { canonicalAddress, isLinkLocalIpv6 } from '../address-text.js';
import { type Gateway, mayConcernGateways, namesNextHops, readGateways } from './default-routes.js';
import { type Address, IFA_F_PERMANENT, type Link, readAddresses, readLinks, SCOPE_LINK } from './rtnetlink.js';

export interface KernelTables {
  links: Link[];
  addresses: Address[];
  /** Of default routes, the preferred one first. */
  gateways: Gateway[];
}

export interface Kernel {
  /** What is known now. Never waits, never starts a process. */
  read(): KernelTables;
  /** Where reading takes processes: asks them anew, for `read` to know. Rejects when they fail; nothing stale is read then. */
  gather?(): Promise<void>;
  /** Whether anything may have changed since the last call. Never waits. */
  changed(): boolean;
  close(): void;
}

/** Linux, by netlink. Throws ERR_OS_UNAVAILABLE where there is none. */
export function netlinkKernel(): Kernel {
  // Before the first dump, so that no change falls between.
  const changes = watchRoutingTable(mayConcernGateways);
  return {
    read: () => ({
      links: readLinks(dumpRoutingTable(RTM_GETLINK)),
      addresses: readAddresses(dumpRoutingTable(RTM_GETADDR)),
      gateways: gatewaysOfKernel(),
    }),
    changed: () => changes.changed(),
    close: () => changes.close(),
  };
}

function gatewaysOfKernel(): Gateway[] {
  const routes = dumpRoutingTable(RTM_GETROUTE, mayConcernGateways);
  return readGateways(routes, namesNextHops(routes) ? dumpRoutingTable(RTM_GETNEXTHOP) : []);
}

/** Anywhere, by what Node knows: no gateways, no interface without an address. */
export function portableKernel(): Kernel {
  let last = '';
  return {
    read() {
      const found = networkInterfaces();
      last = JSON.stringify(found);
      return fromNode(found);
    },
    changed: () => JSON.stringify(networkInterfaces()) !== last,
    close() {},
  };
}

function fromNode(found: ReturnType<typeof networkInterfaces>): KernelTables {
  const tables: KernelTables = { links: [], addresses: [], gateways: [] };
  Object.entries(found).forEach(([name, infos = []], at) => {
    const first = infos[0];
    if (first === undefined) return;
    const index = at + 1;
    const mac = first.mac === '00:00:00:00:00:00' ? undefined : first.mac.toUpperCase();
    tables.links.push({ index, name, loopback: first.internal, up: true, mac, master: undefined });
    for (const info of infos) {
      const text = canonicalAddress(info.address);
      if (text === undefined) continue;
      const family = info.family === 'IPv6' ? 6 : 4;
      const prefix = Number(info.cidr?.split('/')[1] ?? (family === 4 ? 32 : 128));
      const scope = isLinkLocalIpv6(text) ? SCOPE_LINK : 0;
      tables.addresses.push({ index, family, text, prefix, scope, flags: IFA_F_PERMANENT });
    }
  });
  return tables;
}
