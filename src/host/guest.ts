/** The requests a host makes of its guest, one method an operation, over a link (protocol.md 3.1 and 6.1). */
import { type IpInfo, ipInfoRequest, type KvpMessage, type KvpValue, poolNames } from '../codec/index.js';
import { KvpError } from '../errors.js';
import {
  OPERATION_DELETE,
  OPERATION_ENUMERATE,
  OPERATION_GET,
  OPERATION_GET_IP_INFO,
  OPERATION_SET,
  OPERATION_SET_IP_INFO,
  POOL_GUEST,
} from '../wire/kvp.js';
import { Status } from '../wire/status.js';
import { GuestStatusError } from './guest-status-error.js';
import { fromKvpValue, type ItemValue } from './item-limits.js';

export interface Item {
  key: string;
  value: ItemValue;
}

export interface RequestPort {
  request(message: KvpMessage): Promise<{ status: number; message?: KvpMessage }>;
}

export class Guest {
  readonly #port: RequestPort;
  readonly #maxEnumeration: number;

  constructor(port: RequestPort, maxEnumeration: number) {
    this.#port = port;
    this.#maxEnumeration = maxEnumeration;
  }

  /** Resolves with the status; a refusal is a value here, for its meaning depends on the moment. */
  async set(pool: number, key: string, value: KvpValue): Promise<number> {
    return (await this.#port.request({ operation: OPERATION_SET, pool, key, value })).status;
  }

  async delete(pool: number, key: string): Promise<number> {
    return (await this.#port.request({ operation: OPERATION_DELETE, pool, key })).status;
  }

  /** undefined: the guest has no such item (0x80070103). */
  async get(pool: number, key: string): Promise<ItemValue | undefined> {
    const { status, message } = await this.#port.request({ operation: OPERATION_GET, pool, key });
    if (status === Status.NoMoreItems) return undefined;
    requireOk(status, `get ${key} of pool ${poolNames.of(pool)}`);
    return itemOf(message).value;
  }

  /** Index 0, 1, 2… until the guest says that there is no more. Any other status is an error. */
  async enumerate(pool: number): Promise<Item[]> {
    const items: Item[] = [];
    for (let index = 0; index < this.#maxEnumeration; index++) {
      const { status, message } = await this.#port.request({ operation: OPERATION_ENUMERATE, pool, index });
      if (status === Status.NoMoreItems) return items;
      requireOk(status, `enumerate ${index} of pool ${poolNames.of(pool)}`);
      items.push(itemOf(message));
    }
    throw new KvpError('ERR_HOST_ENUMERATION', { detail: `pool ${poolNames.of(pool)}`, actual: this.#maxEnumeration });
  }

  async getIp(mac: string): Promise<IpInfo> {
    const request: KvpMessage = { operation: OPERATION_GET_IP_INFO, pool: POOL_GUEST, ip: ipInfoRequest(mac) };
    const { status, message } = await this.#port.request(request);
    requireOk(status, `get-ip-info ${mac}`);
    if (message === undefined || !('ip' in message)) throw new KvpError('ERR_CODEC_IP', { detail: 'no IP block' });
    return message.ip;
  }

  async setIp(ip: IpInfo): Promise<void> {
    const { status } = await this.#port.request({ operation: OPERATION_SET_IP_INFO, pool: POOL_GUEST, ip });
    requireOk(status, `set-ip-info ${ip.adapterId}`);
  }
}

function requireOk(status: number, what: string): void {
  if (status !== Status.Ok) throw new GuestStatusError(status, what);
}

function itemOf(message: KvpMessage | undefined): Item {
  if (message === undefined || !('key' in message) || !('value' in message)) {
    throw new KvpError('ERR_CODEC_NUL', { detail: 'the answer holds no item' });
  }
  const { key, value } = message;
  if (key === undefined || value === undefined) throw new KvpError('ERR_CODEC_NUL', { detail: 'an item without text' });
  return { key, value: fromKvpValue(value) };
}
