/** Runs the targets one after another from seeds that follow from one seed, until the time is over. */
import { Random } from '../_support/random.js';
import { targets } from './targets.js';

const RUNS_BETWEEN_CLOCKS = 64;

export interface FuzzReport {
  inputs: number;
  /** "target seed N: what happened", enough to have it again with `replay`. */
  findings: string[];
}

/** One input of one target, from its own seed. */
export function replay(name: string, seed: number): void {
  const target = targets().find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  target.run(new Random(seed));
}

export function fuzz({
  seconds,
  seed,
  maxFindings = 10,
}: {
  seconds: number;
  seed: number;
  maxFindings?: number;
}): FuzzReport {
  const all = targets();
  const seeds = new Random(seed);
  const end = performance.now() + seconds * 1000;
  const report: FuzzReport = { inputs: 0, findings: [] };
  while (performance.now() < end && report.findings.length < maxFindings) {
    for (let run = 0; run < RUNS_BETWEEN_CLOCKS; run++) {
      for (const target of all) {
        const own = seeds.below(2 ** 32);
        try {
          target.run(new Random(own));
        } catch (error) {
          report.findings.push(`${target.name} seed ${own}: ${(error as Error).message}`);
        }
        report.inputs += target.weight;
      }
    }
  }
  return report;
}
