/**
 * Which place of an ordered list each wanted value takes, so that few places change: one that holds what comes next
 * keeps it, one whose value is no longer wanted goes when there are places to spare, others are overwritten.
 * `places[i]` is what stands at place i afterwards, undefined where it goes; `rest` finds no place.
 */
export function align(
  has: readonly string[],
  wants: readonly string[],
): { places: (string | undefined)[]; rest: string[] } {
  let next = 0;
  /** Of those that have no place yet. */
  const open = new Map<string, number>();
  for (const value of wants) open.set(value, (open.get(value) ?? 0) + 1);
  const take = (): string | undefined => {
    const value = wants[next++];
    if (value !== undefined) open.set(value, open.get(value)! - 1);
    return value;
  };
  const places = has.map((value, at) => {
    if (value === wants[next]) return take();
    const spare = has.length - at > wants.length - next;
    return spare && !open.get(value) ? undefined : take();
  });
  return { places, rest: wants.slice(next) };
}
