/** Text from a peer, a file or a command line, made safe to show to people. The one rule of the package for that. */

/**
 * What moves a cursor, reorders what is read, or cannot be seen: control characters (C0, DEL, C1), lone surrogates, line
 * and paragraph separators, bidirectional controls, and invisible characters but those that join letters and emoji.
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u180e\u200b\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t' };

const escaped = (character: string): string => SHORT[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`;

/** One field: nothing unsafe is left, no tab and no line feed either. */
export const printable = (text: string): string => text.replace(UNSAFE, escaped);

/** One line whose fields tabs separate. */
export const printableLine = (text: string): string =>
  text.replace(UNSAFE, (character) => (character === '\t' ? character : escaped(character)));

/** JSON for programs, safe on a terminal: the same value, what is unsafe written as JSON's own escapes. */
export const printableJson = (value: unknown): string => {
  // JSON has no undefined: its name is shown, which is no worse for a person and no JSON for a program.
  const text = String(JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item)));
  return text.replace(UNSAFE, (character) => character.split('').map(unitEscape).join(''));
};

const unitEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
