/** One record as people see it, and what of theirs can be stored. */
import { isUtf8 } from 'node:buffer';
import { KvpError } from '../errors.js';
import { KEY_TEXT_BYTES, VALUE_TEXT_BYTES } from '../wire/kvp.js';
import { requireKeyOrValue, type Text } from './arguments.js';
import { checkKey, checkValue, decodeText, keyText, valueText } from './record.js';

/** One record with text in it. The bytes are the caller's. */
export interface PoolEntry {
  /** Its place in the file, which is the index that a host enumerates by. */
  index: number;
  /** Invalid UTF-8 is replaced by U+FFFD; `keyBytes` and `valueBytes` have it as it is. */
  key: string;
  value: string;
  keyBytes: Uint8Array;
  valueBytes: Uint8Array;
  /** False when key or value is not UTF-8: the stock driver ends a host's enumeration at such a record. */
  valid: boolean;
}

/** The record of slot `index`, which stands at `offset` of `bytes`; undefined when it holds no text. */
export function entryAt(bytes: Uint8Array, offset: number, index: number): PoolEntry | undefined {
  const [keyBytes, valueBytes] = [new Uint8Array(keyText(bytes, offset)), new Uint8Array(valueText(bytes, offset))];
  if (keyBytes.length === 0 && valueBytes.length === 0) return undefined;
  const valid = isUtf8(keyBytes) && isUtf8(valueBytes);
  return { index, key: decodeText(keyBytes), value: decodeText(valueBytes), keyBytes, valueBytes, valid };
}

const toBytes = (text: Text): Uint8Array => (typeof text === 'string' ? Buffer.from(text, 'utf8') : text);

/** A key to look for. Throws MisuseError, ERR_LIMIT_KEY, ERR_POOL_KEY. */
export function keyBytesOf(key: Text): Uint8Array {
  requireKeyOrValue('key', key);
  const bytes = toBytes(key);
  checkKey(bytes);
  return bytes;
}

/** A string with lone surrogates, which no UTF-8 can carry. Bytes are taken as they are. */
const isBroken = (text: Text, bytes: Uint8Array) => typeof text === 'string' && decodeText(bytes) !== text;

/** @throws MisuseError, KvpError ERR_LIMIT_KEY, ERR_POOL_KEY */
export function storableKey(key: Text): Uint8Array {
  requireKeyOrValue('key', key);
  const bytes = toBytes(key);
  if (bytes.length > KEY_TEXT_BYTES) {
    throw new KvpError('ERR_LIMIT_KEY', { expected: `at most ${KEY_TEXT_BYTES} bytes of UTF-8`, actual: bytes.length });
  }
  if (bytes.length === 0) throw new KvpError('ERR_POOL_KEY', { detail: 'it is empty' });
  if (isBroken(key, bytes)) throw new KvpError('ERR_POOL_KEY', { detail: 'it is not valid Unicode' });
  checkKey(bytes);
  return bytes;
}

/** @throws MisuseError, KvpError ERR_LIMIT_VALUE, ERR_POOL_VALUE */
export function storableValue(value: Text): Uint8Array {
  requireKeyOrValue('value', value);
  const bytes = toBytes(value);
  if (bytes.length > VALUE_TEXT_BYTES) {
    const expected = `at most ${VALUE_TEXT_BYTES} bytes of UTF-8`;
    throw new KvpError('ERR_LIMIT_VALUE', { expected, actual: bytes.length });
  }
  if (isBroken(value, bytes)) throw new KvpError('ERR_POOL_VALUE', { detail: 'it is not valid Unicode' });
  checkValue(bytes);
  return bytes;
}
