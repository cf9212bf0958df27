import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../_support/suite.js';

const entry = fileURLToPath(new URL('../../../dist/codec.js', import.meta.url));

/** The engine of a codec in a process of its own, with what was taken away from it first. */
function kindIn(options: string, { env = {}, before = '' } = {}): string {
  const program = `${before}; const { createCodec } = await import(${JSON.stringify(entry)});
    try { const codec = createCodec(${options});
      const message = codec.hostToDaemon(new Uint8Array(2608).fill(3, 28, 29));
      console.log(codec.engine.kind, message.length);
    } catch (error) { console.log(error.code); }`;
  const args = ['--input-type=module', '--eval', program];
  return execFileSync(process.execPath, args, {
    env: { ...process.env, HV_KVP_ENGINE: '', ...env },
    encoding: 'utf8',
  }).trim();
}

suite('engine choice', ({ test }) => {
  test('auto takes SIMD where it is', () => assert.is(kindIn('{}'), 'wasm 7432'));
  test('auto takes the scalar module where SIMD is missing', () => {
    assert.is(kindIn('{}', { before: 'WebAssembly.validate = () => false' }), 'wasm-scalar 7432');
  });
  test('auto takes JavaScript where WebAssembly is missing', () => {
    assert.is(kindIn('{}', { before: 'delete globalThis.WebAssembly' }), 'js 7432');
  });
  test('without Node’s Buffer the module is decoded all the same', () => {
    assert.is(kindIn('{}', { before: 'globalThis.Buffer = undefined' }), 'wasm 7432');
  });
  test('the environment decides for auto, and only for auto', () => {
    assert.is(kindIn('{}', { env: { HV_KVP_ENGINE: 'js' } }), 'js 7432');
    assert.is(kindIn(`{ engine: 'wasm' }`, { env: { HV_KVP_ENGINE: 'js' } }), 'wasm 7432');
  });
  test('a name that is no engine is refused, wherever it comes from', () => {
    assert.is(kindIn(`{ engine: 'nonsense' }`), 'ERR_MISUSE');
    assert.is(kindIn('{}', { env: { HV_KVP_ENGINE: 'bogus' } }), 'ERR_MISUSE');
  });
  test('an environment that may not be read decides nothing', () => {
    const before = `Object.defineProperty(process, 'env', { value: new Proxy(process.env, {
      get(env, name) { if (name === 'HV_KVP_ENGINE') throw new Error('NotCapable'); return env[name]; } }) })`;
    assert.is(kindIn('{}', { before }), 'wasm 7432');
  });
  test('asking for WebAssembly where it is missing is an error', () => {
    assert.is(kindIn(`{ engine: 'wasm' }`, { before: 'delete globalThis.WebAssembly' }), 'ERR_ENGINE_UNAVAILABLE');
  });
});
