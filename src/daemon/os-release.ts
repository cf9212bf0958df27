/** os-release(5): shell-like assignments, where a quoted or escaped value stands for its text. */

const LINE = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/** The assignments of the file; of several to one name the last counts, as in a shell. Lines that are none are skipped. */
export function parseOsRelease(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line.trim());
    if (match) values.set(match[1]!, unquote(match[2]!));
  }
  return values;
}

function unquote(raw: string): string {
  if (raw.startsWith("'")) {
    const end = raw.indexOf("'", 1);
    return end < 0 ? raw.slice(1) : raw.slice(1, end);
  }
  const quoted = raw.startsWith('"');
  let text = '';
  for (let at = quoted ? 1 : 0; at < raw.length; at++) {
    const character = raw[at]!;
    // Within double quotes a shell takes the backslash away only before these; without quotes always.
    if (character === '\\' && at + 1 < raw.length && (!quoted || '"$`\\'.includes(raw[at + 1]!))) {
      text += raw[++at]!;
    } else if (quoted ? character === '"' : /\s/.test(character)) break;
    else text += character;
  }
  return text;
}
