import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite } from './_support/suite.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

suite('README', ({ test }) => {
  test('its code example runs and prints what the README says', () => {
    const [, code = '', printed = ''] = /```js\n([\s\S]*?)```\s+prints\s+```\n([\s\S]*?)```/.exec(readme) ?? [];
    assert.ok(code.split('\n').filter((line) => line.trim() !== '').length >= 8, 'the example is there');
    // Within the package its own name resolves, as it does for whoever installed it.
    const folder = join(root, 'build', 'readme');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'example.mjs');
    writeFileSync(file, code);
    assert.is(execFileSync(process.execPath, [file], { encoding: 'utf8' }), printed);
  });

  test('it names every subpath of the package', () => {
    const { exports } = manifest as { exports: Record<string, unknown> };
    const subpaths = Object.keys(exports).filter((name) => name !== '.' && name !== './package.json');
    for (const name of subpaths) assert.ok(readme.includes(`hv-kvp${name.slice(1)}`), name);
  });

  test('it shows the session that npm start plays', () => {
    for (const part of ['negotiated framework 3.0, message 4.0', 'city = "Zürich"', 'no-more-items', 'requests: ']) {
      assert.ok(readme.includes(part), part);
    }
  });
});
