/**
 * Where a manager's configuration file lies: its folder, held, and its name in there. The way is walked from `root` step
 * by step, so that no link leads out of it, and what is checked is the folder that is used.
 *
 * Folders and files may be links, as in images and of resolv.conf. A link is followed where it belongs to root or to
 * the user who runs and nobody else can exchange it. A folder may be writable for its group: that is a site's choice, and
 * nothing that the group does there leads a write to another place.
 */
import type { Stats } from 'node:fs';
import { KvpError } from '../../errors.js';
import { type Distrust, distrustOfOwner, distrustOnTheWay, distrustText, Folder } from '../../os/folder.js';

/** As the kernel has it. */
const MAX_LINKS = 40;
const NEW_FOLDER_MODE = 0o755;
const WRITABLE_BY_ALL = 0o002;

export class FilePlace {
  readonly folder: Folder;
  readonly name: string;
  /** What was there when the place was looked for; no link. */
  readonly stats: Stats | undefined;
  readonly #root: string;
  readonly #path: string;

  private constructor(walk: { folder: Folder; name: string; stats: Stats | undefined }, root: string, path: string) {
    this.folder = walk.folder;
    this.name = walk.name;
    this.stats = walk.stats;
    this.#root = root;
    this.#path = path;
  }

  /**
   * Undefined where there is no such folder, unless `make` makes it. Throws ERR_NET_WRITE for a folder or a link that is
   * not to be trusted and for a link that leads nowhere, and Node's system errors. To be closed.
   */
  static find(root: string, path: string, { make = false } = {}): FilePlace | undefined {
    const held: Folder[] = [];
    try {
      held.push(Folder.open(root, { follow: true }));
      const found = walk(held, path, make);
      return found && new FilePlace({ ...found, folder: held.pop()! }, root, path);
    } finally {
      for (const folder of held) folder.close();
    }
  }

  /** Whether the path still leads here. */
  isStill(): boolean {
    const now = FilePlace.find(this.#root, this.#path);
    if (now === undefined) return false;
    const [a, b] = [now.folder.stats, this.folder.stats];
    now.close();
    return now.name === this.name && a.ino === b.ino && a.dev === b.dev;
  }

  close(): void {
    this.folder.close();
  }
}

interface Step {
  name: string;
  /** Of a link: then it has to lead somewhere. */
  ofLink: boolean;
}

/** Leaves the file's folder at the end of `held`, and those above it before. */
function walk(held: Folder[], path: string, make: boolean): { name: string; stats: Stats | undefined } | undefined {
  const rest = stepsOf(path, false);
  let links = 0;
  for (;;) {
    const step = rest.pop();
    if (step === undefined) throw unusable(path, 'is no file');
    const { name, ofLink } = step;
    if (name === '..') {
      if (held.length > 1) held.pop()!.close();
      continue;
    }
    const here = held.at(-1)!;
    refuse(distrustOfFolder(here.stats), here.path);
    const stats = here.look(name);
    if (stats?.isSymbolicLink()) {
      const link = `${here.path}/${name}`;
      refuse(distrustOfOwner(stats) ?? distrustOnTheWay(here.stats), link);
      if (links++ === MAX_LINKS) throw unusable(link, 'leads round in circles');
      const text = here.linkText(name);
      if (text.startsWith('/')) for (const folder of held.splice(1)) folder.close();
      rest.push(...stepsOf(text, true));
    } else if (stats === undefined && ofLink) throw unusable(path, 'is a link that leads nowhere');
    else if (rest.length === 0) return { name, stats };
    else if (stats !== undefined) held.push(here.folder(name));
    else if (make) held.push(here.ensureFolder(name, NEW_FOLDER_MODE));
    else return undefined;
  }
}

/** The next one last. */
const stepsOf = (path: string, ofLink: boolean): Step[] =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => ({ name, ofLink }))
    .reverse();

/** Its group may write there. */
const distrustOfFolder = (stats: Stats): Distrust | undefined =>
  (stats.mode & WRITABLE_BY_ALL) === 0 ? distrustOfOwner(stats) : distrustOnTheWay(stats);

function refuse(distrust: Distrust | undefined, path: string): void {
  if (distrust !== undefined) throw new KvpError('ERR_NET_WRITE', { detail: distrustText(path, distrust) });
}

const unusable = (path: string, detail: string): KvpError =>
  new KvpError('ERR_NET_WRITE', { detail: `${path} ${detail}` });
