/** `npm run fuzz -- --seconds N --seed S`: prints what it tried and every finding; exit 1 when there is one. */
import { parseArgs } from 'node:util';
import { seedOfRun } from '../_support/random.js';
import { fuzz } from './fuzz.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(seedOfRun()) },
  },
});
const seed = Number(values.seed);
const started = performance.now();
const { inputs, findings } = fuzz({ seconds: Number(values.seconds), seed });
const elapsed = (performance.now() - started) / 1000;
for (const finding of findings) console.log(finding);
console.log(`${inputs} mutated inputs in ${elapsed.toFixed(1)} s, ${findings.length} findings, seed ${seed}`);
process.exitCode = findings.length === 0 ? 0 : 1;
