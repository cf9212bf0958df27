/** The WebAssembly engine. The only file that imports the loader and the built modules. */

import { base64 as scalarBase64 } from 'hv-kvp:wasm/scalar';
import { base64 as simdBase64 } from 'hv-kvp:wasm/simd';
import { instantiateSync } from '@assemblyscript/loader';
import { KvpError } from '../errors.js';
import type { Engine, EngineFunctions } from './engine.js';
import type { EngineMemory } from './memory.js';

/** A module with one function whose body is `v128.const 0; drop`: valid only where SIMD is. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 26, 11,
]);

/** Are WebAssembly and its SIMD instructions here? */
export function detectWasm(): { wasm: boolean; simd: boolean } {
  const wasm = typeof WebAssembly === 'object';
  return { wasm, simd: wasm && WebAssembly.validate(SIMD_PROBE) };
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === 'function') return new Uint8Array(Buffer.from(text, 'base64'));
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// One module serves every codec; each memory has its own instance.
const modules = new Map<string, WebAssembly.Module>();

function compiled(base64: string): WebAssembly.Module {
  let module = modules.get(base64);
  if (module === undefined) {
    module = new WebAssembly.Module(decodeBase64(base64));
    modules.set(base64, module);
  }
  return module;
}

/** Compiles both without blocking, for pages that may not compile synchronously. */
export async function prepareWasm(): Promise<void> {
  const { wasm, simd } = detectWasm();
  if (!wasm) return;
  const base64 = simd ? simdBase64 : scalarBase64;
  if (!modules.has(base64)) modules.set(base64, await WebAssembly.compile(decodeBase64(base64)));
}

/**
 * Creates the WebAssembly engine on `memory`; `scalar` forces the build without SIMD.
 * @throws KvpError ERR_ENGINE_UNAVAILABLE where WebAssembly is missing or `memory` is a plain ArrayBuffer.
 */
export function createWasmEngine(memory: EngineMemory, options: { scalar?: boolean } = {}): Engine {
  if (memory.wasm === undefined) throw new KvpError('ERR_ENGINE_UNAVAILABLE');
  const simd = options.scalar !== true && detectWasm().simd;
  // The loader's own export wrappers set argument counts and copy strings; the raw exports need neither.
  const { instance } = instantiateSync(compiled(simd ? simdBase64 : scalarBase64), { env: { memory: memory.wasm } });
  const functions = instance.exports as unknown as EngineFunctions;
  return { ...functions, kind: simd ? 'wasm' : 'wasm-scalar', memory };
}
