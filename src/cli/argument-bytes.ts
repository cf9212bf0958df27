/** Arguments as they were typed: Node replaces what is not UTF-8 in them by U+FFFD. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { CommandEnd, EXIT } from './exit-codes.js';

/**
 * Refuses a text that the user did not type as it stands here. Only Linux shows what was typed; elsewhere a text with
 * U+FFFD is taken as it is.
 *
 * @throws CommandEnd with the exit code for usage
 */
export function mustBeAsTyped(what: string, text: string): void {
  if (!text.includes('\ufffd')) return;
  const isTyped = typedArguments().some((typed) => typed.toString('utf8') === text && !isUtf8(typed));
  if (isTyped) throw new CommandEnd(EXIT.usage, `the ${what} is not UTF-8; nothing was changed`);
}

function typedArguments(): Buffer[] {
  try {
    const line = readFileSync('/proc/self/cmdline');
    return line
      .toString('latin1')
      .split('\0')
      .map((argument) => Buffer.from(argument, 'latin1'));
  } catch {
    return [];
  }
}
