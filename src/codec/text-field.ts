/** A text in a fixed field of a host message: UTF-16LE, NUL-terminated, zero to the end. */
import { requireText } from '../arguments.js';
import { KvpError } from '../errors.js';
import { readU32, writeU32 } from './bytes.js';
import { placed } from './error-place.js';
import { requireWithin, type TextLimit, truncate } from './limits.js';
import { applyToUtf16, decodeUtf16, encodable, type TextPolicy, utf16End, utf16ToString, writeUtf16 } from './text.js';

/** A field, with the u32 that states its used bytes (NUL included) where there is one. */
export interface TextField {
  what: string;
  at: number;
  bytes: number;
  sizeAt: number;
}

/**
 * Writes text and NUL at `at`, which the caller has zeroed to the field's end; returns the bytes used, NUL included.
 * Under `linux` and `freebsd` a text ends at its NUL and at its limit, else it throws.
 */
export function writeText(message: Uint8Array, at: number, text: string, limit: TextLimit, policy: TextPolicy): number {
  requireText(limit.what, text);
  let clean = placed(at, limit.what, () => encodable(text, policy));
  if (policy === 'linux' || policy === 'freebsd') clean = truncate(clean, limit);
  else requireWithin(clean, limit);
  writeUtf16(message, at, clean);
  return 2 * (clean.length + 1);
}

export function writeSizedText(
  message: Uint8Array,
  field: TextField,
  text: string,
  limit: TextLimit,
  policy: TextPolicy,
): void {
  writeU32(message, field.sizeAt, writeText(message, field.at, text, limit, policy));
}

/**
 * Reads a field whose size is stated. `strict` wants what OpenVMM's host wants: an even size of at least one unit
 * within the field, with a NUL in its last unit; the text is all before it, a NUL inside included. The other policies clamp the size and take what there is; `linux` and
 * `freebsd` read twice the stated size, as those drivers do.
 *
 * @throws KvpError ERR_CODEC_SIZE, ERR_CODEC_NUL, ERR_CODEC_UTF16
 */
export function readSizedText(message: Uint8Array, field: TextField, policy: TextPolicy): string {
  const stated = readU32(message, field.sizeAt);
  if (policy === 'strict' && (stated < 2 || stated > field.bytes || stated % 2 !== 0))
    throw new KvpError('ERR_CODEC_SIZE', {
      detail: `${field.what} size`,
      offset: field.sizeAt,
      expected: `even, 2 to ${field.bytes}`,
      actual: stated,
    });
  const size = Math.min(readableBytes(stated, policy), field.bytes) & ~1;
  if (policy !== 'strict') return textOf(message, field.what, field.at, size, policy);
  requireNul(message, field.what, field.at + size - 2);
  const exact = message.subarray(field.at, field.at + size - 2);
  return placed(field.at, field.what, () => applyToUtf16(utf16ToString(exact), policy));
}

/** Both drivers pass a size in bytes where units are counted, so they read up to twice as far; from 2^31 on, nothing. */
function readableBytes(stated: number, policy: TextPolicy): number {
  if (policy === 'strict' || policy === 'replace') return stated;
  return stated >= 0x80000000 ? 0 : 2 * stated;
}

/** Reads a field that ends at its first NUL unit. `strict` wants one. */
export function readText(message: Uint8Array, what: string, at: number, bytes: number, policy: TextPolicy): string {
  if (policy === 'strict' && utf16End(message.subarray(at, at + bytes)) === bytes)
    requireNul(message, what, at + bytes - 2);
  return textOf(message, what, at, bytes, policy);
}

function requireNul(message: Uint8Array, what: string, at: number): void {
  if (message[at] === 0 && message[at + 1] === 0) return;
  const actual = `0x${(message[at]! | (message[at + 1]! << 8)).toString(16)}`;
  throw new KvpError('ERR_CODEC_NUL', { detail: what, offset: at, expected: 0, actual });
}

const textOf = (message: Uint8Array, what: string, at: number, bytes: number, policy: TextPolicy): string =>
  placed(at, what, () => decodeUtf16(message.subarray(at, at + bytes), policy));
