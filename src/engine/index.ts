export { type Engine, type EngineFunctions, type EngineKind, requireEngine } from './engine.js';
export { faultOf, recordFault } from './faults.js';
export { createJsEngine } from './js.js';
export { DEFAULT_MEMORY_BYTES, EngineMemory, type EngineMemoryOptions, POISON, type Region } from './memory.js';
export { Scratch } from './scratch.js';
export { createEngine, type EngineChoice, type EngineOptions } from './select.js';
export { createWasmEngine, detectWasm, prepareWasm } from './wasm.js';
