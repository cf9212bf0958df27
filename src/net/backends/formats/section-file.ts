/**
 * Configuration files of sections and settings, edited line by line: what is not touched stays as it was written,
 * comments, order and blank lines included. Sections and keys may repeat. Reads NetworkManager keyfiles (GLib's
 * GKeyFile) and systemd's unit files.
 */
import { KvpError } from '../../../errors.js';
import { align } from './align.js';

export interface Dialect {
  /** The characters that begin a comment line. */
  comments: string;
  /** Whether a backslash at the end of a line joins the next one to it. */
  continuation: boolean;
  /** Whether a line that is none of section, setting, comment makes the whole file invalid. */
  strict: boolean;
}

export const KEYFILE: Dialect = { comments: '#', continuation: false, strict: true };
export const UNIT_FILE: Dialect = { comments: '#;', continuation: true, strict: false };

export interface Entry {
  key: string;
  value: string;
}

type KeyTest = (key: string) => boolean;

/** A line as it stands, or several that a continuation joins. Comments and blank lines have no key. */
interface Line extends Partial<Entry> {
  raw: string;
}

export class Section {
  /** Undefined: what stands before the first section. */
  readonly name: string | undefined;
  readonly header: string | undefined;
  /** The file's own; edited through the methods. */
  lines: Line[] = [];

  constructor(name: string | undefined, header: string | undefined) {
    this.name = name;
    this.header = header;
  }

  entries(): Entry[] {
    return this.lines.flatMap(({ key, value }) => (key === undefined ? [] : [{ key, value: value ?? '' }]));
  }

  /** Of several settings to one key the last counts. */
  last(key: string): string | undefined {
    return this.entries().findLast((entry) => entry.key === key)?.value;
  }

  /** One setting of this key; undefined removes it. */
  set(key: string, value: string | undefined): void {
    this.replace((name) => name === key, value === undefined ? [] : [{ key, value }]);
  }

  /**
   * Puts `entries` where the settings stand whose key `ours` knows, and those that find no place behind them; where
   * there is none, behind those that `near` knows, else at the end.
   */
  replace(ours: KeyTest, entries: readonly Entry[], near: KeyTest = () => false): void {
    const isOurs = ({ key }: Line): boolean => key !== undefined && ours(key);
    const { places, rest } = align(this.lines.filter(isOurs).map(identity), entries.map(identity));
    const last = (test: KeyTest) => this.lines.findLastIndex(({ key }) => key !== undefined && test(key));
    const anchor = [ours, near, () => true].map(last).find((at) => at >= 0) ?? -1;
    const added = rest
      .map((one) => entryOf(entries, one))
      .map((entry) => ({ ...entry, raw: `${entry.key}=${entry.value}` }));
    this.lines = [
      ...(anchor < 0 ? added : []),
      ...this.lines.flatMap((line, at) => {
        const one = isOurs(line) ? places.shift() : identity(line);
        const kept = !isOurs(line) ? [line] : one === undefined ? [] : [rewritten(line, entryOf(entries, one))];
        return at === anchor ? [...kept, ...added] : kept;
      }),
    ];
  }
}

const identity = ({ key, value }: Partial<Entry>): string => `${key}=${value}`;
const entryOf = (entries: readonly Entry[], one: string): Entry => entries.find((entry) => identity(entry) === one)!;

export class SectionFile {
  readonly #dialect: Dialect;
  readonly #sections: Section[] = [];

