/**
 * Checks of what a caller passes, for every room: types hold back only callers that are checked by a compiler. Each
 * throws a MisuseError that names the argument, says what it must be and shows what came.
 */
import { MisuseError } from './errors.js';

/** A whole number from `least` to `most`. */
export function requireInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw wrong(what, `a whole number from ${least} to ${most}`, value);
}

/** A whole number that so many bits hold: one that would be cut on its way is a bug. */
export function requireUnsigned(what: string, value: number, bits: 8 | 16 | 32): void {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return;
  throw wrong(what, `an unsigned ${bits}-bit number`, value);
}

export function requireUnsigned64(what: string, value: bigint): void {
  if (typeof value === 'bigint' && BigInt.asUintN(64, value) === value) return;
  throw wrong(what, 'an unsigned 64-bit bigint', value);
}

export function requireText(what: string, value: string): void {
  if (typeof value !== 'string') throw wrong(what, 'a text', value);
}

/** A name that a file can have. */
export function requirePath(what: string, value: string): void {
  requireText(what, value);
  if (value === '' || value.includes('\0')) throw wrong(what, 'a path', value);
}

export function requireBoolean(what: string, value: boolean): void {
  if (typeof value !== 'boolean') throw wrong(what, 'true or false', value);
}

/** A Uint8Array, a Buffer too, of any realm. Anything else that has a length would be read as zeros. */
export function requireBytes(what: string, value: Uint8Array): void {
  if (value instanceof Uint8Array) return;
  const foreign: unknown = value;
  if (ArrayBuffer.isView(foreign) && (foreign as Uint8Array)[Symbol.toStringTag] === 'Uint8Array') return;
  throw wrong(what, 'a Uint8Array', value);
}

export function requireList(what: string, value: readonly unknown[]): void {
  if (!Array.isArray(value)) throw wrong(what, 'an array', value);
}

/** An object with fields; null, functions and arrays are none. */
export function requireObject(what: string, value: object): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what, 'an object', value);
}

/** The options themselves: what a function may take apart by name. */
export function optionsOf<Options extends object>(options: Options): Options {
  requireObject('options', options);
  return options;
}

export function requireSignal(what: string, value: AbortSignal): void {
  if (!(value instanceof AbortSignal)) throw wrong(what, 'an AbortSignal', value);
}

export function requireFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw wrong(what, 'a function', value);
}

/** An object with these methods: a port that the caller brings. */
export function requireMethods(what: string, value: object, ...names: string[]): void {
  requireObject(what, value);
  for (const name of names) requireFunction(`${what}.${name}`, (value as Record<string, unknown>)[name]);
}

/** Milliseconds that a timer can wait: a larger number would fire at once. */
export const requireMilliseconds = (what: string, value: number): void => requireInteger(what, value, 0, 2 ** 31 - 1);

/** A reading of a clock. */
export function requireTime(what: string, value: number): void {
  if (!Number.isFinite(value)) throw wrong(what, 'a finite number of milliseconds', value);
}

/** Checks what may be left out. */
export function optional<T>(check: (what: string, value: T) => void, what: string, value: T | undefined): void {
  if (value !== undefined) check(what, value);
}

/** One of a few words. */
export function requireChoice(what: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw wrong(what, `one of ${choices.join(', ')}`, value);
}

/** The error for an argument that is not what it must be. */
export function wrong(what: string, expected: string, value: unknown): MisuseError {
  return new MisuseError(`${what} is ${expected}, not ${shown(value)}`);
}

const SHOWN_CHARACTERS = 40;

/** A value in a few characters, without calling anything of its own. */
function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
