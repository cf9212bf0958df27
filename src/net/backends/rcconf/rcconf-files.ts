/**
 * The files that FreeBSD's rc(8) takes its variables from, as one: the last assignment of a name counts. Order and names
 * after rc.conf(5); unverified on a real FreeBSD.
 */
import type { ConfigFiles } from '../../config-files.js';
import type { FileChange } from '../backend.js';
import { ShellAssignments } from '../formats/shell-assignments.js';

/** Comes with the system and is never edited. */
export const DEFAULTS = '/etc/defaults/rc.conf';
const RC_CONF = '/etc/rc.conf';
/** Unless `rc_conf_files` of the defaults says otherwise. */
const RC_CONF_FILES = [RC_CONF, '/etc/rc.conf.local'];
/** Read after them: a file, or a folder of files, for each of the scripts that have to do with the network. */
const FOLDERS = ['/etc/rc.conf.d', '/usr/local/etc/rc.conf.d'];
const SCRIPTS = ['network', 'netif', 'routing'];
const MODE = 0o644;

interface RcFile {
  path: string;
  before: string | undefined;
  assignments: ShellAssignments;
}

export class RcConf {
  readonly #defaults: RcFile;
  readonly #files: RcFile[];

  constructor(files: ConfigFiles) {
    const read = (path: string): RcFile => {
      const before = files.settings(path);
      const end = files.finalPath(path);
      return { path: end, before, assignments: new ShellAssignments(before ?? '', end, { quotes: 'double' }) };
    };
    this.#defaults = read(DEFAULTS);
    const listed = this.#defaults.assignments
      .get('rc_conf_files')
      ?.split(/\s+/)
      .filter((path) => path.startsWith('/'));
    const parts = FOLDERS.flatMap((folder) => SCRIPTS.map((script) => `${folder}/${script}`));
    this.#files = [
      ...(listed?.length ? listed : RC_CONF_FILES),
      ...parts
        .flatMap((path) => (files.isFolder(path) ? files.list(path, '') : [path]))
        .filter((path) => files.exists(path)),
    ].map(read);
  }

  /** Throws ERR_NET_FILE for a line that sets the name in a way that only a shell understands. */
  get(name: string): string | undefined {
    return this.#holder(name)?.assignments.get(name) ?? this.#defaults.assignments.get(name);
  }

  /** Where it counts now, or where it would stand. */
  pathOf(name: string): string {
    return (this.#holder(name) ?? this.#files[0]!).path;
  }

  /** What is assigned outside the defaults, in whatever way, each name once. */
  names(): string[] {
    return [...new Set(this.#files.flatMap(({ assignments }) => assignments.names()))];
  }

  /** Where it counts now; a new name beside the last that `near` knows, else at the end of rc.conf. */
  set(name: string, value: string, near: (name: string) => boolean): void {
    this.assign(new Map([[name, value]]), near);
  }

  /** The same for many names; undefined removes one from every file but the defaults. */
  assign(values: ReadonlyMap<string, string | undefined>, near: (name: string) => boolean = () => false): void {
    const byFile = new Map<RcFile, Map<string, string | undefined>>(this.#files.map((file) => [file, new Map()]));
    const placeOfNew = this.#files.findLast(({ assignments }) => assignments.names().some(near)) ?? this.#files[0]!;
    for (const [name, value] of values) {
      if (value === undefined) {
        for (const [{ assignments }, changes] of byFile)
          if (assignments.get(name) !== undefined) changes.set(name, undefined);
      } else if (this.get(name) !== value) byFile.get(this.#holder(name) ?? placeOfNew)!.set(name, value);
    }
    for (const [{ assignments }, changes] of byFile) if (changes.size > 0) assignments.assign(changes, near);
  }

  remove(name: string): void {
    this.assign(new Map([[name, undefined]]));
  }

  /** What `set` and `remove` have made of the files. */
  changes(): FileChange[] {
    return this.#files
      .map(({ path, before, assignments }) => ({ path, before, after: `${assignments}`, mode: MODE }))
      .filter(({ before = '', after }) => after !== before && after !== `${before}\n`);
  }

  /** The file whose assignment counts. */
  #holder(name: string): RcFile | undefined {
    return this.#files.findLast(({ assignments }) => assignments.has(name));
  }
}
