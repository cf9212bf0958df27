/** One process of the suite load: an engine from nothing, its module decoded, compiled and instantiated. */
import { createJsEngine, createWasmEngine, EngineMemory, table } from '#internal';
import type { FreshFigure } from '../harness/fresh-process.js';

const [, , contender] = process.argv;
performance.now();
const begun = performance.now();
const memory = new EngineMemory();
const started = performance.now();
const engine =
  contender === 'js' ? createJsEngine(memory) : createWasmEngine(memory, { scalar: contender === 'wasm-scalar' });
const ended = performance.now();

const source = memory.allocate(64);
const target = memory.allocate(64);
const text = Buffer.from('Größe 虚拟机 😀', 'utf16le');
source.view.set(text);
const bytes = engine.utf16ToUtf8(source.address, text.length / 2, target.address, 64, table.POLICY_STRICT);
const figure: FreshFigure = {
  milliseconds: { engine: ended - started, 'memory and engine': ended - begun },
  outcome: Buffer.from(target.view.subarray(0, bytes)).toString('hex'),
};
console.log(JSON.stringify(figure));
