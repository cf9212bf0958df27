/** The `hv-kvp` command: see src/cli/commands for one file a command. */
import { Command } from 'commander';
import { commands } from './commands/index.js';
import { runProgram } from './run-program.js';
import { packageVersion } from './version.js';

export async function main(): Promise<void> {
  const program = new Command('hv-kvp')
    .description('The Hyper-V key-value pair (KVP) system: daemon, pool files, simulated host')
    .version(packageVersion())
    .showHelpAfterError('(hv-kvp --help lists the commands)');
  // Help, and a name that is not known, need all of them.
  const [name = ''] = process.argv.slice(2);
  const needed = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  for (const each of needed) program.addCommand(await commands[each]!());
  await runProgram(program, process.argv);
}
