/**
 * Text: the one place where bytes become JavaScript strings and back. Every text ends at its first NUL.
 *
 * A policy says what happens to what is not valid:
 *
 * | policy    | UTF-16: lone surrogates                          | UTF-8: invalid bytes   | encoding: too long | encoding: a NUL     |
 * |-----------|--------------------------------------------------|------------------------|--------------------|---------------------|
 * | `strict`  | ERR_CODEC_UTF16 with the offset                  | ERR_CODEC_UTF8 with it | ERR_LIMIT_*        | ERR_CODEC_INNER_NUL |
 * | `replace` | U+FFFD                                           | U+FFFD                 | ERR_LIMIT_*        | ERR_CODEC_INNER_NUL |
 * | `linux`   | dropped, as the Linux driver does                | ERR_CODEC_UTF8         | cut at a character | ends the text       |
 * | `freebsd` | dropped, valid pairs and U+F800…U+FFFF with them | invalid bytes dropped  | cut at a character | ends the text       |
 *
 * (FreeBSD's own UTF-8 reader takes some invalid bytes for Latin-1; text that nobody wrote is not worth copying.)
 */
import { requireBytes, requireChoice, requireText } from '../arguments.js';
import { KvpError } from '../errors.js';
import { firstInvalidUtf8 } from './utf8-check.js';

export const TEXT_POLICIES = ['strict', 'replace', 'linux', 'freebsd'] as const;
export type TextPolicy = (typeof TEXT_POLICIES)[number];

/** In Unicode mode a surrogate matches only when it is alone. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
/** What FreeBSD's converter loses: units 0xd800–0xdfff, paired or not, and 0xf800–0xffff. */
const FREEBSD_LOSES = /[\ud800-\udfff\uf800-\uffff]/g;
const REPLACEMENT = '\ufffd';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16Decoder = new TextDecoder('utf-16le', { ignoreBOM: true });

/**
 * UTF-16LE bytes → string, up to the first NUL unit. An odd last byte is ignored.
 *
 * @throws KvpError ERR_CODEC_UTF16 under `strict`; `offset` is the byte offset in `bytes`
 */
export function decodeUtf16(bytes: Uint8Array, policy: TextPolicy = 'strict'): string {
  requireBytes('bytes', bytes);
  requireChoice('text policy', policy, TEXT_POLICIES);
  const text = utf16ToString(bytes.subarray(0, utf16End(bytes)));
  return applyToUtf16(text, policy);
}

/**
 * String → UTF-16LE bytes, without a NUL at the end.
 *
 * @throws KvpError ERR_CODEC_INNER_NUL, ERR_CODEC_UTF16 (under `strict`); `offset` is the byte offset that the unit
 *   would have
 */
export function encodeUtf16(text: string, policy: TextPolicy = 'strict'): Uint8Array {
  const clean = encodable(text, policy);
  const bytes = new Uint8Array(2 * clean.length);
  writeUtf16(bytes, 0, clean);
  return bytes;
}

/**
 * UTF-8 bytes → string, up to the first NUL byte. A byte order mark is text like any other.
 *
 * @throws KvpError ERR_CODEC_UTF8 under `strict` and `linux`; `offset` is the byte offset in `bytes`
 */
export function decodeUtf8(bytes: Uint8Array, policy: TextPolicy = 'strict'): string {
  requireBytes('bytes', bytes);
  requireChoice('text policy', policy, TEXT_POLICIES);
  const nul = bytes.indexOf(0);
  const field = nul < 0 ? bytes : bytes.subarray(0, nul);
  if (policy === 'replace') return utf8Decoder.decode(field);
  const invalid = firstInvalidUtf8(field);
  if (invalid < 0) return utf8Decoder.decode(field);
  if (policy === 'freebsd') return validPartsOf(field);
  throw new KvpError('ERR_CODEC_UTF8', { offset: invalid, actual: `0x${field[invalid]!.toString(16)}` });
}

/**
 * String → UTF-8 bytes, without a NUL at the end.
 *
 * @throws KvpError ERR_CODEC_INNER_NUL; ERR_CODEC_UTF16 under `strict` for a lone surrogate; `offset` is twice the
 *   index in the string
 */
export const encodeUtf8 = (text: string, policy: TextPolicy = 'strict'): Uint8Array =>
  utf8Encoder.encode(encodable(text, policy));

/** UTF-16LE bytes of even length → string, exactly: NULs and lone surrogates are kept. */
export function utf16ToString(bytes: Uint8Array): string {
  if (globalThis.Buffer !== undefined)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
  return utf16ToStringPortably(bytes);
}

/** {@link utf16ToString} where there is no Buffer. TextDecoder replaces each lone surrogate by U+FFFD: put them back. */
export function utf16ToStringPortably(bytes: Uint8Array): string {
  const text = utf16Decoder.decode(bytes);
  if (!text.includes(REPLACEMENT)) return text;
  let exact = '';
  let done = 0;
  for (let at = text.indexOf(REPLACEMENT); at >= 0; at = text.indexOf(REPLACEMENT, at + 1)) {
    exact += text.slice(done, at) + String.fromCharCode(bytes[2 * at]! | (bytes[2 * at + 1]! << 8));
    done = at + 1;
  }
  return exact + text.slice(done);
}

/** Writes the units of `text` exactly; the caller has checked the room. */
export function writeUtf16(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    bytes[at + 2 * index] = unit;
    bytes[at + 2 * index + 1] = unit >>> 8;
  }
}

/** Byte offset of the first NUL unit, or the even end of `bytes`. */
export function utf16End(bytes: Uint8Array): number {
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) if (bytes[at] === 0 && bytes[at + 1] === 0) return at;
  return even;
}

/**
 * What a policy makes of a text that is to be encoded, where a NUL would end it: the drivers' policies take what stands
 * before it, the others refuse it.
 */
export function encodable(text: string, policy: TextPolicy): string {
  requireText('text', text);
  requireChoice('text policy', policy, TEXT_POLICIES);
  const nul = text.indexOf('\0');
  if (nul < 0) return applyToUtf16(text, policy);
  if (policy === 'linux' || policy === 'freebsd') return applyToUtf16(text.slice(0, nul), policy);
  throw new KvpError('ERR_CODEC_INNER_NUL', { offset: 2 * nul });
}

/** Has the text no lone surrogate? `isWellFormed` came with Node 20; where it is missing, the text is searched. */
export function isWellFormed(text: string): boolean {
  return (text as { isWellFormed?(): boolean }).isWellFormed?.() ?? !LONE_SURROGATE.test(text);
}

/** What a policy makes of a text's surrogates. */
export function applyToUtf16(text: string, policy: TextPolicy): string {
  if (policy === 'freebsd') return text.replace(FREEBSD_LOSES, '');
  if (isWellFormed(text)) return text;
  const lone = text.search(LONE_SURROGATE);
  if (lone < 0) return text;
  if (policy === 'linux') return text.replace(LONE_SURROGATES, '');
  if (policy === 'replace') return text.replace(LONE_SURROGATES, REPLACEMENT);
  throw new KvpError('ERR_CODEC_UTF16', {
    detail: 'lone surrogate',
    offset: 2 * lone,
    actual: `0x${text.charCodeAt(lone).toString(16)}`,
  });
}

function validPartsOf(bytes: Uint8Array): string {
  let text = '';
  let rest = bytes;
  for (let bad = firstInvalidUtf8(rest); bad >= 0; bad = firstInvalidUtf8(rest)) {
    text += utf8Decoder.decode(rest.subarray(0, bad));
    rest = rest.subarray(bad + 1);
  }
  return text + utf8Decoder.decode(rest);
}
