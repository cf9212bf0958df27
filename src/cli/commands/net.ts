/** `hv-kvp net`: the network half, for people. */
import { Command } from 'commander';
import { netApplyCommand, netRollbackCommand } from './net-apply.js';
import { netPlanCommand } from './net-plan.js';
import { netShowCommand } from './net-show.js';

export function netCommand(): Command {
  const net = new Command('net').description(
    'the network configuration: as a Hyper-V host sees it, and as it would set it',
  );
  for (const command of [netShowCommand, netPlanCommand, netApplyCommand, netRollbackCommand])
    net.addCommand(command());
  return net;
}
