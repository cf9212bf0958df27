/** Configuration and state files, read through one object that knows which were read and whether any has changed. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files beyond this are no configuration; reading one would only cost. */
const MAX_BYTES = 4 * 1024 * 1024;

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

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? '' : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}
