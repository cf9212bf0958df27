/** What a guest is told right after a negotiation: failover settings, the host's description, the host's items. */
import { POOL_AUTO_EXTERNAL, POOL_EXTERNAL } from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import { checkDescription, descriptionItems, type HostDescription } from './description.js';
import type { Guest } from './guest.js';
import { GuestStatusError } from './guest-status-error.js';
import { type IpConfiguration, ipBlock } from './ip-configuration.js';
import { toKvpValue } from './item-limits.js';
import type { HostItems } from './items.js';

export interface Tally {
  delivered: number;
  refused: number;
}

export class DuePushes {
  readonly #guest: Guest;
  readonly #items: HostItems;
  readonly #failover: () => ReadonlyMap<string, IpConfiguration>;
  #description: HostDescription;
  #descriptionDue = false;
  #failoverDue = false;

  constructor(
    guest: Guest,
    items: HostItems,
    failover: () => ReadonlyMap<string, IpConfiguration>,
    description: HostDescription,
  ) {
    this.#guest = guest;
    this.#items = items;
    this.#failover = failover;
    checkDescription(description);
    this.#description = description;
  }

  /** A guest that boots is offered everything once more. */
  atBoot(): void {
    this.#items.forgetDeliveries();
    this.#descriptionDue = true;
  }

  atFailover(): void {
    this.#failoverDue = true;
  }

  /** Throws for a description that no guest can be told; what is due is then as before. */
  describe(changes: Partial<HostDescription>): void {
    const description = { ...this.#description, ...changes };
    checkDescription(description);
    this.#description = description;
    this.#descriptionDue = true;
  }

  /** Offers what is due. A refusal is counted and passed over; when the channel goes away, the rest stays due. */
  async push(): Promise<Tally> {
    const tally: Tally = { delivered: 0, refused: 0 };
    await this.#pushFailover();
    await this.#pushDescription(tally);
    for (const { key, value } of this.#items.undelivered()) {
      const delivered = (await this.#guest.set(POOL_EXTERNAL, key, toKvpValue(value))) === Status.Ok;
      if (delivered) this.#items.acknowledge(key);
      tally[delivered ? 'delivered' : 'refused']++;
    }
    return tally;
  }

  async #pushDescription(tally: Tally): Promise<void> {
    if (!this.#descriptionDue) return;
    for (const { key, value } of descriptionItems(this.#description)) {
      tally[(await this.#guest.set(POOL_AUTO_EXTERNAL, key, value)) === Status.Ok ? 'delivered' : 'refused']++;
    }
    this.#descriptionDue = false;
  }

  async #pushFailover(): Promise<void> {
    if (!this.#failoverDue) return;
    for (const [guid, configuration] of this.#failover()) {
      try {
        await this.#guest.setIp(ipBlock(guid, configuration));
      } catch (error) {
        // A refusal is in the events; it keeps neither the other adapters nor the items from being set.
        if (!(error instanceof GuestStatusError)) throw error;
      }
    }
    this.#failoverDue = false;
  }
}
