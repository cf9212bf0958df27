/** One record of a pool file: 2,560 bytes, key and value in UTF-8, each ending at its first NUL (protocol.md 5.2). */
import { optionsOf, requireBytes, requireInteger, requireObject } from '../arguments.js';
import { KvpError } from '../errors.js';
import * as wire from '../wire/kvp.js';
import { type OutputOptions, outputRoom } from './bytes.js';
import { encodeUtf8 } from './text.js';
import { textBytes, writeFields } from './utf8-field.js';

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

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? encodeUtf8(text) : text);

/** A record, zero to the end of both fields. Throws KvpError ERR_LIMIT_KEY, ERR_LIMIT_VALUE, ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16. */
export function encodeRecord(
  record: { key: string | Uint8Array; value: string | Uint8Array },
  options: OutputOptions = {},
): Uint8Array {
  const { into } = optionsOf(options);
  requireObject('record', record);
  const output = outputRoom(wire.RECORD_BYTES, into);
  writeFields(output, [
    { what: 'key', at: wire.RECORD_KEY, bytes: wire.KEY_BYTES, text: bytesOf(record.key) },
    { what: 'value', at: wire.RECORD_VALUE, bytes: wire.VALUE_BYTES, text: bytesOf(record.value) },
  ]);
  return output;
}
