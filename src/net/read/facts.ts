/** What the daemon knows of this machine's network: gathered ahead of any request, kept, and refreshed on change. */

import {
  optional,
  requireFunction,
  requireInteger,
  requireMethods,
  requireObject,
  requirePath,
  requireText,
} from '../../arguments.js';
import type { WallClock } from '../../clock.js';
import { MAX_MS, requireFamily } from '../arguments.js';
import { ConfigFiles } from '../config-files.js';
import { rankedAddresses } from './address-rank.js';
import { interfaceByMac } from './carrier.js';
import { usesDhcp } from './dhcp-state.js';
import { dnsServersByInterface } from './dns-servers.js';
import { freebsdKernel } from './freebsd/freebsd-kernel.js';
import { type Interface, interfacesOf } from './interfaces.js';
import { type IpInfo, ipInfoOf } from './ip-info.js';
import { type Kernel, netlinkKernel, portableKernel } from './kernel.js';
import { IFA_F_PERMANENT } from './rtnetlink.js';

export interface NetFactsOptions {
  /** Stands in front of every configuration file's path. */
  root?: string;
  /** Milliseconds between looks for changes. Default 500. */
  refreshMs?: number;
  /** Hears of failures to read; the last facts stay in use. */
  onError?: (error: unknown) => void;
  /** Decides whether a lease is over. Default `Date.now`. */
  wallClock?: WallClock;
  /** For tests. */
  kernel?: Kernel;
}

/** An interface with its configuration, for people. */
export interface InterfaceFacts extends Interface {
  dns: readonly string[];
  dhcp: boolean;
}

export interface NetFacts {
  /** Facts for the interface with this MAC; undefined when there is none. Never spawns, never waits. */
  ipInfoByMac(mac: string): Promise<IpInfo | undefined>;
  /** Of one family, of all interfaces, without loopback, zone and duplicates, the most useful first. */
  addresses(family: 4 | 6): readonly string[];
  /** Every interface but the loopback. */
  interfaces(): readonly InterfaceFacts[];
  /** Looks again at everything. Where that takes no process (Linux) it is done when the call returns. */
  refresh(): Promise<void>;
  close(): void;
}

interface Snapshot {
  interfaces: Interface[];
  /** Of each family, the most useful first. */
  addresses: Record<4 | 6, readonly string[]>;
  dnsOf(one: Interface): readonly string[];
  /** Interface index → what `ipInfoByMac` gives; made when first asked for. */
  ipInfos: Map<number, IpInfo>;
}

/**
 * ```ts
 * const net = createNetFacts();
 * await net.ipInfoByMac('00:15:5D:01:02:03'); // { family: 1, dhcp: true, addresses: '10.0.0.5', … }
 * net.close();
 * ```
 */
export function createNetFacts(options: NetFactsOptions = {}): NetFacts {
  requireObject('options', options);
  optional(requirePath, 'root', options.root);
  optional((name, value: number) => requireInteger(name, value, 1, MAX_MS), 'refreshMs', options.refreshMs);
  optional(requireFunction, 'onError', options.onError);
  optional(requireFunction, 'wallClock', options.wallClock);
  optional((name, value: Kernel) => requireMethods(name, value, 'read', 'changed', 'close'), 'kernel', options.kernel);
  const { root = '/', refreshMs = 500, onError = () => {}, wallClock = Date.now } = options;
  const files = new ConfigFiles(root);
  const kernel = options.kernel ?? kernelOfThisMachine(onError);
  const isHardware = (name: string) => files.exists(`/sys/class/net/${name}/device`);
  let snapshot: Snapshot | undefined;
  /** Something changed that could not be read yet. */
  let isOld = false;

  /** Reads everything again when something changed. Only reading the kernel can fail; then the last facts stay. */
  function look(): void {
    try {
      const kernelChanged = kernel.changed();
      const filesChanged = files.changed();
      isOld ||= kernelChanged || filesChanged;
      if (snapshot !== undefined && !isOld) return;
      snapshot = gather();
      isOld = false;
    } catch (error) {
      onError(error);
    }
  }

  function gather(): Snapshot {
    const tables = kernel.read();
    const interfaces = interfacesOf(tables).map((one) => ({ ...one, isHardware: isHardware(one.name) }));
    const over = { interfaces, gateways: tables.gateways, isHardware };
    const addresses = { 4: rankedAddresses(4, over), 6: rankedAddresses(6, over) };
    return { interfaces, addresses, dnsOf: dnsServersByInterface(files, interfaces), ipInfos: new Map() };
  }

  function lookAnew(): void {
    snapshot = undefined;
    look();
  }

  function refresh(): Promise<void> {
    if (kernel.gather !== undefined) return kernel.gather().catch(onError).then(lookAnew);
    lookAnew();
    return Promise.resolve();
  }

  function current(): Snapshot {
    if (snapshot === undefined) look();
    return snapshot ?? { interfaces: [], addresses: { 4: [], 6: [] }, dnsOf: () => [], ipInfos: new Map() };
  }

  const isDhcp = ({ index, name, addresses }: Interface): boolean => {
    const ipv4 = addresses.filter(({ family }) => family === 4);
    const hasLifetime = ipv4.some(({ flags }) => (flags & IFA_F_PERMANENT) === 0);
    return usesDhcp(files, { index, name, ipv4: ipv4.map(({ text }) => text), hasLifetime, time: wallClock() });
  };

  // Off the path of the first request; whoever asks earlier gathers earlier.
  const first = setImmediate(() => (kernel.gather === undefined ? look() : void refresh()));
  const timer = setInterval(look, refreshMs);
  timer.unref();
  return {
    async ipInfoByMac(mac) {
      requireText('mac', mac);
      const { interfaces, dnsOf, ipInfos } = current();
      const found = interfaceByMac(interfaces, mac);
      if (found === undefined) return undefined;
      let info = ipInfos.get(found.index);
      if (info === undefined) {
        info = ipInfoOf(found, dnsOf(found), isDhcp(found));
        ipInfos.set(found.index, info);
      }
      return info;
    },
    addresses(family) {
      requireFamily('family', family);
      return current().addresses[family];
    },
    interfaces() {
      const { interfaces, dnsOf } = current();
      return interfaces
        .filter(({ loopback }) => !loopback)
        .map((one) => ({ ...one, dns: dnsOf(one), dhcp: isDhcp(one) }));
    },
    refresh,
    close() {
      clearImmediate(first);
      clearInterval(timer);
      kernel.close();
    },
  };
}

function kernelOfThisMachine(onError: (error: unknown) => void): Kernel {
  if (process.platform === 'linux') {
    try {
      return netlinkKernel();
    } catch (error) {
      onError(error);
    }
  }
  return process.platform === 'freebsd' ? freebsdKernel() : portableKernel();
}
