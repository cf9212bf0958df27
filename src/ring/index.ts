export { createEngine, type Engine, type EngineOptions, prepareWasm as init } from '../engine/index.js';
export { type ControlWord, loadControl, storeControl } from './control.js';
export type { RingPacket } from './packet.js';
export { RingReader, type RingReaderOptions } from './reader.js';
export { createRing, type Ring, type RingOptions } from './ring.js';
export { type ConsumerState, consumerSignals, type ProducerState, producerSignals } from './signal.js';
export {
  type Reservation,
  type RingWriteOptions,
  type RingWriteResult,
  RingWriter,
  type RingWriterOptions,
} from './writer.js';
