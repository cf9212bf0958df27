export { defaultPoolDirectory, POOL_NAMES, type PoolName, poolFileName, poolNumber } from './names.js';
export { Pool, type PoolEntry, type Text } from './pool.js';
export { openPools, PoolStore, type PoolStoreOptions } from './store.js';
