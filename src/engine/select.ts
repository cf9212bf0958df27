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

const VARIABLE = 'HV_KVP_ENGINE';

function choice(asked: EngineChoice): EngineChoice {
  if (asked !== 'auto') return asked;
  const forced = environment() || 'auto';
  requireChoice(`the environment variable ${VARIABLE}`, forced, CHOICES);
  return forced as EngineChoice;
}

/** undefined where there is no environment, or where it may not be read, as in Deno without --allow-env. */
function environment(): string | undefined {
  try {
    return (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[VARIABLE];
  } catch {
    return undefined;
  }
}

/**
 * Creates a memory and the engine that works on it. `auto` takes WebAssembly where it is, with SIMD where that is,
 * and the JavaScript twin otherwise.
 * @throws KvpError ERR_ENGINE_UNAVAILABLE when `wasm` is asked for and not there; MisuseError for a name that is no
 *   engine, here or in the environment variable HV_KVP_ENGINE
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
