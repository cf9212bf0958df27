/** One record of a pool file: 512 bytes of key, 2,048 bytes of value, each UTF-8 that ends at its first NUL. */
import { KvpError } from '../errors.js';
import { KEY_BYTES, RECORD_BYTES, RECORD_KEY, RECORD_VALUE, VALUE_BYTES } from '../wire/kvp.js';

/** The text of a field: up to its first NUL, or all of it when there is none (cloud-init writes such keys). */
function fieldText(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/** A view of `bytes`, valid as long as they are. */
export const keyText = (bytes: Uint8Array, offset = 0): Uint8Array => fieldText(bytes, offset + RECORD_KEY, KEY_BYTES);
export const valueText = (bytes: Uint8Array, offset = 0): Uint8Array =>
  fieldText(bytes, offset + RECORD_VALUE, VALUE_BYTES);

/** A record that is zero to its end. Throws ERR_LIMIT_KEY, ERR_LIMIT_VALUE, ERR_POOL_KEY, ERR_POOL_VALUE. */
export function encodeRecord(key: Uint8Array, value: Uint8Array): Uint8Array {
  checkKey(key);
  checkValue(value);
  const record = new Uint8Array(RECORD_BYTES);
  record.set(key, RECORD_KEY);
  record.set(value, RECORD_VALUE);
  return record;
}

/** What no record can have as its key cannot be looked up either. Throws ERR_LIMIT_KEY, ERR_POOL_KEY. */
export function checkKey(key: Uint8Array): void {
  if (key.length > KEY_BYTES) {
    throw new KvpError('ERR_LIMIT_KEY', { expected: `at most ${KEY_BYTES} bytes`, actual: key.length });
  }
  if (key.includes(0)) throw new KvpError('ERR_POOL_KEY', { detail: 'it contains NUL', offset: key.indexOf(0) });
}

export function checkValue(value: Uint8Array): void {
  if (value.length > VALUE_BYTES) {
    throw new KvpError('ERR_LIMIT_VALUE', { expected: `at most ${VALUE_BYTES} bytes`, actual: value.length });
  }
  if (value.includes(0)) throw new KvpError('ERR_POOL_VALUE', { detail: 'it contains NUL', offset: value.indexOf(0) });
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0;
}

/** Invalid UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
