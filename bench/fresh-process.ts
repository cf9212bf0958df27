/** Work timed in processes of its own, where no code is warm. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a program of bench/ says on its one line of output. */
export interface FreshFigure {
  milliseconds: number;
  /** Says what came out: equal for contenders that agree. */
  outcome: string;
}

const runOnce = (program: string, contender: string): FreshFigure =>
  JSON.parse(
    execFileSync(process.execPath, [fileURLToPath(new URL(program, import.meta.url)), contender], { encoding: 'utf8' }),
  );

/** Milliseconds of each contender in `rounds` processes each, the contenders in turn. */
export function timeFresh(program: string, contenders: readonly string[], rounds: number): Map<string, number[]> {
  const samples = new Map<string, number[]>(contenders.map((name) => [name, []]));
  let expected: string | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const name of contenders) {
      const { milliseconds, outcome } = runOnce(program, name);
      expected ??= outcome;
      if (outcome !== expected) throw new Error(`${program}: ${name} does not agree with ${contenders[0]}`);
      samples.get(name)!.push(milliseconds);
    }
  }
  return samples;
}
