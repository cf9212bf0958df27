/** What browsers, Deno and Bun load: nothing of Node in the modules, and everything works without its globals. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert, suite } from '../_support/suite.js';

/** Every bare specifier that an entry of the bundle imports, directly or through its chunks. */
function importsOf(entry: string): string[] {
  const seen = new Set<string>();
  const bare = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b[^'"]*['"]([^'"]+)['"]/gm,
    )) {
      if (specifier.startsWith('.')) visit(join(dirname(file), specifier));
      else bare.add(specifier);
    }
  };
  visit(join('dist', entry));
  return [...bare].sort();
}

/** Runs a module where Buffer, process and the rest of Node's own globals are gone before the first import. */
function runWithoutNode(code: string): string {
  const bare = `
    const { log } = console;
    for (const name of ['Buffer', 'process', 'global', 'setImmediate', 'clearImmediate']) delete globalThis[name];
    ${code}`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', bare], { encoding: 'utf8' }).trim();
}

suite('codec/portable', ({ test }) => {
  const allowed: Record<string, string[]> = {
    'codec.js': ['@assemblyscript/loader'],
    'codec-js.js': [],
    'ring.js': ['@assemblyscript/loader'],
    'cim.js': ['fast-xml-parser'],
  };
  for (const [entry, packages] of Object.entries(allowed))
    test(`${entry} imports ${packages.join(' and ') || 'no package'} and nothing of Node`, () =>
      assert.equal(importsOf(entry), packages));

  for (const engine of ['js', 'wasm']) {
    test(`the ${engine} engine translates and decodes without Buffer and process`, () => {
      const output = runWithoutNode(`
        const c = await import('hv-kvp/codec');
        const codec = c.createCodec({ engine: '${engine}' });
        const request = c.encodeKvpRequest({ operation: 1, pool: 0, key: 'Föö', value: { type: 1, text: 'B😀r' } });
        const { key, value } = c.decodeDaemonRequest(codec.hostToDaemon(request));
        const answer = c.answerEnumerate(c.encodeDaemonRequest({ operation: 3, pool: 1, index: 0 }), key, value);
        const asked = c.encodeKvpRequest({ operation: 3, pool: 1, index: 0 });
        const { message } = c.decodeKvpAnswer(codec.daemonToHost(asked, answer), 3);
        log(message.key, message.value.text, c.decodeUtf16(new Uint8Array([0, 0xd8]), 'replace'), typeof Buffer);`);
      assert.is(output, 'Föö B😀r \ufffd undefined');
    });
  }
});
