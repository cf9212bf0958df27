/** One process of the suite cold-start: the first 1,200 messages, counted with and without making the engine. */
import { createHash } from 'node:crypto';
import { createEngine } from '#internal';
import type { FreshFigure } from '../harness/fresh-process.js';
import { engineEntrant, MOST, nodeEntrant, payloadsOf, type Translator } from './host-to-daemon-entrants.js';
import { textNamed } from './texts.js';

const MESSAGES = 1200;
const BATCH = 24;

const [, , contender, text] = process.argv;
const payloads = payloadsOf(textNamed(text));
// The clock's own code is compiled before it counts.
performance.now();
let making = 0;
let entrant: Translator;
if (contender === 'wasm' || contender === 'wasm-scalar' || contender === 'js') {
  const started = performance.now();
  const engine = createEngine({ engine: contender });
  making = performance.now() - started;
  entrant = engineEntrant(engine, payloads);
} else entrant = nodeEntrant(payloads);

const LAST = MOST - BATCH;
const started = performance.now();
for (let done = 0; done < MESSAGES; done += BATCH) entrant.translate(done % LAST, BATCH);
const messages = performance.now() - started;

const figure: FreshFigure = {
  milliseconds: { messages, 'engine and messages': making + messages },
  outcome: createHash('sha256').update(entrant.outcome()!).digest('hex'),
};
console.log(JSON.stringify(figure));
