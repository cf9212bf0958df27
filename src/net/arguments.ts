/** What callers pass in, checked at the room's edge: a wrong argument is a MisuseError that begins with its name. */
import { optional, requireInteger, requireObject, requireText, wrong } from '../arguments.js';
import { MisuseError } from '../errors.js';
import type { TargetInterface } from './backends/backend.js';
import { BACKEND_NAMES } from './backends/index.js';
import { configurationProblem } from './configuration-problem.js';

/** The longest time that a timer can wait. */
export const MAX_MS = 2 ** 31 - 1;
const MAX_INDEX = 2 ** 31 - 1;

export function requireFamily(name: string, value: number): void {
  if (value !== 4 && value !== 6) throw wrong(name, '4 or 6', value);
}

export function requireManager(name: string, value: string): void {
  if (value !== 'auto' && !BACKEND_NAMES.some((one) => one === value))
    throw wrong(name, `"auto" or one of ${BACKEND_NAMES.join(', ')}`, value);
}

export function requireConfiguration(name: string, value: object): void {
  requireObject(name, value);
  const problem = configurationProblem(value as Readonly<Record<string, unknown>>);
  if (problem !== undefined) throw new MisuseError(`${name}.${problem}`);
}

/** Whether a name is one of an interface is for ERR_NET_INTERFACE to say: it may come from outside. */
export function requireTarget(name: string, value: TargetInterface): void {
  requireObject(name, value);
  requireText(`${name}.name`, value.name);
  requireInteger(`${name}.index`, value.index, 0, MAX_INDEX);
  for (const key of ['mac', 'permanentMac', 'kind'] as const) optional(requireText, `${name}.${key}`, value[key]);
}
