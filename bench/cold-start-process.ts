/** One process of the suite cold-start: the first 1,200 messages, the engine's own start included. */
import { createHash } from 'node:crypto';
import { createEngine } from '#internal';
import type { FreshFigure } from './fresh-process.js';
import { engineFixture, type Fixture, MOST, nodeFixture, payloadsOf } from './host-to-daemon-contenders.js';
import { TEXTS } from './texts.js';

const MESSAGES = 1200;
const BATCH = 24;

const [, , contender] = process.argv;
const payloads = payloadsOf(TEXTS[0]!);
let milliseconds = 0;
let fixture: Fixture;
if (contender === 'wasm' || contender === 'wasm-scalar' || contender === 'js') {
  const started = performance.now();
  const engine = createEngine({ engine: contender });
  milliseconds = performance.now() - started;
  fixture = engineFixture(engine, payloads);
} else fixture = nodeFixture(payloads);

const started = performance.now();
for (let done = 0; done < MESSAGES; done += BATCH) fixture.run(BATCH);
milliseconds += performance.now() - started;

const hash = createHash('sha256');
for (let i = 0; i < MOST - BATCH; i++) hash.update(fixture.message(i));
const figure: FreshFigure = { milliseconds, outcome: hash.digest('hex') };
console.log(JSON.stringify(figure));
