/** Packets taken out of a ring, copied; `js-f64` is the fastest copy loop that JavaScript has for small ones. */
import { memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import { PAYLOADS, packetsIn, padded, ringFixture } from './ring-fixture.js';
import { DoubleLoopReader, packetBytes, readPackets } from './ring-read-by-hand.js';
import type { Row } from './row.js';

const SUITE = 'ring-drain';

export function ringDrain(quick: boolean): Row[] {
  return PAYLOADS.flatMap((payload) => {
    const count = packetsIn(payload);
    const fixtures = onEngines((engine) => ringFixture(engine, payload));
    const reference = fixtures.get('js')!;
    const { start } = reference;
    const data = Buffer.from(reference.data());
    const loop = new DoubleLoopReader(data, count);
    for (const fixture of fixtures.values()) fixture.drain();
    loop.drain(start, count);
    agree(
      SUITE,
      new Map([
        ...[...fixtures].map(([name, fixture]) => [name, fixture.packets()] as const),
        ['js-f64', loop.packets()],
        ['node', packetBytes(readPackets(data, start, count, true))],
      ]),
    );
    const contenders: Contender[] = [...fixtures].map(([name, fixture]) => ({ name, run: () => void fixture.drain() }));
    contenders.push(
      { name: 'js-f64', run: () => void loop.drain(start, count) },
      { name: 'node', run: () => void readPackets(data, start, count, true) },
      memcpy(count * padded(payload)),
    );
    return time({ suite: SUITE, params: { payload, batch: count }, operations: count, contenders }, quick);
  });
}
