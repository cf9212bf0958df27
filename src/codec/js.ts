/**
 * The codec without WebAssembly: the same functions, no module bytes, no loader. For pages that may not compile, for
 * runtimes without WebAssembly, and where every kilobyte counts.
 */
import { requireObject } from '../arguments.js';
import { createJsEngine } from '../engine/js.js';
import { EngineMemory } from '../engine/memory.js';
import { type Codec, EngineCodec } from './engine-codec.js';

// The named exports below take the place of their namesakes here.
export * from './index.js';

/** A codec on the JavaScript engine and a plain ArrayBuffer; see the namesake in `hv-kvp/codec`. */
export function createCodec(options: { memoryBytes?: number } = {}): Codec {
  requireObject('options', options);
  const { memoryBytes } = options;
  const bytes = memoryBytes === undefined ? {} : { bytes: memoryBytes };
  return new EngineCodec(createJsEngine(new EngineMemory({ ...bytes, plain: true })));
}

/** Nothing to prepare here; see the namesake in `hv-kvp/codec`. */
export const init = (): Promise<void> => Promise.resolve();
