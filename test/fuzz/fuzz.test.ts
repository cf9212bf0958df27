import { seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';
import { fuzz, replay } from './fuzz.js';

/** Continuous integration gives 60. */
const SECONDS = Number(process.env['HV_KVP_FUZZ_SECONDS'] ?? 10);
const SEED = seedOfRun();

/** Every finding stays here: target and seed, and what was wrong. */
const REGRESSIONS: readonly (readonly [target: string, seed: number, was: string])[] = [
  ['utf-8 to utf-16', 3925154757, 'a run of two-byte characters after an ASCII run was stored behind the limit'],
];

suite('fuzz', ({ test }) => {
  test(
    `engines agree and stay inside their areas, ${SECONDS} s, seed ${SEED}`,
    () => {
      const { inputs, findings } = fuzz({ seconds: SECONDS, seed: SEED });
      console.log(`${inputs} mutated inputs, seed ${SEED}`);
      assert.equal(findings, []);
      assert.ok(inputs > 0);
    },
    { limit: SECONDS * 1000 + 20_000 },
  );
  for (const [target, seed, was] of REGRESSIONS) test(`once found: ${target}: ${was}`, () => replay(target, seed));
});
