/** Item values in JSON: text and u32 as they are, a 64-bit value as {"u64":"decimal"}, for JSON numbers cannot hold it. */
import type { ItemValue } from './item-limits.js';

export type JsonValue = string | number | { u64: string };

export const toJsonValue = (value: ItemValue): JsonValue =>
  typeof value === 'bigint' ? { u64: String(value) } : value;

/** Throws TypeError for anything that {@link toJsonValue} does not make. Range and length are checked elsewhere. */
export function fromJsonValue(value: unknown): ItemValue {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (isRecord(value) && typeof value['u64'] === 'string' && /^\d{1,20}$/.test(value['u64'])) {
    return BigInt(value['u64']);
  }
  throw new TypeError('a value is text, a u32 or {"u64":"decimal"}');
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
