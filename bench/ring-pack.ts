/** Packets written into a ring and published, all in one call. */
import { memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import { PAYLOADS, packetsIn, padded, RING_BYTES, ringFixture } from './ring-fixture.js';
import type { Row } from './row.js';

const SUITE = 'ring-pack';

/** With Buffer alone, as most people would write it. */
function nodePack(payloads: readonly Buffer[], ring: Buffer, start: number): void {
  let at = start;
  const wrap = (offset: number): number => (offset >= ring.length ? offset - ring.length : offset);
  for (const [i, payload] of payloads.entries()) {
    const size = padded(payload.length);
    ring.writeUInt16LE(6, at);
    ring.writeUInt16LE(2, at + 2);
    ring.writeUInt16LE((16 + size) >> 3, at + 4);
    ring.writeUInt16LE(0, at + 6);
    const second = wrap(at + 8);
    ring.writeUInt32LE(i, second);
    ring.writeUInt32LE(0, second + 4);
    const to = wrap(at + 16);
    const copied = payload.copy(ring, to);
    if (copied < payload.length) payload.copy(ring, 0, copied);
    const trailer = wrap(to + size);
    if (size > payload.length) {
      const end = trailer === 0 ? ring.length : trailer;
      ring.fill(0, end - (size - payload.length), end);
    }
    ring.writeUInt32LE(0, trailer);
    ring.writeUInt32LE(at, trailer + 4);
    at = wrap(trailer + 8);
  }
}

export function ringPack(quick: boolean): Row[] {
  return PAYLOADS.flatMap((payload) => {
    const count = packetsIn(payload);
    const fixtures = onEngines((engine) => ringFixture(engine, payload));
    const { start } = fixtures.get('js')!;
    const ring = Buffer.alloc(RING_BYTES);
    const payloads = Array.from({ length: count }, (_, i) =>
      Buffer.from(Array.from({ length: payload }, (_, b) => i + b)),
    );
    nodePack(payloads, ring, start);
    agree(SUITE, new Map([...[...fixtures].map(([name, fixture]) => [name, fixture.data()] as const), ['node', ring]]));
    const contenders: Contender[] = [...fixtures].map(([name, fixture]) => ({ name, run: () => void fixture.pack() }));
    contenders.push({ name: 'node', run: () => nodePack(payloads, ring, start) }, memcpy(count * padded(payload)));
    return time({ suite: SUITE, params: { payload, batch: count }, operations: count, contenders }, quick);
  });
}
