/** The `hv-kvp` command: see src/cli/commands for one file a command. */
import { Command } from 'commander';
import { commands } from './commands/index.js';
import { runProgram } from './run-program.js';
import { packageVersion } from './version.js';

export function main(): void {
  const program = new Command('hv-kvp')
    .description('The Hyper-V key-value pair (KVP) system: daemon, pool files, simulated host')
    .version(packageVersion())
    .showHelpAfterError('(hv-kvp --help lists the commands)');
  for (const make of commands) program.addCommand(make());
  void runProgram(program, process.argv);
}
