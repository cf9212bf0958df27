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
  #lines: Line[] = [];
  /** Key to its last value, made when it is first asked for. */
  #lastValues: Map<string, string> | undefined;

  readonly #onChange: () => void;

  constructor(name: string | undefined, header: string | undefined, onChange: () => void = () => {}) {
    this.name = name;
    this.header = header;
    this.#onChange = onChange;
  }

  /** The file's own; edited through the methods. */
  get lines(): readonly Line[] {
    return this.#lines;
  }

  add(lines: readonly Line[]): void {
    for (const line of lines) this.#lines.push(line);
    this.#changed();
  }

  dropBlankLinesAtEnd(): void {
    while (this.#lines.at(-1)?.raw.trim() === '') this.#lines.pop();
  }

  entries(): Entry[] {
    return this.lines.flatMap(({ key, value }) => (key === undefined ? [] : [{ key, value: value ?? '' }]));
  }

  /** Of several settings to one key the last counts. */
  last(key: string): string | undefined {
    this.#lastValues ??= new Map(this.entries().map((entry) => [entry.key, entry.value]));
    return this.#lastValues.get(key);
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
    const wanted = new Map(entries.map((entry) => [identity(entry), entry]));
    const { places, rest } = align(this.#lines.filter(isOurs).map(identity), entries.map(identity));
    const last = (test: KeyTest) => this.#lines.findLastIndex(({ key }) => key !== undefined && test(key));
    const anchor = [ours, near, () => true].map(last).find((at) => at >= 0) ?? -1;
    const added = rest
      .map((one) => wanted.get(one)!)
      .map((entry) => ({ ...entry, raw: `${entry.key}=${entry.value}` }));
    let place = 0;
    this.#lines = [
      ...(anchor < 0 ? added : []),
      ...this.#lines.flatMap((line, at) => {
        const isPlace = isOurs(line);
        const one = isPlace ? places[place++] : undefined;
        const kept = !isPlace ? [line] : one === undefined ? [] : [rewritten(line, wanted.get(one)!)];
        return at === anchor ? [...kept, ...added] : kept;
      }),
    ];
    this.#changed();
  }

  #changed(): void {
    this.#lastValues = undefined;
    this.#onChange();
  }
}

const identity = ({ key, value }: Partial<Entry>): string => `${key}=${value}`;

export class SectionFile {
  readonly #dialect: Dialect;
  #sections: Section[] = [];
  /** By name, in the file's order; made when it is first asked for. */
  #byName: Map<string | undefined, Section[]> | undefined;
  /** By name: key to its last value in all sections of the name. */
  readonly #lastValues = new Map<string, Map<string, string>>();

  /** `path` is named by ERR_NET_FILE, which is thrown for a text that the dialect's own readers refuse. */
  constructor(text: string, dialect: Dialect, path: string) {
    this.#dialect = dialect;
    if (text.includes('\0')) throw notUnderstood(path, 'a NUL byte');
    let section = this.#newSection(undefined, undefined);
    // What follows the last line's end is no line.
    for (const raw of this.#logicalLines(text.replace(/\n$/, ''))) {
      const line = this.#parse(raw);
      if (line.key === undefined && raw.trim().startsWith('[')) {
        const name = /^\s*\[([^[\]]+)\]\s*$/.exec(raw)?.[1];
        if (name === undefined) throw notUnderstood(path, raw);
        section = this.#newSection(name, raw);
        continue;
      }
      if (dialect.strict && line.key === undefined && !this.#isComment(raw)) throw notUnderstood(path, raw);
      section.add([line]);
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
  sections(name: string): readonly Section[] {
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (const section of this.#sections) {
        const namesakes = this.#byName.get(section.name);
        if (namesakes === undefined) this.#byName.set(section.name, [section]);
        else namesakes.push(section);
      }
    }
    return this.#byName.get(name) ?? [];
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
    let found = this.#lastValues.get(name);
    if (found === undefined) {
      found = new Map(this.entries(name).map((entry) => [entry.key, entry.value]));
      this.#lastValues.set(name, found);
    }
    return found.get(key);
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
    this.#endWithBlankLine();
    const section = this.#newSection(name, `[${name}]`);
    section.replace(() => false, entries);
    return section;
  }

  /** Takes the sections out as they are, comments included, for `putBack`. */
  takeOut(sections: ReadonlySet<Section>): void {
    this.#keep(this.#sections.filter((section, at) => at === 0 || !sections.has(section)));
  }

  /** At the end. */
  putBack(section: Section): void {
    this.#endWithBlankLine();
    section.dropBlankLinesAtEnd();
    this.#sections.push(section);
    this.#forget();
  }

  #endWithBlankLine(): void {
    const last = this.#sections.at(-1)!;
    const lines = last.lines.length;
    const isEmpty = lines === 0 ? last.header === undefined : last.lines[lines - 1]!.raw.trim() === '';
    if (!isEmpty) last.add([{ raw: '' }]);
  }

  #keep(sections: Section[]): void {
    this.#sections = sections;
    this.#forget();
  }

  #forget(): void {
    this.#byName = undefined;
    this.#lastValues.clear();
  }

  /** Removes the sections with their settings. Their comments stay, behind the section before them. */
  remove(sections: ReadonlySet<Section>): void {
    const kept: Section[] = [];
    for (const section of this.#sections) {
      const before = kept.at(-1);
      if (before === undefined || !sections.has(section)) {
        kept.push(section);
        continue;
      }
      const comments = section.lines.filter(({ raw, key }) => key === undefined && raw.trim() !== '');
      if (comments.length === 0) before.dropBlankLinesAtEnd();
      before.add(comments);
      if (section.lines.at(-1)?.raw.trim() === '') before.add([{ raw: '' }]);
    }
    this.#keep(kept);
  }

  #newSection(name: string | undefined, header: string | undefined): Section {
    const section = new Section(name, header, () => {
      if (name !== undefined) this.#lastValues.delete(name);
    });
    this.#sections.push(section);
    this.#byName = undefined;
    return section;
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
