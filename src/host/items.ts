/** The items that the host keeps for its guest (WMI: HostExchangeItems), with the rules for changing them. */
import { KvpError } from '../errors.js';
import { checkKey, type ItemValue, toKvpValue } from './item-limits.js';

export interface HostItem {
  key: string;
  value: ItemValue;
  /** Whether the guest has acknowledged this value since it last booted. */
  delivered: boolean;
}

/** Msvm_VirtualSystemManagementService holds at most so many items a virtual machine. */
export const MAX_HOST_ITEMS = 128;

export class HostItems {
  /** In the order of adding, which is the order of pushing. Keys match exactly. */
  readonly #items = new Map<string, HostItem>();

  /** Copies; what the caller does to them changes nothing here. */
  list(): HostItem[] {
    return Array.from(this.#items.values(), (item) => ({ ...item }));
  }

  get(key: string): HostItem | undefined {
    const item = this.#items.get(key);
    return item === undefined ? undefined : { ...item };
  }

  /** Throws what forbids adding this item: its text, ERR_HOST_EXISTS, ERR_HOST_TOO_MANY. */
  checkAdd(key: string, value: ItemValue): void {
    checkKey(key);
    toKvpValue(value);
    if (this.#items.has(key)) throw new KvpError('ERR_HOST_EXISTS', { detail: key });
    if (this.#items.size >= MAX_HOST_ITEMS) throw new KvpError('ERR_HOST_TOO_MANY');
  }

  checkModify(key: string, value: ItemValue): void {
    checkKey(key);
    toKvpValue(value);
    if (!this.#items.has(key)) throw new KvpError('ERR_HOST_NOT_FOUND', { detail: key });
  }

  /** What the list would be with this item: in the place of the one with its key, else at the end. */
  with(key: string, value: ItemValue): HostItem[] {
    return Array.from(new Map(this.#items).set(key, { key, value, delivered: false }).values());
  }

  /** What the list would be without the item with this key. */
  without(key: string): HostItem[] {
    return this.list().filter((item) => item.key !== key);
  }

  set(key: string, value: ItemValue, delivered: boolean): void {
    this.#items.set(key, { key, value, delivered });
  }

  remove(key: string): void {
    this.#items.delete(key);
  }

  /** The guest has acknowledged the value of this item. */
  acknowledge(key: string): void {
    const item = this.#items.get(key);
    if (item !== undefined) item.delivered = true;
  }

  /** A guest that boots is offered every item once more. */
  forgetDeliveries(): void {
    for (const item of this.#items.values()) item.delivered = false;
  }

  undelivered(): HostItem[] {
    return this.list().filter(({ delivered }) => !delivered);
  }
}
