import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '#internal';
import { assert, suite } from './_support/suite.js';

/** A call, a name of the library such as maxBytes, a page that is in no package. */
const LIBRARY_WORD = /\w\(\)|\b[a-z]+[A-Z]\w*|protocol\.md/;

suite('error texts', ({ test }) => {
  test('speak to a person at a terminal, with no name of the library', () => {
    for (const [code, text] of Object.entries(ERRORS)) assert.not.match(text, LIBRARY_WORD, code);
  });

  test('nor does a detail that the source adds', () => {
    const files = (readdirSync('src', { recursive: true }) as string[]).filter((name) => name.endsWith('.ts'));
    assert.ok(files.length > 200);
    for (const file of files) {
      const source = readFileSync(join('src', file), 'utf8');
      for (const [, detail = ''] of source.matchAll(/detail: [`']([^`'\n]*)[`']/g)) {
        assert.not.match(detail.replace(/\$\{[^}]*\}/g, ''), LIBRARY_WORD, `${file}: ${detail}`);
      }
    }
  });
});
