import { wrong } from '../arguments.js';
import { KvpError } from '../errors.js';
import { POOL_COUNT } from '../wire/kvp.js';

/** The pools by number (protocol.md 3.1). */
export const POOL_NAMES = ['external', 'guest', 'auto', 'auto-external', 'auto-internal'] as const;
export type PoolName = (typeof POOL_NAMES)[number];

/** The number of a pool given by name or number ("guest", "1", 1). Throws ERR_POOL_NAME, MisuseError. */
export function poolNumber(pool: string | number): number {
  if (typeof pool !== 'string' && typeof pool !== 'number') {
    throw wrong('pool', 'a name or a number', pool);
  }
  const byName = POOL_NAMES.indexOf(pool as PoolName);
  if (byName >= 0) return byName;
  const number = typeof pool === 'number' ? pool : /^\d$/.test(pool) ? Number(pool) : Number.NaN;
  if (Number.isInteger(number) && number >= 0 && number < POOL_COUNT) return number;
  throw new KvpError('ERR_POOL_NAME', { actual: JSON.stringify(pool) });
}

/** The file of a pool in its directory, as every implementation names it (protocol.md 5.2). */
export const poolFileName = (number: number): string => `.kvp_pool_${number}`;

/** Not `.kvp_pool_…`: known test suites count the files with that prefix and expect five. */
export const journalFileName = (number: number): string => `.hv-kvp-journal_${number}`;
export const backupFileName = (number: number): string => `.hv-kvp-backup_${number}`;

/** Where the platform's daemon keeps its pools. */
export function defaultPoolDirectory(platform: NodeJS.Platform = process.platform): string {
  return platform === 'freebsd' ? '/var/db/hyperv/pool' : '/var/lib/hyperv';
}
