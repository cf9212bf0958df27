/// <reference path="../../src/engine/webassembly.d.ts" />
/** The built modules are what src/engine/engine.ts says, and small. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import binaryen from 'binaryen';
import { createEngine, table } from '#internal';
import { assert, suite } from '../_support/suite.js';

/** Name → number of parameters. A change here is a change of the interface between module and package. */
const EXPORTS: Record<string, number> = {
  version: 0,
  utf16ToUtf8: 5,
  utf8ToUtf16: 5,
  hasNulOrSurrogate: 2,
  ringDrain: 8,
  ringScan: 8,
  ringConsume: 5,
  crossesPending: 4,
  ringPack: 5,
  ringReserve: 4,
  ringSeal: 7,
  ringPublish: 3,
  hostToDaemon: 3,
  daemonToHost: 2,
  decodeBatch: 5,
  encodeBatch: 3,
  hashKey: 2,
  recordHashes: 3,
  recordFingerprints: 4,
  indexInsert: 5,
  indexFind: 4,
  recordMatches: 3,
};
/** A quarter KiB above 20 and 8: vectors look through a batch for NULs and lone surrogates (docs/decisions.md). */
const RAW_LIMIT = 20.25 * 1024;
const GZIP_LIMIT = 8.25 * 1024;

/** Atomic accesses of one exported function, as the optimiser left them. */
function atomicsOf(text: string, name: string): string[] {
  const [, index] = new RegExp(`\\(export "${name}" \\(func (\\$[^)]+)\\)\\)`).exec(text)!;
  const start = text.indexOf(`(func ${index!} `);
  const next = text.indexOf('\n (func ', start + 1);
  return [...text.slice(start, next < 0 ? undefined : next).matchAll(/i32\.atomic\.(\w+)/g)].map(([, what]) => what!);
}

suite('abi', ({ test }) => {
  test("the optimiser left every access to a peer's index atomic, and each is loaded once", () => {
    for (const build of ['simd', 'scalar']) {
      const module = binaryen.readBinary(readFileSync(`build/wasm/${build}.wasm`));
      const text = module.emitText();
      module.dispose();
      for (const name of ['ringDrain', 'ringScan']) assert.equal(atomicsOf(text, name), ['load'], `${build} ${name}`);
      assert.equal(atomicsOf(text, 'ringConsume'), ['store', 'load', 'load', 'load']);
      assert.equal(atomicsOf(text, 'ringPublish'), ['store', 'load', 'load']);
    }
  });
  for (const build of ['simd', 'scalar']) {
    const bytes = readFileSync(`build/wasm/${build}.wasm`);
    test(`${build}: names, arity and no import but memory`, () => {
      const module = new WebAssembly.Module(bytes);
      const names = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
      assert.equal(
        names.sort(),
        Object.keys(EXPORTS)
          .map((name) => `function ${name}`)
          .sort(),
      );
      assert.equal(WebAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }]);
      const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 });
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      for (const [name, arity] of Object.entries(EXPORTS)) {
        assert.is((exports[name] as (...words: number[]) => number).length, arity, name);
      }
    });
    test(`${build}: at most ${RAW_LIMIT} bytes raw and ${GZIP_LIMIT} compressed`, () => {
      assert.ok(bytes.length <= RAW_LIMIT, `${bytes.length} bytes`);
      const compressed = gzipSync(bytes, { level: 9 }).length;
      assert.ok(compressed <= GZIP_LIMIT, `${compressed} bytes compressed`);
    });
  }
  test('the twin has the same functions with the same parameters', () => {
    const twin = createEngine({ engine: 'js' }) as unknown as Record<string, unknown>;
    for (const [name, arity] of Object.entries(EXPORTS)) {
      assert.is((twin[name] as (...words: number[]) => number).length, arity, name);
    }
    const functions = Object.entries(twin).filter(([, member]) => typeof member === 'function');
    assert.is(functions.length, Object.keys(EXPORTS).length);
  });
  test('the fixed map is a chain from 1,024 on without overlap', () => {
    const map = [
      [table.RESULT_BASE, table.RESULT_BYTES],
      [table.DIGITS_BASE, table.DIGITS_BYTES],
      [table.SHUFFLE2_BASE, table.SHUFFLE2_BYTES],
      [table.SHUFFLE3_BASE, table.SHUFFLE3_BYTES],
      [table.SPREAD_BASE, table.SPREAD_BYTES],
      [table.CONSTANTS_BASE, table.CONSTANTS_BYTES],
      [table.TABLES_READY_BASE, table.TABLES_READY_BYTES],
    ] as const;
    let end = 1024;
    for (const [base, size] of map) {
      assert.is(base, end);
      end = base + size;
    }
    assert.ok(end <= table.HEAP_BASE);
  });
});
