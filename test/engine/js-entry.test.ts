/** `hv-kvp/codec/js` and everything it imports carries no WebAssembly and no loader. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert, suite } from '../_support/suite.js';

function closure(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)[^'"]*['"]([^'"]+)['"]/gm)) {
    if (specifier!.startsWith('.')) closure(join(dirname(file), specifier!), seen);
    else seen.add(specifier!);
  }
  return seen;
}

/** What a WebAssembly module begins with, in base64. */
const WASM_MAGIC = 'AGFzbQ';

suite('codec/js', ({ test }) => {
  test('no module bytes, no loader, nothing of Node', () => {
    const files = closure('dist/codec-js.js');
    assert.equal(
      [...files].filter((file) => !file.startsWith('dist/')),
      [],
    );
    for (const file of files) assert.not.match(readFileSync(file, 'utf8'), WASM_MAGIC, file);
  });
  test('the other entry has both, so that this test can fail', () => {
    const files = closure('dist/codec.js');
    assert.ok(files.has('@assemblyscript/loader'));
    assert.ok([...files].some((file) => file.startsWith('dist/') && readFileSync(file, 'utf8').includes(WASM_MAGIC)));
  });
});