  /** `path` is named by ERR_NET_FILE, which is thrown for a text that the dialect's own readers refuse. */
  constructor(text: string, dialect: Dialect, path: string) {
    this.#dialect = dialect;
    if (text.includes('\0')) throw notUnderstood(path, 'a NUL byte');
    let section = new Section(undefined, undefined);
    this.#sections.push(section);
    // What follows the last line's end is no line.
    for (const raw of this.#logicalLines(text.replace(/\n$/, ''))) {
      const line = this.#parse(raw);
      if (line.key === undefined && raw.trim().startsWith('[')) {
        const name = /^\s*\[([^[\]]+)\]\s*$/.exec(raw)?.[1];
        if (name === undefined) throw notUnderstood(path, raw);
        section = new Section(name, raw);
        this.#sections.push(section);
        continue;
      }
      if (dialect.strict && line.key === undefined && !this.#isComment(raw)) throw notUnderstood(path, raw);
      section.lines.push(line);
    }
  }

  /** Undefined where there is no text, and where the dialect's own readers would refuse it. */
  static parse(text: string | undefined, dialect: Dialect, path: string): SectionFile | undefined {
    try {
      return text === undefined ? undefined : new SectionFile(text, dialect, path);
    } catch {
      return undefined;
    }
  }

  /** Every section, in the file's order; the first one is what stands before any header. */
  get all(): readonly Section[] {
    return this.#sections;
  }

  /** Every section of this name, in the file's order. */
  sections(name: string): Section[] {
    return this.#sections.filter((section) => section.name === name);
  }

  /** The settings of every section of this name, as if it were one. */
  entries(name: string): Entry[] {
    return this.sections(name).flatMap((section) => section.entries());
  }

  values(name: string, key: string): string[] {
    return this.entries(name).flatMap((entry) => (entry.key === key ? [entry.value] : []));
  }

  /** Of several settings to one key the last counts. */
  last(name: string, key: string): string | undefined {
    return this.values(name, key).at(-1);
  }

  /** Makes these the values of `key`, each on a line of its own; none removes it. */
  set(name: string, key: string, ...values: string[]): void {
    this.replace(
      name,
      (one) => one === key,
      values.map((value) => ({ key, value })),
    );
  }

  /** `Section.replace` in the section of this name, a new one at the end when there is none. */
  replace(name: string, ours: KeyTest, entries: readonly Entry[], near?: KeyTest): void {
    const sections = this.sections(name);
    const holder = sections.findLast((section) => section.entries().some(({ key }) => ours(key))) ?? sections.at(-1);
    for (const section of sections) if (section !== holder) section.replace(ours, []);
    if (holder !== undefined) holder.replace(ours, entries, near);
    else if (entries.length > 0) this.append(name, ...entries);
  }

  append(name: string, ...entries: Entry[]): Section {
    const section = new Section(name, `[${name}]`);
    section.replace(() => false, entries);
    const before = this.#sections.at(-1)!;
    const lines = before.lines.length;
    const beforeIsEmpty = lines === 0 ? before.header === undefined : before.lines[lines - 1]!.raw.trim() === '';
    if (!beforeIsEmpty) before.lines.push({ raw: '' });
    this.#sections.push(section);
    return section;
  }

  /** Removes the section with its settings. Its comments stay, behind the section before it. */
  remove(section: Section): void {
    const at = this.#sections.indexOf(section);
    const before = this.#sections[at - 1]!;
    const comments = section.lines.filter(({ raw, key }) => key === undefined && raw.trim() !== '');
    const blank = section.lines.at(-1)?.raw.trim() === '' ? [{ raw: '' }] : [];
    while (comments.length === 0 && before.lines.at(-1)?.raw.trim() === '') before.lines.pop();
    before.lines.push(...comments, ...blank);
    this.#sections.splice(at, 1);
  }

  toString(): string {
    const lines = this.#sections.flatMap(({ header, lines }) => [
      ...(header === undefined ? [] : [header]),
      ...lines.map(({ raw }) => raw),
    ]);
    return lines.map((line) => `${line}\n`).join('');
  }

  /** Lines, those joined that a continuation joins; comments between them do not end it (systemd.syntax(7)). */
  #logicalLines(text: string): string[] {
    const lines = text === '' ? [] : text.split('\n');
    if (!this.#dialect.continuation) return lines;
    const joined: string[] = [];
    let open = false;
    for (const line of lines) {
      const comment = this.#isComment(line) && line.trim() !== '';
      if (open) joined.push(`${joined.pop()}\n${line}`);
      else joined.push(line);
      if (!comment) open = continues(line);
    }
    return joined;
  }

  #isComment(raw: string): boolean {
    const text = raw.trim();
    return text === '' || this.#dialect.comments.includes(text[0]!);
  }

  #parse(raw: string): Line {
    if (this.#isComment(raw)) return { raw };
    const parts = raw.split('\n').filter((part, at) => at === 0 || !this.#isComment(part));
    const whole = parts.map((part) => (continues(part) ? part.slice(0, -1) : part)).join(' ');
    const equals = whole.indexOf('=');
    if (equals <= 0 || whole.trim().startsWith('[')) return { raw };
    return { raw, key: whole.slice(0, equals).trim(), value: whole.slice(equals + 1).trim() };
  }
}

/** An odd number of backslashes ends it: of an even one each escapes another. */
const continues = (line: string) => /(?:^|[^\\])(?:\\\\)*\\$/.test(line);

/** The spaces around "=" are the writer's taste and stay. */
function rewritten(line: Line, { key, value }: Entry): Line {
  if (line.key === key && line.value === value) return line;
  const style = /^(\s*)[^=\s]+(\s*=\s*)/.exec(line.raw);
  const around = style?.[2]?.includes('\n') ? '=' : (style?.[2] ?? '=');
  return { key, value, raw: `${style?.[1] ?? ''}${key}${around}${value}` };
}

/** The words of a setting of systemd that adds up over its lines, where an empty one starts anew. */
export const listedWords = (values: readonly string[]): string[] =>
  values.slice(values.lastIndexOf('') + 1).flatMap((value) => value.split(/\s+/));

const notUnderstood = (path: string, line: string) =>
  new KvpError('ERR_NET_FILE', { detail: `${path}: ${JSON.stringify(line.slice(0, 80))}` });
