/** Work timed in processes of its own, where no code is warm. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Row } from './row.js';
import { rowsOf } from './statistics.js';

/** What a program of bench/ says on its one line of output. */
export interface FreshFigure {
  /** By what is counted. */
  milliseconds: Record<string, number>;
  /** Says what came out: equal for contenders that agree. */
  outcome: string;
}

export interface FreshSuite {
  name: string;
  /** Beside this file's folder. */
  program: string;
  contenders: readonly string[];
  /** Arguments of the program, and what they are called among the parameters. */
  params: Record<string, string>;
  operations: number;
}

/**
 * Runs every contender in `rounds` processes, in turns that begin with another each time. One row for each contender
 * and thing counted.
 */
export async function timeFresh(
  { name, program, contenders, params, operations }: FreshSuite,
  rounds: number,
): Promise<Row[]> {
  const times = new Map<string, Map<string, number[]>>();
  let expected: string | undefined;
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < contenders.length; place++) {
      const contender = contenders[(round + place) % contenders.length]!;
      const { milliseconds, outcome } = await runOnce(program, [contender, ...Object.values(params)]);
      expected ??= outcome;
      if (outcome !== expected) throw new Error(`${name}: ${contender} does not agree with ${contenders[0]}`);
      for (const [counted, ms] of Object.entries(milliseconds)) {
        const byContender = times.get(counted) ?? new Map(contenders.map((known) => [known, []]));
        times.set(counted, byContender);
        byContender.get(contender)!.push((1e6 * ms) / operations);
      }
    }
  }
  return [...times].flatMap(([counted, byContender]) =>
    rowsOf(name, { ...params, counted }, new Map([...byContender].filter(([, own]) => own.length > 0))),
  );
}

async function runOnce(program: string, argv: readonly string[]): Promise<FreshFigure> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...argv], { encoding: 'utf8' });
  return JSON.parse(stdout);
}
