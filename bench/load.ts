/** Making an engine in a new process: base64 decoded, compiled, instantiated. One operation is one load. */
import { ENGINES } from './contenders.js';
import { rowsOfTurns } from './contest.js';
import { timeFresh } from './fresh-process.js';
import type { Row } from './row.js';

export function load(quick: boolean): Row[] {
  const times = timeFresh('./load-process.js', ENGINES, quick ? 3 : 15);
  return rowsOfTurns(
    'load',
    {},
    new Map([...times].map(([name, all]) => [name, all.map((milliseconds) => 1000 / milliseconds)])),
  );
}
