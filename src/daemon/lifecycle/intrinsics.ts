import { requireObject } from '../../arguments.js';
import { createIntrinsics, type IntrinsicsOptions } from '../intrinsics.js';
import type { IntrinsicsPort } from '../ports.js';
import { type GuestFactsOptions, gatherGuestFacts } from './guest-facts.js';

export interface GuestIntrinsics extends IntrinsicsPort {
  /** Looks again at everything the items are made of. */
  refresh(): void;
  close(): void;
}

/**
 * The intrinsic items of this machine, kept up to date.
 *
 * ```ts
 * const facts = createNetFacts();
 * const intrinsics = guestIntrinsics({ profile: 'linux', addresses: facts });
 * ```
 */
export function guestIntrinsics(options: Omit<IntrinsicsOptions, 'facts'> & GuestFactsOptions): GuestIntrinsics {
  requireObject('options', options);
  const source = gatherGuestFacts(options);
  return {
    ...createIntrinsics({ ...options, facts: source.facts }),
    refresh: () => source.refresh(),
    close: () => source.close(),
  };
}
