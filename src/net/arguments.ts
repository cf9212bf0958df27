/** What callers pass in, checked at the room's edge: a wrong argument is a MisuseError that begins with its name. */
import { MisuseError } from '../errors.js';
import { BACKEND_NAMES } from './backends/backend.js';
import { configurationProblem } from './configuration-problem.js';

/** The longest time that a timer can wait. */
export const MAX_MS = 2 ** 31 - 1;
const MAX_INDEX = 2 ** 31 - 1;

/** What was found, in few characters. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 64));
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const wrong = (name: string, expected: string, value: unknown): MisuseError =>
  new MisuseError(`${name} is ${expected}, not ${shown(value)}`);

export function requireText(name: string, value: unknown): void {
  if (typeof value !== 'string') throw wrong(name, 'a text', value);
}

/** A path that can be handed to the system. */
export function requirePath(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw wrong(name, 'a path', value);
}

export function requireInteger(name: string, value: unknown, least: number, most: number): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    throw wrong(name, `an integer from ${least} to ${most}`, value);
}

/** The same object, of which nothing is known yet. */
export function requireObject(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object', value);
  return value as Record<string, unknown>;
}

export function requireList(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw wrong(name, 'a list', value);
}

export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrong(name, 'a function', value);
}

/** An object that has these methods. */
export function requireMethods(name: string, value: unknown, ...methods: string[]): void {
  const object = requireObject(name, value);
  for (const method of methods) requireFunction(`${name}.${method}`, object[method]);
}

export function requireFamily(name: string, value: unknown): void {
  if (value !== 4 && value !== 6) throw wrong(name, '4 or 6', value);
}

export function requireSignal(name: string, value: unknown): void {
  if (!(value instanceof AbortSignal)) throw wrong(name, 'an AbortSignal', value);
}

export function requireManager(name: string, value: unknown): void {
  if (value !== 'auto' && !BACKEND_NAMES.some((one) => one === value))
    throw wrong(name, `"auto" or one of ${BACKEND_NAMES.join(', ')}`, value);
}

export function requireConfiguration(name: string, value: unknown): void {
  const problem = configurationProblem(requireObject(name, value));
  if (problem !== undefined) throw new MisuseError(`${name}.${problem}`);
}

/** Whether a name is one of an interface is for ERR_NET_INTERFACE to say: it may come from outside. */
export function requireTarget(name: string, value: unknown): void {
  const target = requireObject(name, value);
  requireText(`${name}.name`, target['name']);
  requireInteger(`${name}.index`, target['index'], 0, MAX_INDEX);
  optional(`${name}.mac`, target['mac'], requireText);
}

export function optional(name: string, value: unknown, require: (name: string, value: unknown) => void): void {
  if (value !== undefined) require(name, value);
}
