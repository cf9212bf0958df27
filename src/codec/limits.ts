/**
 * How long a text may be. Each text has two limits at once: UTF-16 units, because hosts speak UTF-16, and UTF-8 bytes,
 * because the driver hands UTF-8 to the daemon and cuts silently what does not fit. Source: protocol.md 3.9 and 6.4.
 */
import { requireInteger, requireObject, requireText } from '../arguments.js';
import { type ErrorCode, KvpError } from '../errors.js';
import * as ip from '../wire/ip.js';
import * as kvp from '../wire/kvp.js';

export interface TextLimit {
  /** What the text is, for the error's words. */
  what: string;
  code: ErrorCode;
  /** UTF-16 units without the NUL. */
  units: number;
  /** UTF-8 bytes without the NUL. */
  bytes: number;
}

const key = { what: 'key', code: 'ERR_LIMIT_KEY', bytes: kvp.KEY_TEXT_BYTES } as const;
const value = { what: 'value', code: 'ERR_LIMIT_VALUE', bytes: kvp.VALUE_TEXT_BYTES } as const;

/** What a host can send: 255 and 1,023 units, 511 and 2,047 bytes. */
export const HOST_KEY_LIMIT: TextLimit = { ...key, units: kvp.HOST_KEY_UNITS };
export const HOST_VALUE_LIMIT: TextLimit = { ...value, units: kvp.HOST_VALUE_UNITS };
/** What the Linux driver can return to the host: 254 and 1,022 units. */
export const GUEST_KEY_LIMIT: TextLimit = { ...key, units: kvp.GUEST_KEY_UNITS };
export const GUEST_VALUE_LIMIT: TextLimit = { ...value, units: kvp.GUEST_VALUE_UNITS };

/** A text of the IP block in a field of `fieldUnits`; one of them is for the NUL, which only Linux's driver leaves out. */
export const ipTextLimit = (what: string, fieldUnits: number, nulUnits = 1): TextLimit => ({
  what,
  code: 'ERR_LIMIT_LIST',
  units: fieldUnits - nulUnits,
  bytes: 2 * fieldUnits - 1,
});
/** A MAC address or a GUID in braces: 127 units, 255 bytes. */
export const ADAPTER_ID_LIMIT: TextLimit = ipTextLimit('adapter id', ip.ADAPTER_ID_UNITS);

export interface TextSize {
  units: number;
  bytes: number;
}

/** UTF-16 units and UTF-8 bytes of a text, without a NUL. A lone surrogate counts three bytes, as U+FFFD does. */
export function measureText(text: string): TextSize {
  requireText('text', text);
  let bytes = 0;
  for (const character of text) bytes += utf8BytesOf(character);
  return { units: text.length, bytes };
}

/**
 * Throws the limit's error when `text` is too long: `detail` says which of the two limits and by how much, `expected`
 * is the limit, `actual` the length. `where` comes before it, for a text among others.
 */
export function requireWithin(text: string, limit: TextLimit, where?: string): void {
  requireText('text', text);
  requireObject('limit', limit);
  const size = measureText(text);
  if (size.units > limit.units) throw tooLong(limit, where, 'UTF-16 units', limit.units, size.units);
  if (size.bytes > limit.bytes) throw tooLong(limit, where, 'UTF-8 bytes', limit.bytes, size.bytes);
}

/**
 * The longest start of `text` within both limits. The cut is between characters (code points): a surrogate pair is
 * never split, but an accent may lose its letter and an emoji sequence its end.
 *
 * @example
 * truncate(description, GUEST_VALUE_LIMIT)
 */
export function truncate(text: string, limit: Pick<TextLimit, 'units' | 'bytes'>): string {
  requireText('text', text);
  requireObject('limit', limit);
  requireLimit('limit.units', limit.units);
  requireLimit('limit.bytes', limit.bytes);
  let units = 0;
  let bytes = 0;
  for (const character of text) {
    bytes += utf8BytesOf(character);
    if (units + character.length > limit.units || bytes > limit.bytes) return text.slice(0, units);
    units += character.length;
  }
  return text;
}

/** A length, or no limit at all. */
function requireLimit(what: string, value: number): void {
  if (value !== Number.POSITIVE_INFINITY) requireInteger(what, value, 0, Number.MAX_SAFE_INTEGER);
}

function utf8BytesOf(character: string): number {
  const point = character.codePointAt(0)!;
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

function tooLong(
  { code, what }: TextLimit,
  where: string | undefined,
  unit: string,
  expected: number,
  actual: number,
): KvpError {
  const detail = `${where === undefined ? '' : `${where}, `}${what} is ${actual - expected} ${unit} over its limit`;
  return new KvpError(code, { detail, expected, actual });
}
