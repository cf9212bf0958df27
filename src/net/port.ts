/** What the daemon asks of the network: facts for GET_IP_INFO, and the change that SET_IP_INFO wants. */

import { optional, requireFunction, requireMethods, requireObject, requireSignal, requireText } from '../arguments.js';
import { KvpError } from '../errors.js';
import { Status } from '../wire/status.js';
import { type AdapterLookUp, lookUpByName, lookUpInSysfs } from './adapter.js';
import { requireFamily } from './arguments.js';
import type { IpConfiguration } from './configuration.js';
import type { NetFacts } from './read/facts.js';
import type { IpInfo } from './read/ip-info.js';
import { parseWanted, type WantedText } from './wanted.js';

/** Makes the interface so and resolves when that is verified; rejects, with the old configuration restored, when not. */
export type ChangeConfiguration = (
  interfaceName: string,
  wanted: IpConfiguration,
  signal: AbortSignal,
) => Promise<void>;

export interface NetPortOptions {
  facts: NetFacts;
  /** Without it nothing is changed: a wanted configuration is checked and refused, as the stock daemon does without its script. */
  change?: ChangeConfiguration;
  /** Default: that of this platform's driver. */
  lookUp?: AdapterLookUp;
}

/** The daemon's `NetPort` and `AddressesPort` in one. */
export interface NetOfDaemon {
  ipInfoByMac(mac: string): Promise<IpInfo | undefined>;
  setIpInfo(wanted: WantedText & { adapterId: string }, signal: AbortSignal): Promise<number>;
  addresses(family: 4 | 6): readonly string[];
  refresh(): void;
}

/**
 * ```ts
 * const facts = createNetFacts();
 * const net = createNetPort({ facts });
 * await net.ipInfoByMac('00:15:5D:01:02:03');
 * facts.close();
 * ```
 */
export function createNetPort(options: NetPortOptions): NetOfDaemon {
  requireObject('options', options);
  const { facts, change } = options;
  requireMethods('facts', facts, 'interfaces', 'refresh');
  optional(requireFunction, 'change', change);
  optional(requireFunction, 'lookUp', options.lookUp);
  const { lookUp = lookUpOfPlatform(facts) } = options;
  return {
    ipInfoByMac: async (mac) => {
      requireText('mac', mac);
      return facts.ipInfoByMac(mac);
    },
    addresses: (family) => {
      requireFamily('family', family);
      return facts.addresses(family);
    },
    refresh: () => facts.refresh(),
    async setIpInfo(text, signal) {
      requireObject('wanted', text);
      requireText('wanted.adapterId', text.adapterId);
      requireSignal('signal', signal);
      const name = lookUp(text.adapterId);
      if (name === undefined) throw new KvpError('ERR_NET_ADAPTER');
      const wanted = parseWanted(text);
      if (change === undefined) return Status.Fail;
      await change(name, wanted, signal);
      return Status.Ok;
    },
  };
}

const lookUpOfPlatform = (facts: NetFacts): AdapterLookUp =>
  process.platform === 'freebsd' ? lookUpByName(facts) : lookUpInSysfs();
