/** `hv-kvp-daemon`: stands in for the stock hv_kvp_daemon, with its options and exit codes. */
import { Command } from 'commander';
import { withDaemonOptions } from './daemon-program.js';
import { runProgram } from './run-program.js';

export function main(): void {
  const program = withDaemonOptions(
    new Command('hv-kvp-daemon').description('Answers the Hyper-V host from KVP pools'),
  );
  // Any failure of the stock daemon is a 1.
  process.once('exit', () => {
    if (process.exitCode) process.exitCode = 1;
  });
  void runProgram(program, process.argv);
}
