/** Arguments as the caller gave them: Node decodes them, and puts U+FFFD where they are no UTF-8. */
import { readFileSync } from 'node:fs';
import { MisuseError } from '../errors.js';

const REPLACEMENT = '\ufffd';

/**
 * Refuses an argument that is not UTF-8, for what would be stored is not what was given. Where the system does not show
 * a process its own arguments, every U+FFFD counts as one that Node put there.
 *
 * @param words what follows the program's name
 * @throws MisuseError with the number of the argument
 */
export function requireUtf8Arguments(words: readonly string[]): void {
  if (!words.some((word) => word.includes(REPLACEMENT))) return;
  const given = givenWords(words.length);
  words.forEach((word, index) => {
    if (!word.includes(REPLACEMENT) || given?.[index]?.equals(Buffer.from(word))) return;
    throw new MisuseError(
      `argument ${index + 1} is not UTF-8 - set your terminal to UTF-8, or give the value as Base64`,
    );
  });
}

/** The last `count` words of the command line, as bytes. */
function givenWords(count: number): Buffer[] | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync('/proc/self/cmdline');
  } catch {
    return undefined;
  }
  const words: Buffer[] = [];
  for (let rest = bytes, end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
    words.push(rest.subarray(0, end));
    rest = rest.subarray(end + 1);
  }
  return words.slice(-count);
}
