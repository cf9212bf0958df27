/**
 * Host message → daemon message, 24 a call, the first 1,200 in a new process: no code is warm. Making the engine, which
 * for WebAssembly is decoding and compiling the module, is counted in one row and not in the other; loading the
 * JavaScript files, and laying out the data, in neither.
 */
import { timeFresh } from '../harness/fresh-process.js';
import type { Row } from '../harness/row.js';
import { ENGINES } from './entrants.js';

export async function coldStart(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const text of quick ? ['ascii 22/30'] : ['ascii 22/30', 'cyrillic 22/60']) {
    const suite = {
      name: 'cold-start',
      program: '../suites/cold-start-process.js',
      contenders: [...ENGINES, 'node'],
      params: { text },
      operations: 1200,
    };
    rows.push(...(await timeFresh(suite, quick ? 5 : 21)));
  }
  return rows;
}
