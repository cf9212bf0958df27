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

/** What the lines say of one name. */
interface Named {
  /** Of the last one. */
  value?: string;
  /** A line that sets it in a way that is not understood. */
  strange?: string;
}

export interface ShellStyle {
  /** Around values that a shell would not need them for: none, or those of rc.conf(5). Default 'needed'. */
  quotes?: 'needed' | 'double';
}

export class ShellAssignments {
  readonly path: string;
  readonly #isDouble: boolean;
  #lines: Line[];
  #named: Map<string, Named> | undefined;

  constructor(text: string, path: string, { quotes = 'needed' }: ShellStyle = {}) {
    this.path = path;
    this.#isDouble = quotes === 'double';
    this.#lines = logicalLines(text).map(parseLine);
  }

  /** The last one counts. Throws ERR_NET_FILE for a line that sets the name in a way that is not understood. */
  get(name: string): string | undefined {
    const found = this.#byName().get(name);
    if (found?.strange !== undefined) throw this.#refused(found.strange);
    return found?.value;
  }

  /** Whether any line sets it, understood or not. */
  has(name: string): boolean {
    return this.#byName().has(name);
  }

  /** In the order of the lines. Throws as `get` does. */
  matching(ours: (name: string) => boolean): Assignment[] {
    return this.#lines.flatMap(({ name, value, raw, hidden = [] }) => {
      const isOurs = name !== undefined && ours(name);
      if ((isOurs && value === undefined) || hidden.some(ours)) {
        throw this.#refused(raw);
      }
      return isOurs ? [{ name, value: value! }] : [];
    });
  }

  /** Of every line, understood or not, each once. */
  names(): string[] {
    return [...this.#byName().keys()];
  }

  /** Undefined removes it. */
  set(name: string, value: string | undefined, near?: NameTest): void {
    this.assign(new Map([[name, value]]), near);
  }

  /**
   * The same for many names. One that is there stays in its place, the last where it is there several times; new ones come
   * behind the last that `near` knows, else at the end.
   */
  assign(values: ReadonlyMap<string, string | undefined>, near: NameTest = () => false): void {
    // Refuses those that are not understood.
    for (const name of values.keys()) this.get(name);
    const lastOf = new Map<string, Line>();
    for (const line of this.#lines) if (line.name !== undefined && values.has(line.name)) lastOf.set(line.name, line);
    const added = [...values].flatMap(([name, value]) =>
      value === undefined || lastOf.has(name) ? [] : [newLine({ name, value }, this.#isDouble)],
    );
    const isNear = ({ name }: Line) => name !== undefined && near(name);
    const found = this.#lines.findLastIndex(isNear);
    const anchor = found >= 0 ? found : this.#lines.length - 1;
    const kept = (line: Line): Line[] => {
      if (line.name === undefined || !values.has(line.name)) return [line];
      const value = values.get(line.name);
      if (value === undefined || lastOf.get(line.name) !== line) return [];
      return [rewritten(line, { name: line.name, value }, this.#isDouble)];
    };
    this.#setLines([
      ...(anchor < 0 ? added : []),
      ...this.#lines.flatMap((line, at) => (at === anchor ? [...kept(line), ...added] : kept(line))),
    ]);
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
    let place = 0;
    this.#setLines([
      ...(anchor < 0 ? added : []),
      ...this.#lines.flatMap((line, at) => {
        const isPlace = isOurs(line);
        const one = isPlace ? places[place++] : undefined;
        const kept = !isPlace ? [line] : one === undefined ? [] : [rewritten(line, wanted.get(one)!, this.#isDouble)];
        return at === anchor ? [...kept, ...added] : kept;
      }),
    ]);
  }

  #setLines(lines: Line[]): void {
    this.#lines = lines;
    this.#named = undefined;
  }

  #byName(): Map<string, Named> {
    if (this.#named !== undefined) return this.#named;
    const named = new Map<string, Named>();
    const note = (name: string, change: Partial<Named>) => named.set(name, { ...named.get(name), ...change });
    for (const { name, value, raw, hidden = [] } of this.#lines) {
      if (name !== undefined) note(name, value === undefined ? { strange: raw } : { value });
      for (const one of hidden) note(one, { strange: raw });
    }
    this.#named = named;
    return named;
  }

  #refused(raw: string): KvpError {
    return new KvpError('ERR_NET_FILE', { detail: `${this.path}: ${JSON.stringify(raw.slice(0, 80))}` });
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
