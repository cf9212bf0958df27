/** Configuration and state files, read through one object that knows which were read and whether any has changed. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Files beyond this are no configuration; reading one would only cost. */
const MAX_BYTES = 4 * 1024 * 1024;
/** As the kernel has it. */
const MAX_LINKS = 40;

export class ConfigFiles {
  readonly #root: string;
  readonly #stamps = new Map<string, string>();

  /** `root` stands in front of every path: '/' but for tests and images. */
  constructor(root = '/') {
    this.#root = root;
  }

  /** The file's text, or undefined where there is none that can be read. */
  text(path: string): string | undefined {
    const file = this.#noted(path);
    try {
      if (!statSync(file).isFile() || statSync(file).size > MAX_BYTES) return undefined;
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  }

  exists(path: string): boolean {
    return stampOf(this.#noted(path)) !== '';
  }

  /**
   * Where symbolic links lead from `path`, again without the root: the file that a write should replace. `path` itself
   * where it is no link, or where links go round in circles.
   */
  finalPath(path: string): string {
    let at = path;
    for (let hops = 0; hops < MAX_LINKS; hops++) {
      const next = linkText(this.#noted(at));
      if (next === undefined) return at;
      at = resolve(dirname(at), next);
    }
    return path;
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
    for (const [file, stamp] of this.#stamps) {
      if (stampOf(file) !== stamp) {
        this.#stamps.clear();
        return true;
      }
    }
    return false;
  }

  #noted(path: string): string {
    const file = join(this.#root, path);
    this.#stamps.set(file, stampOf(file));
    return file;
  }
}

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
