export type { Text } from './arguments.js';
export type { Finding, FindingKind } from './check.js';
export type { PoolEntry } from './entry.js';
export { defaultPoolDirectory, POOL_NAMES, type PoolName, poolFileName, poolNumber } from './names.js';
export type { NoticeKind, PoolNotice } from './notice.js';
export { type CallOptions, type GetOptions, Pool, type WaitOptions } from './pool.js';
export type { RepairOptions } from './repair.js';
export { openPools, PoolStore, type PoolStoreOptions } from './store.js';
export type { PoolChange, WatchOptions } from './watch.js';
