/**
 * hv-kvp: the Hyper-V key-value pair system. Each part has a subpath of its own (`hv-kvp/codec`, `hv-kvp/pool`, …); this
 * entry names what most programs begin with.
 */
export { type Codec, createCodec } from './codec/index.js';
export { type Daemon, runDaemon } from './daemon/index.js';
export { type ErrorCode, KvpError, MisuseError } from './errors.js';
export { VirtualMachine } from './host/index.js';
export { openPools, type PoolStore } from './pool/index.js';
export { type Machine, startMachine } from './system/index.js';
