/** Text from a peer, a file or a command line, made safe to show to people. The one rule of the package for that. */

/**
 * What moves a cursor, reorders what is read, or cannot be seen: control characters (C0, DEL, C1), lone surrogates, line
 * and paragraph separators, bidirectional controls, and all that Unicode calls ignorable, but for what joins letters and
 * emoji (U+200C, U+200D) or chooses their form (U+FE00 to U+FE0F).
 */
const UNSAFE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufff9-\ufffb]|(?!\u200c|\u200d|[\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

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
