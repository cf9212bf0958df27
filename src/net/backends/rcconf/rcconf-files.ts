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
    return this.#last((one) => one === name)?.assignments.get(name) ?? this.#defaults.assignments.get(name);
  }

  /** Where it counts now, or where it would stand. */
  pathOf(name: string): string {
    return (this.#last((one) => one === name) ?? this.#files[0]!).path;
  }

  /** What is assigned outside the defaults, in whatever way, each name once. */
  names(): string[] {
    return [...new Set(this.#files.flatMap(({ assignments }) => assignments.names()))];
  }

  /** Where it counts now; a new name beside the last that `near` knows, else at the end of rc.conf. */
  set(name: string, value: string, near: (name: string) => boolean): void {
    if (this.get(name) === value) return;
    const file = this.#last((one) => one === name) ?? this.#last(near) ?? this.#files[0]!;
    file.assignments.set(name, value, near);
  }

  /** From every file but the defaults. */
  remove(name: string): void {
    for (const { assignments } of this.#files)
      if (assignments.get(name) !== undefined) assignments.set(name, undefined);
  }

  /** What `set` and `remove` have made of the files. */
  changes(): FileChange[] {
    return this.#files
      .map(({ path, before, assignments }) => ({ path, before, after: `${assignments}`, mode: MODE }))
      .filter(({ before = '', after }) => after !== before && after !== `${before}\n`);
  }

  #last(test: (name: string) => boolean): RcFile | undefined {
    return this.#files.findLast(({ assignments }) => assignments.names().some(test));
  }
}
