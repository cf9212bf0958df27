/** How the arguments of a room's exported functions are tried: calls that work, of which one argument after another is spoilt. */

export interface Attempt {
  // biome-ignore lint/suspicious/noExplicitAny: every function of every room, with arguments that no type would let through
  run: (...args: any[]) => unknown;
  /** Arguments that work. */
  args: unknown[];
  /** Throws when the object that was called no longer works. */
  sound?: () => void;
}

export interface RoomCalls {
  /** As package.json exports it, without the dot: "codec/js". */
  subpath: string;
  exports: object;
  /**
   * A fresh attempt by name: of a function or class "encodeKvp", of a method "RingWriter.write". Every exported function
   * and every method of an exported class or of `objects` must be here or in `exempt`.
   */
  calls: Record<string, () => Attempt>;
  /** Objects that functions make, for their methods. */
  objects: Record<string, object>;
  /** What is not tried, with the reason. */
  exempt: Record<string, string>;
}

/** Numbers at every edge, kinds that are none, and a word that none of ours is. */
export const HOSTILE: readonly unknown[] = [
  Number.NaN,
  -1,
  1.5,
  2 ** 31,
  2 ** 32 + 5,
  2 ** 53,
  5n,
  undefined,
  null,
  {},
  [],
  'nonsense',
  '',
  true,
  new Date(0),
];

export type Path = readonly (string | number)[];

/** Every place of the arguments that can be spoilt: each argument, each field and each first element. */
export function pathsOf(value: unknown, depth = 4): Path[] {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return [];
  // Of the arguments all, of a list within them the first.
  const keys = isList && depth < 4 ? [...value.keys()].slice(0, 1) : isList ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => {
    const inner = (value as Record<string | number, unknown>)[key];
    return [[key], ...pathsOf(inner, depth - 1).map((path) => [key, ...path])];
  });
}

/** A copy of `value` with one place of it replaced. */
export function spoilt(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = spoilt(copy[key], rest, by);
  return copy;
}

/** Methods of a class's prototype, or of an object and its prototypes up to Object's. */
export function methodsOf(object: object): string[] {
  const names: string[] = [];
  for (let each = object; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each)))
      if (typeof value === 'function' && name !== 'constructor') names.push(name);
  }
  return names;
}

/** Does a promise end, and an iteration too? Neither is worth more than so many steps here. */
export async function settled(result: unknown): Promise<void> {
  const iterable = result as AsyncIterable<unknown>;
  if (typeof result !== 'object' || result === null) return;
  if (typeof iterable[Symbol.asyncIterator] !== 'function') {
    await result;
    return;
  }
  let steps = 0;
  for await (const _ of iterable) if (++steps > 1000) throw new Error('no end');
}
