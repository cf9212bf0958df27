/**
 * Which place of an ordered list each wanted value takes, so that few places change: one that holds what comes next
 * keeps it, one whose value is no longer wanted goes when there are places to spare, others are overwritten.
 * `places[i]` is what stands at place i afterwards, undefined where it goes; `rest` finds no place.
 */
export function align(
  has: readonly string[],
  wants: readonly string[],
): { places: (string | undefined)[]; rest: string[] } {
  const rest = [...wants];
  const places = has.map((value, at) => {
    if (value === rest[0]) return rest.shift();
    const spare = has.length - at > rest.length;
    return spare && !rest.includes(value) ? undefined : rest.shift();
  });
  return { places, rest };
}
