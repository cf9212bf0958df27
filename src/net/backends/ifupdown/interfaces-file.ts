/** interfaces(5) as text that can be edited: stanzas and the lines between them, every one of them kept. */
import { dirname, join } from 'node:path';
import type { ConfigFiles } from '../../config-files.js';
import { matchesGlob } from '../formats/glob.js';

/** One line, or several that end in a backslash. */
export interface Line {
  raw: string;
  /** None for a comment or an empty line. */
  words: readonly string[];
}

export interface Stanza {
  /** The keyword's line, options, and what stands between them; no keyword before the file's first stanza. */
  lines: Line[];
  /** Comments and empty lines before the next stanza: they belong to nobody in particular. */
  tail: Line[];
  /** Before its options while it has none; undefined: as is usual. */
  indent?: string | undefined;
}

export interface InterfacesFile {
  path: string;
  before: string | undefined;
  stanzas: Stanza[];
}

export interface Interfaces {
  /** The main file first, even where there is none. */
  files: InterfacesFile[];
  /** Includes that are not understood: nothing can be said of what they would add. */
  problem: string | undefined;
}

export const MAIN_FILE = '/etc/network/interfaces';

export function readInterfaces(files: ConfigFiles): Interfaces {
  const found: Interfaces = { files: [], problem: undefined };
  include(files, MAIN_FILE, found);
  return found;
}

export const keywordOf = ({ lines }: Stanza): string => lines[0]?.words[0] ?? '';

export function interfacesText({ stanzas }: InterfacesFile): string {
  const lines = stanzas.flatMap(({ lines: own, tail }) => [...own, ...tail]).map(({ raw }) => raw);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

export function lineOf(raw: string): Line {
  const comment = /^\s*#/.test(raw);
  const words = raw
    .replaceAll('\\\n', ' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  return { raw, words: comment ? [] : words };
}

const KEYWORD =
  /^(iface|mapping|auto|allow-.+|no-auto-down|no-scripts|source|source-dir|source-directory|template|rename)$/;

function parseStanzas(text: string): Stanza[] {
  const stanzas: Stanza[] = [{ lines: [], tail: [] }];
  for (const line of logicalLines(text)) {
    const last = stanzas.at(-1)!;
    if (KEYWORD.test(line.words[0] ?? '')) stanzas.push({ lines: [line], tail: [] });
    else if (line.words.length === 0) last.tail.push(line);
    else {
      for (const passed of last.tail.splice(0)) last.lines.push(passed);
      last.lines.push(line);
    }
  }
  return stanzas;
}

/** An option that belongs to no stanza keeps ifup from reading anything. */
function misplacedIn(stanzas: readonly Stanza[], path: string): string | undefined {
  let line = 1;
  for (const { lines, tail } of stanzas) {
    const takesOptions = /^(?:iface|mapping|template)$/.test(lines[0]?.words[0] ?? '');
    for (const { raw, words } of lines) {
      const isOption = words.length > 0 && !KEYWORD.test(words[0]!);
      if (isOption && !takesOptions)
        return `${path}, line ${line}: ${raw.trim().slice(0, 80)}: it belongs to no stanza`;
      line += raw.split('\n').length;
    }
    line += tail.reduce((sum, { raw }) => sum + raw.split('\n').length, 0);
  }
  return undefined;
}

function logicalLines(text: string): Line[] {
  const lines: string[] = [];
  let open = false;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (open) lines[lines.length - 1] += `\n${line}`;
    else lines.push(line);
    open = line.endsWith('\\') && (open || !/^\s*#/.test(line));
  }
  return text === '' ? [] : lines.map(lineOf);
}

function include(files: ConfigFiles, path: string, found: Interfaces): void {
  const real = files.finalPath(path);
  if (found.files.some((file) => file.path === real)) return;
  // Of those that are included ifup passes over what is no file.
  const before = path === MAIN_FILE ? files.settings(path) : files.settingsUnlessSkipped(path, (text) => text);
  if (before === undefined && path !== MAIN_FILE) return;
  const stanzas = parseStanzas(before ?? '');
  found.problem ??= misplacedIn(stanzas, real);
  found.files.push({ path: real, before, stanzas });
  for (const { lines } of stanzas) {
    const [keyword = '', ...patterns] = lines[0]?.words ?? [];
    if (!keyword.startsWith('source')) continue;
    for (const pattern of patterns) {
      // The expansions of a shell, other than its globs.
      if (/[$`~"'\\(){}]/.test(pattern)) found.problem = `${real}: ${lines[0]!.raw.trim()}`;
      for (const one of expand(files, join(pattern.startsWith('/') ? '/' : dirname(path), pattern)))
        for (const file of keyword === 'source' ? [one] : plainlyNamed(files, one)) include(files, file, found);
    }
  }
}

/** The only names that `source-directory` takes. */
const plainlyNamed = (files: ConfigFiles, folder: string): string[] =>
  files.list(folder, '').filter((path) => /\/[A-Za-z0-9_-]+$/.test(path));

/** The paths that a pattern with globs means, sorted. */
function expand(files: ConfigFiles, pattern: string): string[] {
  let paths = ['/'];
  for (const part of pattern.split('/').filter((part) => part !== '')) {
    const isGlob = /[*?[]/.test(part);
    const fits = (path: string) => !path.includes('/.') && matchesGlob(part, path.slice(path.lastIndexOf('/') + 1));
    paths = paths.flatMap((folder) => (isGlob ? files.list(folder, '').filter(fits) : [join(folder, part)]));
  }
  return paths;
}
