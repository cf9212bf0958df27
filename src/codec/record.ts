/** One record of a pool file: 2,560 bytes, key and value in UTF-8, each ending at its first NUL (protocol.md 5.2). */
import { requireBytes, requireInteger } from '../arguments.js';
import { KvpError } from '../errors.js';
import * as wire from '../wire/kvp.js';
import { type OutputOptions, outputRoom } from './bytes.js';
import { encodeUtf8 } from './text.js';
import { textBytes, writeField } from './utf8-field.js';

export interface PoolRecord {
  /** UTF-8 without NUL; 512 and 2,048 bytes when another program left out the NUL. */
  key: Uint8Array;
  value: Uint8Array;
}

/**
 * The record at `at` of a pool file's bytes; key and value are views of it. Bytes behind the NULs are leftovers of
 * earlier records and are never part of a text.
 *
 * @throws KvpError ERR_CODEC_SHORT
 */
export function decodeRecord(file: Uint8Array, at = 0): PoolRecord {
  requireBytes('file', file);
  requireInteger('at', at, 0, Number.MAX_SAFE_INTEGER);
  if (file.length - at < wire.RECORD_BYTES)
    throw new KvpError('ERR_CODEC_SHORT', {
      detail: 'pool record',
      offset: file.length,
      expected: wire.RECORD_BYTES,
      actual: file.length - at,
    });
  return {
    key: textBytes(file, at + wire.RECORD_KEY, wire.KEY_BYTES),
    value: textBytes(file, at + wire.RECORD_VALUE, wire.VALUE_BYTES),
  };
}

/** A record, zero to the end of both fields. Throws KvpError ERR_LIMIT_KEY, ERR_LIMIT_VALUE, ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16. */
export function encodeRecord(
  { key, value }: { key: string | Uint8Array; value: string | Uint8Array },
  { into }: OutputOptions = {},
): Uint8Array {
  const bytesOf = (text: string | Uint8Array) => (typeof text === 'string' ? encodeUtf8(text) : text);
  const record = outputRoom(wire.RECORD_BYTES, into);
  writeField(record, 'key', wire.RECORD_KEY, wire.KEY_BYTES, bytesOf(key));
  writeField(record, 'value', wire.RECORD_VALUE, wire.VALUE_BYTES, bytesOf(value));
  return record;
}
