/** What of a virtual machine outlives its process, and how it is checked when it comes back from a file. */
import { requireList, requireObject } from '../arguments.js';
import { KvpError } from '../errors.js';
import { normalizeGuid } from './adapters.js';
import { type IpConfiguration, ipBlock } from './ip-configuration.js';
import { checkKey, type ItemValue, toKvpValue } from './item-limits.js';
import { MAX_HOST_ITEMS } from './items.js';
import { fromJsonValue, isRecord, toJsonValue } from './json-value.js';

export interface PersistentState {
  /** WMI: HostExchangeItems, in the order of adding. */
  items: { key: string; value: ItemValue }[];
  /** By adapter GUID; applied right after each negotiation that follows a failover. */
  failover: { guid: string; configuration: IpConfiguration }[];
}

const FORMAT = 1;
const MAX_FAILOVER = 64;

/** Throws what forbids keeping this state or starting from it. */
export function checkState(state: PersistentState): void {
  requireObject('state', state);
  const { items, failover } = state;
  requireList('items', items);
  requireList('failover', failover);
  for (const item of items) {
    requireObject('an item', item);
    checkKey(item.key);
    toKvpValue(item.value);
  }
  for (const setting of failover) {
    requireObject('a failover setting', setting);
    ipBlock(setting.guid, setting.configuration);
  }
}

/** JSON text, one line feed at its end. */
export function stateToText(state: PersistentState): string {
  checkState(state);
  const { items, failover } = state;
  const plain = items.map(({ key, value }) => ({ key, value: toJsonValue(value) }));
  return `${JSON.stringify({ format: FORMAT, items: plain, failover }, null, 2)}\n`;
}

/** Throws ERR_HOST_STATE_FILE for anything that {@link stateToText} would not have written. */
export function stateFromText(text: string): PersistentState {
  try {
    const state: unknown = JSON.parse(text);
    if (!isRecord(state) || state['format'] !== FORMAT) throw new TypeError(`not a state of format ${FORMAT}`);
    const items = listOf(state['items'], MAX_HOST_ITEMS).map(itemFrom);
    if (new Set(items.map(({ key }) => key)).size !== items.length) throw new TypeError('a key occurs twice');
    const failover = listOf(state['failover'], MAX_FAILOVER).map(failoverFrom);
    return { items, failover };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new KvpError('ERR_HOST_STATE_FILE', { detail: `${reason} - move the file away to start afresh`, cause });
  }
}

function listOf(value: unknown, most: number): Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length > most || !value.every(isRecord)) {
    throw new TypeError(`expected a list of at most ${most} objects`);
  }
  return value;
}

function itemFrom({ key, value }: Record<string, unknown>): PersistentState['items'][number] {
  if (typeof key !== 'string') throw new TypeError('a key is not text');
  const restored = fromJsonValue(value);
  checkKey(key);
  toKvpValue(restored);
  return { key, value: restored };
}

function failoverFrom({ guid, configuration }: Record<string, unknown>): PersistentState['failover'][number] {
  if (typeof guid !== 'string') throw new TypeError('a failover setting has no GUID');
  return { guid: normalizeGuid(guid), configuration: configurationFrom(guid, configuration) };
}

/** A configuration from untrusted JSON. Throws ERR_CODEC_IP, MisuseError or TypeError. */
export function configurationFrom(guid: string, value: unknown): IpConfiguration {
  if (!isRecord(value)) throw new TypeError('an IP configuration is an object');
  const texts = (name: string): string[] => {
    const list = value[name] ?? [];
    if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) {
      throw new TypeError(`${name} is a list of texts`);
    }
    return list;
  };
  const configuration = {
    dhcp: value['dhcp'] === true,
    addresses: texts('addresses'),
    subnets: texts('subnets'),
    gateways: texts('gateways'),
    dns: texts('dns'),
  };
  ipBlock(guid, configuration);
  return configuration;
}
