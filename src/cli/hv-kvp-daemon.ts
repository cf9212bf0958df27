/** `hv-kvp-daemon`: stands in for the stock hv_kvp_daemon, with its options and exit codes. */
import { setFlagsFromString } from 'node:v8';

// Before anything else is loaded, since loading would be optimized too. The optimizing compiler takes 10 MB or more and
// gives up to 30 µs a request (docs/decisions.md).
setFlagsFromString('--no-opt');

const [{ Command }, { withDaemonOptions }, { runProgram }] = await Promise.all([
  import('commander'),
  import('./daemon-program.js'),
  import('./run-program.js'),
]);

const program = withDaemonOptions(new Command('hv-kvp-daemon').description('Answers the Hyper-V host from KVP pools'));
await runProgram(program, process.argv);
// Any failure of the stock daemon is a 1.
if (process.exitCode) process.exitCode = 1;
