/** Making an engine in a new process: base64 decoded, compiled, instantiated. One operation is one load. */
import { timeFresh } from '../harness/fresh-process.js';
import type { Row } from '../harness/row.js';
import { ENGINES } from './entrants.js';

export function load(quick: boolean): Promise<Row[]> {
  const suite = { name: 'load', program: '../suites/load-process.js', contenders: ENGINES, params: {}, operations: 1 };
  return timeFresh(suite, quick ? 5 : 21);
}
