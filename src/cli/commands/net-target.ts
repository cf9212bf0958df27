/** What `net plan` and `net apply` are asked for: an interface, the wanted configuration, and a manager. */
import { type Command, Option } from 'commander';
import { MisuseError } from '../../errors.js';
import { BACKEND_NAMES, type BackendName, type IpConfiguration, parseWanted } from '../../net/index.js';
import { type GivenIp, ipLists, withIpOptions } from '../ip-options.js';

export interface NetTargetOptions extends GivenIp {
  net: BackendName | 'auto';
  json: boolean;
}

export function withNetTarget(command: Command): Command {
  return withIpOptions(command.argument('<interface>', 'its name'))
    .addHelpText('after', '\nThe options are the whole configuration: what they do not name goes.')
    .addOption(
      new Option('--net <backend>', 'what manages the network').choices(['auto', ...BACKEND_NAMES]).default('auto'),
    )
    .option('--json', 'one JSON object', false);
}

/** Throws ERR_NET_ADDRESS and MisuseError. */
export function wantedOf(options: GivenIp): IpConfiguration {
  const { dhcp, addresses, subnets, gateways, dns } = ipLists(options);
  if (!dhcp && addresses.length + gateways.length + dns.length === 0) {
    throw new MisuseError('say what is wanted: --dhcp, --address, --gateway, --dns');
  }
  const joined = (list: string[]) => list.join(';');
  return parseWanted({
    dhcp,
    addresses: joined(addresses),
    subnets: joined(subnets),
    gateways: joined(gateways),
    dns: joined(dns),
  });
}
