/** Changes of the host's items: checked, brought to the guest when one listens, then kept. */
import { KvpError } from '../errors.js';
import { POOL_EXTERNAL } from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import type { Guest } from './guest.js';
import { GuestStatusError } from './guest-status-error.js';
import { checkKey, type ItemValue, toKvpValue } from './item-limits.js';
import type { HostItems } from './items.js';

/** What became of a change: `delivered` is false while no guest listens; it is then pushed after the next negotiation. */
export interface Change {
  delivered: boolean;
}

export interface ItemChangesOptions {
  guest: Guest;
  items: HostItems;
  /** Whether a guest has negotiated. */
  listens: () => boolean;
  /** Called once the change is made. */
  persist: () => Promise<void>;
  removeMissing: 'error' | 'ok';
}

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
    const { guest, items, listens, persist, removeMissing } = this.#options;
    checkKey(key);
    if (items.get(key) === undefined) {
      if (removeMissing === 'ok') return { delivered: false };
      throw new KvpError('ERR_HOST_NOT_FOUND', { detail: key });
    }
    const delivered = listens();
    if (delivered) {
      const status = await guest.delete(POOL_EXTERNAL, key);
      // A guest that lost the item already has what was asked for.
      if (status !== Status.Ok && status !== Status.NoMoreItems) throw new GuestStatusError(status, `remove ${key}`);
    }
    items.remove(key);
    await persist();
    return { delivered };
  }

  async #store(key: string, value: ItemValue): Promise<Change> {
    const { guest, items, listens, persist } = this.#options;
    const delivered = listens();
    if (delivered) {
      const status = await guest.set(POOL_EXTERNAL, key, toKvpValue(value));
      if (status !== Status.Ok) throw new GuestStatusError(status, `set ${key}`);
    }
    items.set(key, value, delivered);
    await persist();
    return { delivered };
  }
}
