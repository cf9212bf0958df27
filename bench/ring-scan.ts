/** Packets found and described where they stand; only the one that wraps is copied. */
import { memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import { PAYLOADS, packetsIn, padded, ringFixture } from './ring-fixture.js';
import { packetBytes, readPackets } from './ring-read-by-hand.js';
import type { Row } from './row.js';

const SUITE = 'ring-scan';

export function ringScan(quick: boolean): Row[] {
  return PAYLOADS.flatMap((payload) => {
    const count = packetsIn(payload);
    const fixtures = onEngines((engine) => ringFixture(engine, payload));
    const { start, data } = fixtures.get('js')!;
    const bytes = Buffer.from(data());
    for (const fixture of fixtures.values()) fixture.scan();
    agree(
      SUITE,
      new Map([
        ...[...fixtures].map(([name, fixture]) => [name, fixture.packets()] as const),
        ['node', packetBytes(readPackets(bytes, start, count, false))],
      ]),
    );
    const contenders: Contender[] = [...fixtures].map(([name, fixture]) => ({ name, run: () => void fixture.scan() }));
    contenders.push(
      { name: 'node', run: () => void readPackets(bytes, start, count, false) },
      memcpy(count * padded(payload)),
    );
    return time({ suite: SUITE, params: { payload, batch: count }, operations: count, contenders }, quick);
  });
}
