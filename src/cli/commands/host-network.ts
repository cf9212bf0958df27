/** The guest's network configuration: read by MAC, set by GUID, stored for a failover. */
import { Command } from 'commander';
import ipaddr from 'ipaddr.js';
import type { IpInfo } from '../../codec/index.js';
import { MisuseError } from '../../errors.js';
import type { IpConfiguration } from '../../host/index.js';
import { printable, printJson, printLine } from '../output.js';
import { ask, type ControlOptions, controlCommand } from './host-options.js';

export function getIpCommand(): Command {
  return controlCommand('get-ip', "ask for an adapter's configuration (Msvm_GuestNetworkAdapterConfiguration)")
    .argument('<mac>', 'such as 00:15:5D:01:02:03')
    .action(async (mac: string, options: ControlOptions) => {
      const ip = (await ask(options, 'get-ip', { mac })) as IpInfo;
      if (options.json) printJson(ip);
      else printIp(ip);
    });
}

export function setIpCommand(): Command {
  return withConfiguration(controlCommand('set-ip', 'set it (SetGuestNetworkAdapterConfiguration)')).action(
    async (guid: string, options: ControlOptions & Given) => {
      await ask(options, 'set-ip', { guid, configuration: configurationOf(options) });
      if (options.json) printJson({ guid, set: true });
    },
  );
}

export function failoverCommand(): Command {
  const failover = new Command('failover').description('settings that a failover applies, and the failover itself');
  failover.addCommand(
    withConfiguration(controlCommand('set', 'store settings (SetFailoverNetworkAdapterSettings)')).action(
      async (guid: string, options: ControlOptions & Given) => {
        await ask(options, 'failover-set', { guid, configuration: configurationOf(options) });
        if (options.json) printJson({ guid, stored: true });
      },
    ),
  );
  failover.addCommand(
    controlCommand('clear', 'forget stored settings')
      .argument('<guid>')
      .action(async (guid: string, options: ControlOptions) => {
        await ask(options, 'failover-clear', { guid });
        if (options.json) printJson({ guid, stored: false });
      }),
  );
  failover.addCommand(
    controlCommand('list', 'print stored settings').action(async (options: ControlOptions) => {
      const settings = (await ask(options, 'failover-list')) as { guid: string; configuration: IpConfiguration }[];
      if (options.json) printJson({ settings });
      else for (const { guid, configuration } of settings) printLine(`${guid}\t${JSON.stringify(configuration)}`);
    }),
  );
  failover.addCommand(
    controlCommand('start', 'boot the guest with the stored settings').action(async (options: ControlOptions) => {
      const result = await ask(options, 'failover');
      if (options.json) printJson(result);
    }),
  );
  return failover;
}

interface Given {
  dhcp?: true;
  address: string[];
  gateway: string[];
  dns: string[];
}

const collect = (value: string, list: string[]) => [...list, value];

function withConfiguration(command: Command): Command {
  return command
    .argument('<guid>', "the adapter's GUID")
    .option('--dhcp', 'take addresses by DHCP')
    .option('--address <address/prefix>', 'such as 192.168.1.5/24 or fd00::5/64; repeatable', collect, [])
    .option('--gateway <address>', 'at most five a family; repeatable', collect, [])
    .option('--dns <address>', 'repeatable', collect, []);
}

function configurationOf({ dhcp, address, gateway, dns }: Given): IpConfiguration {
  const pairs = address.map(splitPrefix);
  return {
    dhcp: dhcp === true,
    addresses: pairs.map(([text]) => text),
    subnets: pairs.map(([, subnet]) => subnet),
    gateways: gateway,
    dns,
  };
}

/** IPv4 blocks carry masks, IPv6 blocks prefix lengths (protocol.md 5.8). */
function splitPrefix(text: string): [address: string, subnet: string] {
  const [address = '', prefix = ''] = text.split('/');
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (ipaddr.IPv4.isValidFourPartDecimal(address) && length <= 32) {
    return [address, ipaddr.IPv4.subnetMaskFromPrefixLength(length).toString()];
  }
  if (ipaddr.IPv6.isValid(address) && length <= 128) return [address, String(length)];
  throw new MisuseError(`"${text}" is not an address with a prefix length`);
}

function printIp({ adapterId, dhcp, addresses, subnets, gateways, dns }: IpInfo): void {
  printLine(`adapter\t${printable(adapterId)}`);
  addresses.forEach((address, index) => {
    printLine(`address\t${printable(address)}\t${printable(subnets[index] ?? '')}`);
  });
  for (const gateway of gateways) printLine(`gateway\t${printable(gateway)}`);
  for (const server of dns) printLine(`dns\t${printable(server)}`);
  printLine(`dhcp\t${dhcp ? 'yes' : 'no'}`);
}
