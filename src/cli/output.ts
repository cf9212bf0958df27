/** What commands print: data on stdout, one JSON object (or one a line for streams) with --json. */

export function printJson(value: unknown): void {
  process.stdout.write(
    `${JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item))}\n`,
  );
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * Text from a peer or a file, safe on a terminal: C0 and C1 control characters and bidirectional overrides are shown
 * as escapes, so that a value can neither move the cursor nor reorder what is read.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u{${code.toString(16)}}`;
  });
}
