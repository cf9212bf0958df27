/** Creates the codec on the best engine there is. */
import { requireObject } from '../arguments.js';
import { createEngine, type Engine, type EngineChoice, requireEngine } from '../engine/index.js';
import { type Codec, EngineCodec } from './engine-codec.js';

export interface CodecOptions {
  /** Default `auto`; see {@link createEngine}. The environment variable HV_KVP_ENGINE overrides `auto`. */
  engine?: EngineChoice;
  /**
   * Size of the memory for messages, batches and rings; default 28 MiB, of which only touched pages cost: room for
   * batches of a thousand messages both ways. Longer ones need more: 4,096 messages to the daemon take 42 MiB.
   */
  memoryBytes?: number;
  /** An engine to share instead of a new one. */
  on?: Engine;
}

/** Compiles the module without blocking; await it before `createCodec` in pages that may not compile synchronously. */
export { prepareWasm as init } from '../engine/index.js';

/** @throws KvpError ERR_ENGINE_UNAVAILABLE, ERR_ENGINE_MEMORY; MisuseError for an option that is none */
export function createCodec(options: CodecOptions = {}): Codec {
  requireObject('options', options);
  const { engine = 'auto', memoryBytes, on } = options;
  if (on !== undefined) requireEngine(on);
  return new EngineCodec(on ?? createEngine({ engine, ...(memoryBytes === undefined ? {} : { bytes: memoryBytes }) }));
}
