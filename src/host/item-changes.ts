/** Changes of the host's items: checked, brought to the guest when one listens, then kept. */
import { KvpError } from '../errors.js';
import { POOL_EXTERNAL } from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import type { Guest } from './guest.js';
import { GuestStatusError } from './guest-status-error.js';
import { checkKey, type ItemValue, toKvpValue } from './item-limits.js';
import type { HostItem, HostItems } from './items.js';

/** What became of a change: `delivered` is false while no guest listens; it is then pushed after the next negotiation. */
export interface Change {
  delivered: boolean;
}

export interface ItemChangesOptions {
  guest: Guest;
  items: HostItems;
  /** Whether a guest has negotiated. */
  listens: () => boolean;
  /** Keeps these items beyond the process; called before anything else changes. */
  persist: (items: readonly HostItem[]) => Promise<void>;
  removeMissing: 'error' | 'ok';
}

/** The steps of one change, in their order. */
interface PlannedChange {
  keep: readonly HostItem[];
  /** Brings it to the guest; throws when the guest does not take it. */
  deliver: () => Promise<void>;
  apply: (delivered: boolean) => void;
}

/**
 * A change that cannot be kept changes nothing. One that was kept and that the guest then refuses is taken back, so
 * that memory, file and guest agree after every error.
 */
export class ItemChanges {
  readonly #options: ItemChangesOptions;

  constructor(options: ItemChangesOptions) {
    this.#options = options;
  }

  async add(key: string, value: ItemValue): Promise<Change> {
    this.#options.items.checkAdd(key, value);
    return this.#store(key, value);
  }

  async modify(key: string, value: ItemValue): Promise<Change> {
    this.#options.items.checkModify(key, value);
    return this.#store(key, value);
  }

  async remove(key: string): Promise<Change> {
    const { guest, items, removeMissing } = this.#options;
    checkKey(key);
    if (items.get(key) === undefined) {
      if (removeMissing === 'ok') return { delivered: false };
      throw new KvpError('ERR_HOST_NOT_FOUND', { detail: key });
    }
    return this.#change({
      keep: items.without(key),
      deliver: async () => {
        const status = await guest.delete(POOL_EXTERNAL, key);
        // A guest that lost the item already has what was asked for.
        if (status !== Status.Ok && status !== Status.NoMoreItems) throw new GuestStatusError(status, `remove ${key}`);
      },
      apply: () => items.remove(key),
    });
  }

  #store(key: string, value: ItemValue): Promise<Change> {
    const { guest, items } = this.#options;
    return this.#change({
      keep: items.with(key, value),
      deliver: async () => {
        const status = await guest.set(POOL_EXTERNAL, key, toKvpValue(value));
        if (status !== Status.Ok) throw new GuestStatusError(status, `set ${key}`);
      },
      apply: (delivered) => items.set(key, value, delivered),
    });
  }

  async #change({ keep, deliver, apply }: PlannedChange): Promise<Change> {
    await this.#options.persist(keep);
    const delivered = this.#options.listens();
    try {
      if (delivered) await deliver();
    } catch (error) {
      await this.#takeBack(error);
      throw error;
    }
    apply(delivered);
    return { delivered };
  }

  async #takeBack(why: unknown): Promise<void> {
    try {
      await this.#options.persist(this.#options.items.list());
    } catch (cause) {
      const text = (error: unknown) => (error instanceof Error ? error.message : String(error));
      throw new KvpError('ERR_HOST_STATE_FILE', {
        detail: `it holds a change that failed (${text(why)}), and it cannot be taken back until it can be written: ${text(cause)}`,
        cause,
      });
    }
  }
}
