export type { Finding, FindingKind, RepairOptions } from './check.js';
export type { PoolEntry, Text } from './entry.js';
export { defaultPoolDirectory, POOL_NAMES, type PoolName, poolFileName, poolNumber } from './names.js';
export { Pool, type WaitOptions } from './pool.js';
export { openPools, PoolStore, type PoolStoreOptions } from './store.js';
export type { PoolChange, WatchOptions } from './watch.js';
