/** Configuration and state files, read through one object that knows which were read and whether any has changed. */
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { KvpError } from '../errors.js';
import { readRegularFile } from '../os/regular-file.js';
import { fileError, lineAt } from './file-error.js';

/** Files beyond this are no configuration; reading one would only cost. */
const MAX_BYTES = 4 * 1024 * 1024;
/** As the kernel has it. */
const MAX_LINKS = 40;
/** Where links lead that go round in circles: there is nothing below what is no folder. */
const NOWHERE = '/dev/null/nowhere';
const CIRCLE = 'links that lead round in circles';
/** A link to it is an empty file, in an image without devices too: it hides files of the same name. */
const EMPTY = '/dev/null';

export class ConfigFiles {
  readonly #root: string;
  /** Path without the root → what was there when it was asked for. */
  readonly #stamps = new Map<string, string>();
  readonly #forbidden = new Set<string>();
  readonly #skipped = new Map<string, string>();

  /**
   * `root` stands in front of every path: '/' but for tests and images. Symbolic links are followed as they would be if
   * it were the root directory, so none leads out of it.
   */
  constructor(root = '/') {
    this.#root = resolve(root);
  }

  /** Not an image or a test's: what runs can be seen in /run. */
  get areOfThisMachine(): boolean {
    return this.#root === '/';
  }

  /** The text of a file that tells of a state; undefined where there is none that can be read. */
  text(path: string): string | undefined {
    return this.bytes(path)?.toString('utf8');
  }

  /** The file's content, or undefined where there is none that can be read. */
  bytes(path: string): Buffer | undefined {
    const file = this.#noted(path);
    try {
      return readRegularFile(file, MAX_BYTES);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EACCES') this.#forbidden.add(path);
      return undefined;
    }
  }

  /**
   * The text of a file that a manager takes its settings from; undefined where there is none, and where this process may
   * not read it. Throws ERR_NET_FILE for anything else that keeps it from being read: silence would be taken for "no
   * settings".
   */
  settings(path: string): string | undefined {
    const found = this.#look(path);
    if (found.problem !== undefined) throw fileError(path, found.problem);
    return found.text;
  }

  /**
   * The same for a manager that passes over a file that is none, or that `parse` throws ERR_NET_FILE for: then undefined,
   * and noted in `skipped`. Throws ERR_NET_FILE for one that only this package cannot read.
   */
  settingsUnlessSkipped<T>(path: string, parse: (text: string) => T): T | undefined {
    const { text, problem, isOurs } = this.#look(path);
    if (problem !== undefined && isOurs) throw fileError(path, problem);
    if (problem !== undefined) this.#skipped.set(path, problem);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof KvpError) || error.code !== 'ERR_NET_FILE') throw error;
      this.#skipped.set(path, error.detail?.replace(`${path}: `, '') ?? error.message);
      return undefined;
    }
  }

  /** Path and reason of what `settingsUnlessSkipped` passed over. */
  get skipped(): ReadonlyMap<string, string> {
    return this.#skipped;
  }

  /** What was asked for and this process may not read: to others it may say something. */
  get forbidden(): readonly string[] {
    return [...this.#forbidden];
  }

  exists(path: string): boolean {
    this.#noted(path);
    return this.#stamps.get(path) !== '';
  }

  /**
   * Where symbolic links lead from `path`, again without the root: the file that a write should replace. `path` itself
   * where it is no link, or where links go round in circles.
   */
  finalPath(path: string): string {
    let at = path;
    for (let hops = 0; hops < MAX_LINKS; hops++) {
      this.#noted(at);
      const next = linkText(join(this.#place(dirname(at)), basename(at)));
      if (next === undefined) return at;
      at = resolve(dirname(at), next);
    }
    return path;
  }

  isFolder(path: string): boolean {
    return statSync(this.#noted(path), { throwIfNoEntry: false })?.isDirectory() === true;
  }

  isExecutable(path: string): boolean {
    const stat = statSync(this.#noted(path), { throwIfNoEntry: false });
    return stat?.isFile() === true && (stat.mode & 0o111) !== 0;
  }

  /** Full paths of a folder's entries whose name ends so, sorted; none where there is no such folder. */
  list(folder: string, ending: string): string[] {
    try {
      return readdirSync(this.#noted(folder))
        .filter((name) => name.endsWith(ending))
        .sort()
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  }

  /** Whether anything that was asked for is different now. Afterwards everything has to be asked for again. */
  changed(): boolean {
    for (const [path, stamp] of this.#stamps) {
      if (stampOf(this.#place(path)) !== stamp) {
        this.#stamps.clear();
        this.#forbidden.clear();
        this.#skipped.clear();
        return true;
      }
    }
    return false;
  }

  /** `isOurs`: a manager would read it. */
  #look(path: string): { text?: string; problem?: string; isOurs?: boolean } {
    const file = this.#noted(path);
    try {
      if (file === NOWHERE) return { problem: CIRCLE };
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat === undefined) return this.#lookAtLink(path);
      if (stat.isCharacterDevice() && this.finalPath(path) === EMPTY) return { text: '' };
      if (!stat.isFile()) return { problem: stat.isDirectory() ? 'a directory' : 'no file' };
      if (stat.size > MAX_BYTES) return { problem: `${stat.size} bytes, more than ${MAX_BYTES}`, isOurs: true };
      const text = readRegularFile(file, MAX_BYTES)?.toString('utf8');
      if (text === undefined) return { problem: 'it changed while it was read', isOurs: true };
      const odd = CONTROL.exec(text);
      return odd === null ? { text } : { problem: `no text: a control character in line ${lineAt(text, odd.index)}` };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ELOOP') return { problem: CIRCLE };
      if (code === 'EACCES') this.#forbidden.add(path);
      return code === 'EACCES' || code === 'ENOENT' || code === 'ENOTDIR'
        ? {}
        : { problem: String(code), isOurs: true };
    }
  }

  #lookAtLink(path: string): { text?: string; problem?: string } {
    if (linkText(join(this.#place(dirname(path)), basename(path))) === undefined) return {};
    const end = this.finalPath(path);
    return end === EMPTY ? { text: '' } : { problem: `a link that leads nowhere${end === path ? '' : ` (${end})`}` };
  }

  #noted(path: string): string {
    const file = this.#place(path);
    this.#stamps.set(path, stampOf(file));
    return file;
  }

  /** Where the kernel finds it. */
  #place(path: string): string {
    if (this.#root === '/') return path;
    let at = '/';
    let hops = 0;
    const rest = path.split('/').reverse();
    for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
      const next = join(at, part);
      const link = part === '' || part === '..' ? undefined : linkText(join(this.#root, next));
      if (link === undefined) at = next;
      else if (hops++ === MAX_LINKS) return NOWHERE;
      else {
        if (link.startsWith('/')) at = '/';
        rest.push(...link.split('/').reverse());
      }
    }
    return join(this.#root, at);
  }
}

/** What stands in no file of settings that a person or a program wrote. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0e-\x1a\x1c-\x1f]/;

function linkText(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

/** Empty where there is no file, or none that can be looked at. */
function stampOf(file: string): string {
  try {
    const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
    return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
  } catch {
    return '';
  }
}
