/** What the calls of a pool take, checked where types do not reach. */
import { optional, requireBoolean, requireObject, requireSignal, wrong } from '../arguments.js';

/** A key or value; strings are stored as UTF-8, bytes as they are, but never with a NUL. */
export type Text = string | Uint8Array;

export function requireKeyOrValue(what: string, value: Text): void {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw wrong(what, 'a text or a Uint8Array', value);
}

export function requireIterable(what: string, value: Iterable<unknown>): void {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) throw wrong(what, 'iterable', value);
}

export function requirePattern(what: string, value: string | RegExp): void {
  if (typeof value !== 'string' && !(value instanceof RegExp)) throw wrong(what, 'a text or a RegExp', value);
}

/** The options of a call that can be cancelled, with the names of those that are true or false. */
export function requireOptions(options: object, ...flags: string[]): void {
  requireObject('options', options);
  const { signal, ...others } = options as { signal?: AbortSignal };
  optional(requireSignal, 'signal', signal);
  for (const flag of flags) optional(requireBoolean, flag, (others as Record<string, boolean | undefined>)[flag]);
}
