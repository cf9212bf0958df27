/**
 * The codec without WebAssembly: the same functions, no module bytes, no loader. For pages that may not compile, for
 * runtimes without WebAssembly, and where every kilobyte counts.
 */
import { createJsEngine } from '../engine/js.js';
import { EngineMemory } from '../engine/memory.js';
import { type Codec, EngineCodec } from './engine-codec.js';

// A named export below takes the place of the same name here.
export * from './index.js';

/** A codec on the JavaScript engine and a plain ArrayBuffer; see the namesake in `hv-kvp/codec`. */
export function createCodec({ memoryBytes }: { memoryBytes?: number } = {}): Codec {
  const bytes = memoryBytes === undefined ? {} : { bytes: memoryBytes };
  return new EngineCodec(createJsEngine(new EngineMemory({ ...bytes, plain: true })));
}
