/** The name that a device's file has in its directory before it is served and after it was. */
import type { MountLabel } from './mount-table.js';

export const hiddenName = ({ pid, token }: Pick<MountLabel, 'pid' | 'token'>): string => `.hv-kvp-${pid}-${token}`;

/** The process that made it; undefined for any other name. */
export function makerOf(name: string): number | undefined {
  const pid = /^\.hv-kvp-(\d{1,10})-[0-9a-f]{12}$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
