/**
 * Files of shell assignments (NAME=value), edited line by line: what is not touched stays as it was written. A line
 * that is anything else than one plain assignment is not understood, and matters only when it sets a name of ours.
 */
import { KvpError } from '../../../errors.js';
import { align } from './align.js';

export interface Assignment {
  name: string;
  value: string;
}

type NameTest = (name: string) => boolean;

/** A line, or several that quotes or a backslash join. */
interface Line {
  raw: string;
  name?: string;
  /** Undefined: not understood. */
  value?: string | undefined;
  /** Names that a line which is no plain assignment may set as well. */
  hidden?: readonly string[];
}

export interface ShellStyle {
  /** Around values that a shell would not need them for: none, or those of rc.conf(5). Default 'needed'. */
  quotes?: 'needed' | 'double';
}

export class ShellAssignments {
  readonly path: string;
  readonly #isDouble: boolean;
  #lines: Line[];

  constructor(text: string, path: string, { quotes = 'needed' }: ShellStyle = {}) {
    this.path = path;
    this.#isDouble = quotes === 'double';
    this.#lines = logicalLines(text).map(parseLine);
  }

  /** The last one counts. Throws ERR_NET_FILE for a line that sets the name in a way that is not understood. */
  get(name: string): string | undefined {
    return this.matching((one) => one === name).at(-1)?.value;
  }

  /** In the order of the lines. Throws as `get` does. */
  matching(ours: (name: string) => boolean): Assignment[] {
    return this.#lines.flatMap(({ name, value, raw, hidden = [] }) => {
      const isOurs = name !== undefined && ours(name);
      if ((isOurs && value === undefined) || hidden.some(ours)) {
        throw new KvpError('ERR_NET_FILE', { detail: `${this.path}: ${JSON.stringify(raw.slice(0, 80))}` });
      }
      return isOurs ? [{ name, value: value! }] : [];
    });
  }

  /** Of every line, understood or not. */
  names(): string[] {
    return this.#lines.flatMap(({ name, hidden = [] }) => (name === undefined ? hidden : [name, ...hidden]));
  }

  /** Undefined removes it. */
  set(name: string, value: string | undefined, near?: NameTest): void {
    this.replace((one) => one === name, value === undefined ? [] : [{ name, value }], near);
  }

  /**
   * Puts `assignments` where those stand whose name `ours` knows, and the rest behind them; where there is none, behind
   * those that `near` knows, else at the end.
   */
  replace(ours: NameTest, assignments: readonly Assignment[], near: NameTest = () => false): void {
    const isOurs = ({ name }: Line): boolean => name !== undefined && ours(name);
    const wanted = new Map(assignments.map((one) => [identity(one), one]));
    const { places, rest } = align(this.matching(ours).map(identity), [...wanted.keys()]);
    const last = (test: NameTest) => this.#lines.findLastIndex(({ name }) => name !== undefined && test(name));
    const anchor = [ours, near, () => true].map(last).find((at) => at >= 0) ?? this.#lines.length - 1;
    const added = rest.map((one) => newLine(wanted.get(one)!, this.#isDouble));
    this.#lines = [
      ...(anchor < 0 ? added : []),
      ...this.#lines.flatMap((line, at) => {
        const one = isOurs(line) ? places.shift() : undefined;
        const kept = isOurs(line)
          ? one === undefined
            ? []
            : [rewritten(line, wanted.get(one)!, this.#isDouble)]
          : [line];
        return at === anchor ? [...kept, ...added] : kept;
      }),
    ];
  }

  toString(): string {
    return this.#lines.map(({ raw }) => `${raw}\n`).join('');
  }
}

/** As a shell reads it back, whatever it holds. */
export function shellQuoted(value: string): string {
  return /^[A-Za-z0-9_.:/,+@%-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

const identity = ({ name, value }: Partial<Assignment>): string => `${name}=${value}`;

/** As a shell reads it back; with these quotes where it can be written with them. */
function quotedWith(quote: string, value: string): string {
  const isPlain = shellQuoted(value) === value;
  const fits = isPlain || (quote === '"' && !/["\\$`]/.test(value));
  return fits ? `${quote}${value}${quote}` : shellQuoted(value);
}

const newLine = ({ name, value }: Assignment, isDouble: boolean): Line => ({
  name,
  value,
  raw: `${name}=${quotedWith(isDouble ? '"' : '', value)}`,
});

/** The writer's quotes stay, and so does what follows the value. */
function rewritten(line: Line, { name, value }: Assignment, isDouble: boolean): Line {
  if (line.name === name && line.value === value) return line;
  const [, before = '', old = '', after = ''] =
    /^(\s*(?:export\s+)?)[A-Za-z0-9_]+=("[^"]*"|'[^']*'|[^\s"'\\]*)(\s.*)?$/s.exec(line.raw) ?? [];
  const quote = /^["']/.exec(old)?.[0] ?? (isDouble && old === '' ? '"' : '');
  return { name, value, raw: `${before}${name}=${quotedWith(quote, value)}${after}` };
}

function parseLine(raw: string): Line {
  const [, name, rest = ''] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(raw) ?? [];
  const value = name === undefined ? undefined : plainValue(rest);
  if (name !== undefined && value !== undefined) return { raw, name, value };
  const hidden = /^\s*(?:#|$)/.test(raw) ? [] : [...raw.matchAll(/\b([A-Za-z_][A-Za-z0-9_]*)=/g)].map((one) => one[1]!);
  return { raw, hidden, ...(name !== undefined && { name, value }) };
}

const SEGMENT = /'([^']*)'|"((?:[^"\\$`]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\$`;&|<>()]+)/y;

/** Of quoted and unquoted pieces without expansions, and a comment at most behind them. */
function plainValue(text: string): string | undefined {
  let value = '';
  SEGMENT.lastIndex = 0;
  let at = 0;
  for (let found = SEGMENT.exec(text); found !== null; found = SEGMENT.exec(text)) {
    value += found[1] ?? found[2]?.replace(/\\([\\"$`])/g, '$1').replace(/\\\n/g, '') ?? found[3] ?? found[4] ?? '';
    at = SEGMENT.lastIndex;
  }
  return /^\s*$|^\s+#/.test(text.slice(at)) ? value : undefined;
}

/** Quotes and a backslash at the end of a line carry it on. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\' && quote !== "'") at += 1;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '#' && (at === start || /\s/.test(text[at - 1]!))) {
      const end = text.indexOf('\n', at);
      at = (end < 0 ? text.length : end) - 1;
    } else if (char === '\n') {
      lines.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}
