import { Command } from 'commander';
import { withDaemonOptions } from '../daemon-program.js';

export function daemonCommand(): Command {
  return withDaemonOptions(
    new Command('daemon').description("serve the driver's device from the pools, in the background without -n"),
  );
}
