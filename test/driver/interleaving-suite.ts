/** Many random interleavings as one suite. A failure names the seed of its own interleaving and the events that led to it. */
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';
import { type DaemonManners, Interleaving } from './interleaving.js';

const STEPS = 30;
const KINDS = [
  ['linux', 'honest', 0.4],
  ['linux', 'hostile', 0.3],
  ['freebsd', 'honest', 0.2],
  ['freebsd', 'hostile', 0.1],
] as const satisfies readonly (readonly ['linux' | 'freebsd', DaemonManners, number])[];

/** `HV_KVP_SEED` repeats a run. */
export function interleavings(count: number): void {
  const seed = seedOfRun();
  suite(`driver: ${count} random interleavings (HV_KVP_SEED=${seed})`, ({ test }) => {
    for (const [profile, manners, share] of KINDS) {
      test(
        `${profile} driver, ${manners} daemon: one answer a request, never mixed, always ready again`,
        () => {
          let answered = 0;
          const runs = Math.ceil(count * share);
          for (let run = 0; run < runs; run++) {
            const own = (seed + run) >>> 0;
            const interleaving = new Interleaving(new Random(own), profile, manners);
            try {
              interleaving.run(STEPS);
            } catch (error) {
              throw new Error(`HV_KVP_SEED=${own} HV_KVP_INTERLEAVINGS=1: ${(error as Error).message}`);
            }
            answered += interleaving.answered;
          }
          assert.ok(answered > 2 * runs, `only ${answered} answers in ${runs} interleavings`);
        },
        { limit: Math.max(60_000, count * 2) },
      );
    }
  });
}
