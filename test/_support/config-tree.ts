/** A folder that stands for '/', with the configuration files of a test. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ConfigFiles, type FileChange } from '#internal';

export interface ConfigTree {
  root: string;
  files: ConfigFiles;
  apply(changes: readonly FileChange[]): void;
  /** Every file, by its path without the root. */
  contents(): Record<string, string>;
  remove(): void;
}

export function configTree(contents: Record<string, string | Uint8Array> = {}): ConfigTree {
  const root = mkdtempSync(join(tmpdir(), 'hv-kvp-config-'));
  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(contents)) write(path, text);
  return {
    root,
    files: new ConfigFiles(root),
    apply: (changes) => applyChanges(root, changes),
    contents: () => readTree(root),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Without modes, and without the care that the real applier takes. */
export function applyChanges(root: string, changes: readonly FileChange[]): void {
  for (const { path, after } of changes) {
    if (after === undefined) rmSync(join(root, path));
    else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), after);
    }
  }
}

/** Every file below a folder, by its path from there with a slash in front. */
export function readTree(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name));
  const files = paths.filter((path) => statSync(path).isFile()).sort();
  return Object.fromEntries(files.map((path) => [`/${relative(root, path)}`, readFileSync(path, 'utf8')]));
}
