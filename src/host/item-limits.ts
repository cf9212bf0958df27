/** What an administrator may store, checked before anything is sent (protocol.md 6.4). */
import { requireText } from '../arguments.js';
import { HOST_KEY_LIMIT, HOST_VALUE_LIMIT, type KvpValue, requireWithin, type TextLimit } from '../codec/index.js';
import { KvpError, MisuseError } from '../errors.js';

/** A string becomes a string item, a number a u32, a bigint a 64-bit item. */
export type ItemValue = string | number | bigint;

const U32_MAX = 0xffff_ffff;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Throws ERR_LIMIT_KEY over 255 UTF-16 units, or over 511 bytes of UTF-8, at which a guest's driver would cut the key;
 * ERR_CODEC_UTF16 for a lone surrogate; MisuseError for an empty key or one that holds a NUL.
 */
export function checkKey(key: string): void {
  requireText('key', key);
  if (key === '') throw new MisuseError('a key has at least one character');
  checkText(key, HOST_KEY_LIMIT);
}

/** The value as it travels. Throws as {@link checkKey}, with ERR_LIMIT_VALUE over 1,023 units or 2,047 bytes of UTF-8. */
export function toKvpValue(value: ItemValue): KvpValue {
  switch (typeof value) {
    case 'string':
      checkText(value, HOST_VALUE_LIMIT);
      return { type: 1, text: value };
    case 'number':
      if (!Number.isInteger(value) || value < 0 || value > U32_MAX) throw new MisuseError(`${value} is not a u32`);
      return { type: 4, number: value };
    case 'bigint':
      if (value < 0n || value > U64_MAX) throw new MisuseError(`${value} is not a u64`);
      return { type: 11, bigint: value };
    default:
      throw new MisuseError('a value is a string, a number or a bigint');
  }
}

/** The value of an item that was read. Bytes of a type without a name cannot reach here: such an answer fails the channel. */
export function fromKvpValue(value: KvpValue): ItemValue {
  if ('text' in value) return value.text;
  if ('number' in value) return value.number;
  if ('bigint' in value) return value.bigint;
  throw new KvpError('ERR_CODEC_VALUE_TYPE', { actual: value.type });
}

function checkText(text: string, limit: TextLimit): void {
  if (text.includes('\0')) throw new MisuseError(`a ${limit.what} cannot hold a NUL`);
  requireWithin(text, limit);
  if (/\p{Surrogate}/u.test(text)) {
    throw new KvpError('ERR_CODEC_UTF16', { detail: `the ${limit.what} holds a lone surrogate` });
  }
}
