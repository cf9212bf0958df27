/** Host message → daemon message, 24 a call, the first 1,200 in a new process: no code is warm, the module uncompiled. */
import { ENGINES } from './contenders.js';
import { rowsOfTurns } from './contest.js';
import { timeFresh } from './fresh-process.js';
import type { Row } from './row.js';

const MESSAGES = 1200;

export function coldStart(quick: boolean): Row[] {
  const times = timeFresh('./cold-start-process.js', [...ENGINES, 'node'], quick ? 3 : 15);
  const figures = new Map(
    [...times].map(([name, all]) => [name, all.map((milliseconds) => (MESSAGES * 1000) / milliseconds)]),
  );
  return rowsOfTurns('cold-start', { text: 'ascii 22/30', batch: 24, records: MESSAGES }, figures);
}
