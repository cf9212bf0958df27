/** The guest's network configuration: read by MAC, set by GUID, stored for a failover. */
import { Command } from 'commander';
import type { IpInfo } from '../../codec/index.js';
import type { IpConfiguration } from '../../host/index.js';
import { type GivenIp, ipLists, withIpOptions } from '../ip-options.js';
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
    async (guid: string, options: ControlOptions & GivenIp) => {
      await ask(options, 'set-ip', { guid, configuration: ipLists(options) });
      if (options.json) printJson({ guid, set: true });
    },
  );
}

export function failoverCommand(): Command {
  const failover = new Command('failover').description('settings that a failover applies, and the failover itself');
  failover.addCommand(
    withConfiguration(controlCommand('set', 'store settings (SetFailoverNetworkAdapterSettings)')).action(
      async (guid: string, options: ControlOptions & GivenIp) => {
        await ask(options, 'failover-set', { guid, configuration: ipLists(options) });
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

function withConfiguration(command: Command): Command {
  return withIpOptions(command.argument('<guid>', "the adapter's GUID"));
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
