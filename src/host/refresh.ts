/** The periodic look at the guest: its items, its intrinsic items and the IP configuration of every adapter. */

import type { Clock } from '../clock.js';
import type { IpInfo } from '../codec/index.js';
import { KvpError } from '../errors.js';
import { POOL_AUTO, POOL_GUEST } from '../wire/kvp.js';
import type { VirtualAdapter } from './adapters.js';
import type { Guest, Item } from './guest.js';
import { GuestStatusError } from './guest-status-error.js';

/** What the last refresh saw. An adapter that the guest does not know has no entry in `ip`. */
export interface Observed {
  /** WMI: GuestExchangeItems. */
  guest: readonly Item[];
  /** WMI: GuestIntrinsicExchangeItems. */
  intrinsics: readonly Item[];
  /** By MAC. */
  ip: ReadonlyMap<string, IpInfo>;
  /** The clock when the refresh ended; undefined before the first. */
  at?: number;
}

export interface RefresherOptions {
  guest: Guest;
  clock: Clock;
  adapters: () => readonly VirtualAdapter[];
  /** Milliseconds from the end of one refresh to the start of the next, so that none overlaps; 0 for no schedule. */
  intervalMs: number;
  onEnd: (error?: KvpError) => void;
}

export class Refresher {
  observed: Observed = { guest: [], intrinsics: [], ip: new Map() };
  readonly #options: RefresherOptions;
  #running: Promise<Observed> | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  /** Starts the schedule with a refresh now; harmless when it runs already. */
  start(): void {
    this.stop();
    if (this.#options.intervalMs > 0) this.#scheduled();
  }

  /** No refresh starts any more by itself; one under way ends as its requests end. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Refreshes now, or joins the refresh under way. Rejects when the guest could not be asked to the end. */
  now(): Promise<Observed> {
    this.#running ??= this.#refresh().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #scheduled(): void {
    let stopped = false;
    this.#cancel = () => {
      stopped = true;
    };
    const next = () => {
      if (!stopped) this.#cancel = this.#options.clock.after(this.#options.intervalMs, () => this.#scheduled());
    };
    this.now().then(next, next);
  }

  async #refresh(): Promise<Observed> {
    const { guest, clock, adapters, onEnd } = this.#options;
    try {
      const items = await guest.enumerate(POOL_GUEST);
      const intrinsics = await guest.enumerate(POOL_AUTO);
      const ip = new Map<string, IpInfo>();
      for (const { mac } of adapters()) {
        const info = await guest.getIp(mac).catch(absentWhenRefused);
        if (info !== undefined) ip.set(mac, info);
      }
      this.observed = { guest: items, intrinsics, ip, at: clock.now() };
      onEnd();
      return this.observed;
    } catch (error) {
      if (error instanceof KvpError) onEnd(error);
      throw error;
    }
  }
}

/** A guest answers with a failure for an adapter that it has not brought up. */
function absentWhenRefused(error: unknown): undefined {
  if (!(error instanceof GuestStatusError)) throw error;
}
