/** Names by the globs of fnmatch(3): * ? [a-z] [!a-z] [^a-z] [[:digit:]], and a backslash before what is meant as it is. */

type Token = '*' | ((char: string) => boolean);

const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[A-Za-z0-9]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  xdigit: /[0-9A-Fa-f]/,
  space: /\s/,
  punct: /[!-/:-@[-`{-~]/,
};

export const isGlob = (text: string): boolean => /[*?[\\]/.test(text);

/** In time that grows with the product of both lengths, whatever the glob. */
export function matchesGlob(glob: string, name: string): boolean {
  const tokens = tokensOf(glob);
  const chars = [...name];
  let token = 0;
  let at = 0;
  /** Where the last star stood, and how far it reached. */
  let star = -1;
  let reached = 0;
  while (at < chars.length) {
    const next = tokens[token];
    if (next === '*') {
      star = token++;
      reached = at;
    } else if (next?.(chars[at]!)) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++reached;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === '*');
}

function tokensOf(glob: string): Token[] {
  const tokens: Token[] = [];
  const literal = (char: string) => tokens.push((one) => one === char);
  for (let rest = glob; rest !== ''; ) {
    const [char = ''] = rest;
    const set = char === '[' ? SET.exec(rest) : null;
    if (set !== null) {
      tokens.push(setOf(set[2]!, set[1] !== ''));
      rest = rest.slice(set[0].length);
      continue;
    }
    const escaped = char === '\\' && rest.length > 1 ? [...rest.slice(1)][0]! : undefined;
    if (char === '*') tokens.push('*');
    else if (char === '?') tokens.push(() => true);
    else literal(escaped ?? char);
    rest = rest.slice(char.length + (escaped?.length ?? 0));
  }
  return tokens;
}

/** A bracket right behind the first one, or behind its "!", is one of the set. */
const SET = /^\[([!^]?)(\]?(?:\[:[a-z]+:\]|\\[\s\S]|[^\]\\])*)\]/;

function setOf(text: string, isNegated: boolean): Token {
  const tests: ((char: string) => boolean)[] = [];
  for (const [, name, from, to] of text.matchAll(/\[:([a-z]+):\]|(\\[\s\S]|[\s\S])(?:-(\\[\s\S]|[\s\S]))?/gu)) {
    const bare = (part: string) => part.replace(/^\\(?=[\s\S])/, '');
    if (name !== undefined) tests.push((char) => CLASSES[name]?.test(char) ?? false);
    else if (to === undefined) tests.push((char) => char === bare(from!));
    else tests.push((char) => char >= bare(from!) && char <= bare(to));
  }
  return (char) => tests.some((test) => test(char)) !== isNegated;
}
