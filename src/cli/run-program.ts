import { type Command, CommanderError } from 'commander';
import { CommandEnd, EXIT, exitCodeOf } from './exit-codes.js';
import { printable } from './output.js';

/**
 * Runs a program and sets the process's exit code: 0 ok, 1 not found or negative, 2 usage or validation, 3 I/O.
 * Errors are one line on stderr; a reader that went away (SIGPIPE) ends the program quietly.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
  overrideExit(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its own text; help and version are successes.
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
      return;
    }
    if (!(error instanceof CommandEnd && error.message === '')) {
      const text = error instanceof Error ? error.message : String(error);
      // It may quote a peer or a file.
      process.stderr.write(`${program.name()}: ${text.split('\n').map(printable).join('\n')}\n`);
    }
    process.exitCode = exitCodeOf(error);
  }
}

/** Commander would exit the process by itself, with its own codes, in each subcommand. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}
