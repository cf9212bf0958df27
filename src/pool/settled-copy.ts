/**
 * For somebody who may not write: a pool that a dead process left in the middle of a change, as it will be once it is
 * settled. The whole file is copied to memory, which only happens then.
 */
import type { Remains } from './journal-file.js';
import { type LockedPool, readAt } from './locked-pool.js';
import { settle } from './settle.js';

export async function settledCopy(pool: LockedPool, remains: Remains): Promise<LockedPool> {
  let bytes = readAt(pool, 0, pool.facts.size);
  const copy: LockedPool = {
    ...pool,
    files: {
      read(_fd, into, position) {
        const part = bytes.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      write(_fd, part, position) {
        const longer = new Uint8Array(Math.max(bytes.length, position + part.length));
        longer.set(bytes);
        longer.set(part, position);
        bytes = longer;
      },
      truncate(_fd, size) {
        bytes = bytes.subarray(0, size);
      },
      sync: () => Promise.resolve(),
    },
    journal: {
      poolChangedWithin: (facts, withinNs) => pool.journal.poolChangedWithin(facts, withinNs),
      write: () => Promise.resolve(),
      reserve: () => {},
      forget: () => {},
    },
  };
  await settle(copy, remains);
  return { ...copy, facts: { ...pool.facts, size: bytes.length } };
}
