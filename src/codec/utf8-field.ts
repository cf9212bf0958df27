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

/** A text and the field that it goes into. */
export interface FieldText {
  what: string;
  at: number;
  bytes: number;
  /** UTF-8, without a NUL. */
  text: Uint8Array;
}

/**
 * Writes texts with their NULs and zeros to the ends of their fields: all of them, or after an error none. Throws
 * ERR_LIMIT_* when there is no room for a NUL, and ERR_CODEC_INNER_NUL when a text would end before its end.
 */
export function writeFields(message: Uint8Array, fields: readonly FieldText[]): void {
  fields.forEach(requireFieldText);
  for (const { at, bytes, text } of fields) {
    message.set(text, at);
    message.fill(0, at + text.length, at + bytes);
  }
}

/** {@link writeFields} for one. */
export const writeField = (message: Uint8Array, what: string, at: number, bytes: number, text: Uint8Array): void =>
  writeFields(message, [{ what, at, bytes, text }]);

function requireFieldText({ what, at, bytes, text }: FieldText): void {
  requireBytes(what, text);
  const nul = text.indexOf(0);
  if (nul >= 0) throw new KvpError('ERR_CODEC_INNER_NUL', { detail: what, offset: at + nul });
  if (text.length < bytes) return;
  const code = what === 'key' ? 'ERR_LIMIT_KEY' : what === 'value' ? 'ERR_LIMIT_VALUE' : 'ERR_LIMIT_LIST';
  const detail = `${what} is ${text.length - bytes + 1} UTF-8 bytes over its limit`;
  throw new KvpError(code, { detail, expected: bytes - 1, actual: text.length });
}
