/** Checks what callers pass where types do not reach: every error is a MisuseError that names the argument. */
import { MisuseError } from '../errors.js';

/** A key or value; strings are stored as UTF-8, bytes as they are, but never with a NUL. */
export type Text = string | Uint8Array;

function misuse(name: string, expected: string, value: unknown): MisuseError {
  const got =
    value === null ? 'null' : typeof value === 'object' ? 'another object' : `${typeof value} ${String(value)}`;
  return new MisuseError(`${name} must be ${expected}, got ${got}`);
}

export function mustBeBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw misuse(name, 'a Uint8Array', value);
}

export function mustBeText(name: string, value: unknown): asserts value is Text {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw misuse(name, 'a string or Uint8Array', value);
}

export function mustBePath(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw misuse(name, 'a path', value);
}

/** Both limits belong to the range. */
export function mustBeWhole(name: string, value: unknown, from: number, to: number): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < from || (value as number) > to) {
    throw misuse(name, `a whole number from ${from} to ${to}`, value);
  }
}

export function mustBeOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) throw misuse(name, allowed.map((each) => JSON.stringify(each)).join(' or '), value);
}

type Kind = 'boolean' | 'function' | 'object' | 'iterable' | 'signal' | 'string or RegExp';

const KINDS: Record<Kind, (value: unknown) => boolean> = {
  boolean: (value) => typeof value === 'boolean',
  function: (value) => typeof value === 'function',
  object: (value) => typeof value === 'object' && value !== null,
  iterable: (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
  signal: (value) => value instanceof AbortSignal,
  'string or RegExp': (value) => typeof value === 'string' || value instanceof RegExp,
};

export function mustBe(kind: Kind, name: string, value: unknown): void {
  if (!KINDS[kind](value)) throw misuse(name, kind === 'signal' ? 'an AbortSignal' : `a ${kind}`, value);
}

/** The members that are there; a member that is not named here is nobody's business. */
export function mustHave(name: string, options: unknown, members: Readonly<Record<string, Kind>>): void {
  mustBe('object', name, options);
  for (const [member, kind] of Object.entries(members)) {
    const value = (options as Record<string, unknown>)[member];
    if (value !== undefined) mustBe(kind, member, value);
  }
}
