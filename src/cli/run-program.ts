import { type Command, CommanderError } from 'commander';
import { CommandEnd, EXIT, exitCodeOf } from './exit-codes.js';
import { requireUtf8Arguments } from './given-bytes.js';
import { printable, talk } from './output.js';
import { followStandardStreams, outputFailed } from './standard-streams.js';

/**
 * Runs a program and sets the process's exit code: 0 ok, 1 not found or negative, 2 usage or validation, 3 I/O.
 * An error is one line on standard error; only a command's own ending has several.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  followStandardStreams();
  overrideCommander(program);
  try {
    requireUtf8Arguments(argv.slice(2));
    await program.parseAsync(argv);
  } catch (error) {
    const exitCode = tell(program.name(), error);
    if (!outputFailed()) process.exitCode = exitCode;
  }
}

/** Says what was wrong, if that has not been said; the exit code. */
function tell(name: string, error: unknown): number {
  // Commander has printed its own text; help and version are successes.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CommandEnd) {
    if (error.message !== '') talk(`${name}: ${error.message}`);
    return error.exitCode;
  }
  // It may quote a peer or a file, which must not look like a line of its own.
  talk(`${name}: ${printable(error instanceof Error ? error.message : String(error))}`);
  return exitCodeOf(error);
}

/** Commander would exit the process by itself with its own codes, and write what was typed as it is. */
function overrideCommander(command: Command): void {
  command.exitOverride();
  command.configureOutput({ writeErr: (text) => talk(text.trimEnd()) });
  for (const child of command.commands) overrideCommander(child);
}
