import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, suite } from '../_support/suite.js';

interface LockedPackage {
  version?: string;
  integrity?: string;
  /** A folder of this repository: nothing is fetched. */
  link?: true;
}

/** What is installed or made, and no part of the repository. */
const NOT_OURS = new Set(['node_modules', '.git', 'dist', 'build']);

function lockFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : lockFiles(path);
    return entry.name === 'package-lock.json' || entry.name === 'npm-shrinkwrap.json' ? [path] : [];
  });
}

suite('packaging/lock-files', ({ test }) => {
  test('every package that a lock file names has a hash of what may be installed under its name', () => {
    const files = lockFiles('.');
    assert.ok(files.includes('package-lock.json'));
    for (const file of files) {
      const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> };
      // The empty name is the package of the lock file itself.
      const fetched = Object.entries(packages).filter(([name, { link }]) => name !== '' && link !== true);
      const unhashed = fetched.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''));
      assert.equal(
        unhashed.map(([name, { version }]) => `${file}: ${name}@${version}`),
        [],
      );
    }
  });
});
