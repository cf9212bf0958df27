/**
 * Which engine is used. There is no threshold by operation or batch size: measured, the kernels of both modules, with SIMD
 * and without, are faster than the twin's from a batch of one message on (docs/decisions.md).
 */
import { requireChoice, requireObject } from '../arguments.js';
import { KvpError } from '../errors.js';
import type { Engine } from './engine.js';
import { createJsEngine } from './js.js';
import { EngineMemory, type EngineMemoryOptions } from './memory.js';
import { createWasmEngine, detectWasm } from './wasm.js';

const CHOICES = ['auto', 'wasm', 'wasm-scalar', 'js'] as const;
export type EngineChoice = (typeof CHOICES)[number];

export interface EngineOptions extends EngineMemoryOptions {
  /** Default `auto`; the environment variable HV_KVP_ENGINE overrides `auto`. */
  engine?: EngineChoice;
}

function choice(asked: EngineChoice): EngineChoice {
  if (asked !== 'auto') return asked;
  const forced = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[
    'HV_KVP_ENGINE'
  ];
  return forced === 'wasm' || forced === 'wasm-scalar' || forced === 'js' ? forced : 'auto';
}

/**
 * Creates a memory and the engine that works on it. `auto` takes WebAssembly where it is, with SIMD where that is,
 * and the JavaScript twin otherwise.
 * @throws KvpError ERR_ENGINE_UNAVAILABLE when `wasm` is asked for and not there.
 */
export function createEngine(options: EngineOptions = {}): Engine {
  requireObject('options', options);
  const { engine = 'auto' } = options;
  requireChoice('engine', engine, CHOICES);
  const chosen = choice(engine);
  const { wasm } = detectWasm();
  if (!wasm && (chosen === 'wasm' || chosen === 'wasm-scalar')) throw new KvpError('ERR_ENGINE_UNAVAILABLE');
  const memory = new EngineMemory(options);
  if (chosen === 'js' || memory.wasm === undefined) return createJsEngine(memory);
  return createWasmEngine(memory, { scalar: chosen === 'wasm-scalar' });
}
