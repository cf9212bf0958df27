/** Host message → daemon message: the engine's kernels against its twin and against what most people would write. */

import { BATCHES, memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import { engineFixture, nodeFixture, outcomeOf, payloadsOf } from './host-to-daemon-contenders.js';
import type { Row } from './row.js';
import { TEXTS } from './texts.js';

const SUITE = 'host-to-daemon';
const PAYLOAD_BYTES = 2608;

export function hostToDaemon(quick: boolean): Row[] {
  return TEXTS.flatMap((text) => {
    const payloads = payloadsOf(text);
    const fixtures = onEngines((engine) => engineFixture(engine, payloads));
    fixtures.set('node', nodeFixture(payloads));
    agree(SUITE, new Map([...fixtures].map(([name, fixture]) => [name, outcomeOf(fixture)])));
    return BATCHES(quick).flatMap((batch) => {
      const contenders: Contender[] = [...fixtures].map(([name, fixture]) => ({ name, run: () => fixture.run(batch) }));
      contenders.push(memcpy(batch * PAYLOAD_BYTES));
      return time({ suite: SUITE, params: { text: text.name, batch }, operations: batch, contenders }, quick);
    });
  });
}
