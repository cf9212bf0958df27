import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite } from './_support/suite.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const source = join(root, 'src');
const document = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

function block(name: string): string[] {
  const match = new RegExp(`\`\`\`${name}\\n([\\s\\S]*?)\`\`\``).exec(document);
  if (match?.[1] === undefined) throw new Error(`docs/architecture.md has no block ${name}`);
  return match[1].trim().split('\n');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

const sources = filesBelow(source).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const roomOf = (file: string) => relative(source, file).split('/')[0] ?? '';

/** Source without comments and string contents, so that prose does not count as code. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

const allowed = new Map(
  block('imports').map((line) => {
    const [from = '', to = ''] = line.split('→').map((part) => part.trim());
    return [from, new Set(to.split(',').map((room) => room.trim()))];
  }),
);
const everywhere = new Set(['errors.ts', 'arguments.ts', 'printable.ts', 'clock.ts', 'wire']);
/** Entries that only name what other rooms export. */
const entries = new Set(['index.ts', 'internal.ts']);

suite('architecture', ({ test }) => {
  test('rooms import only along the arrows of docs/architecture.md', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const from = roomOf(file);
      if (entries.has(from)) continue;
      for (const specifier of importsOf(file).filter((name) => name.startsWith('.'))) {
        const to = roomOf(join(dirname(file), specifier.replace(/\.js$/, '.ts')));
        if (from === to || everywhere.has(to)) continue;
        if (!allowed.get(from)?.has(to)) wrong.push(`${relative(source, file)} imports ${specifier}: ${from} → ${to}`);
      }
    }
    assert.equal(wrong, []);
  });

  test('wire imports nothing, assembly imports only itself and wire', () => {
    for (const file of sources.filter((path) => roomOf(path) === 'wire')) assert.equal(importsOf(file), []);
    for (const file of filesBelow(join(root, 'assembly')).filter((path) => path.endsWith('.ts'))) {
      for (const specifier of importsOf(file)) {
        const target = relative(root, join(dirname(file), specifier));
        assert.match(target, /^(assembly|src\/wire)\//, `${file} imports ${specifier}`);
      }
    }
  });

  test('the outside world is touched only where docs/architecture.md allows it', () => {
    const patterns = block('io');
    const wrong: string[] = [];
    for (const file of sources) {
      const path = relative(source, file);
      if (patterns.some((pattern) => path.startsWith(pattern))) continue;
      for (const specifier of importsOf(file)) {
        if (/^(node:|koffi|pino)/.test(specifier)) wrong.push(`${path} imports ${specifier}`);
      }
      const used =
        /\b(setTimeout|setInterval|setImmediate|Date\.now|new Date|performance\.now|process\.|console\.)/.exec(
          codeOf(file),
        );
      if (used) wrong.push(`${path} uses ${used[0]}`);
    }
    assert.equal(wrong, []);
  });

  test('the wall clock is read only in cli and system; other rooms take one, with Date.now as the default', () => {
    const readers = sources.filter((file) => /\bDate\.now\(|\bnew Date\(\)/.test(codeOf(file)));
    for (const file of readers) assert.match(relative(source, file), /^(cli|system)\//);
  });

  test('native code is loaded only in os, the loader only in engine/wasm.ts', () => {
    for (const file of sources) {
      const path = relative(source, file);
      if (importsOf(file).includes('koffi')) assert.match(path, /^os\//);
      if (importsOf(file).includes('@assemblyscript/loader')) assert.is(path, 'engine/wasm.ts');
    }
  });

  test('codec, ring and their twin entry use nothing of Node', () => {
    for (const file of sources.filter((path) => ['codec', 'ring', 'engine', 'wire', 'cim'].includes(roomOf(path)))) {
      for (const specifier of importsOf(file)) assert.not.match(specifier, /^node:/, file);
    }
  });

  test('every room that has files is described', () => {
    const rooms = new Set(sources.map(roomOf).filter((room) => !room.endsWith('.ts')));
    for (const room of rooms)
      assert.ok(document.includes(`\`src/${room}/\``), `docs/architecture.md does not describe ${room}`);
  });
});
