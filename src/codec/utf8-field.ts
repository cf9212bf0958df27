/** A UTF-8 text in a fixed field of a daemon message or pool record: NUL-terminated, zero to the end. */
import { requireBytes } from '../arguments.js';
import { KvpError } from '../errors.js';
import { placed } from './error-place.js';
import { decodeUtf8 } from './text.js';

/** Bytes of a text field up to its first NUL, or all of them: a view. */
export function textBytes(message: Uint8Array, at: number, bytes: number): Uint8Array {
  const field = message.subarray(at, at + bytes);
  const nul = field.indexOf(0);
  return nul < 0 ? field : field.subarray(0, nul);
}

/** A field that must hold a NUL, as a string. Errors count from the start of the message. */
export function readString(message: Uint8Array, what: string, at: number, bytes: number): string {
  const field = textBytes(message, at, bytes);
  if (field.length === bytes)
    throw new KvpError('ERR_CODEC_NUL', { detail: what, offset: at + bytes - 1, expected: 0 });
  return placed(at, what, () => decodeUtf8(field));
}

/**
 * Writes text with its NUL and zeros to the field's end. Throws ERR_LIMIT_* when there is no room for the NUL, and
 * ERR_CODEC_INNER_NUL when the text would end before its end.
 */
export function writeField(message: Uint8Array, what: string, at: number, bytes: number, text: Uint8Array): void {
  requireBytes(what, text);
  const nul = text.indexOf(0);
  if (nul >= 0) throw new KvpError('ERR_CODEC_INNER_NUL', { detail: what, offset: at + nul });
  if (text.length >= bytes) {
    const code = what === 'key' ? 'ERR_LIMIT_KEY' : what === 'value' ? 'ERR_LIMIT_VALUE' : 'ERR_LIMIT_LIST';
    const detail = `${what} is ${text.length - bytes + 1} UTF-8 bytes over its limit`;
    throw new KvpError(code, { detail, expected: bytes - 1, actual: text.length });
  }
  message.set(text, at);
  message.fill(0, at + text.length, at + bytes);
}
