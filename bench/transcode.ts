/** UTF-16 → UTF-8 and back, a text a call. `node` does what one would write: TextDecoder, then the other encoding. */
import { type Engine, table } from '#internal';
import { memcpy, onEngines } from './contenders.js';
import { agree, type Contender, time } from './contest.js';
import type { Row } from './row.js';
import { type Script, textsOf, VARIANTS, WORDS } from './texts.js';

const SUITE = 'transcode';
const STRIDE = 4096;

type Direction = '16-8' | '8-16';

interface Fixture {
  run(): void;
  outcome(): Uint8Array;
}

function engineFixture(engine: Engine, direction: Direction, sources: readonly Uint8Array[]): Fixture {
  const { memory } = engine;
  const from = memory.allocate(VARIANTS * STRIDE);
  const to = memory.allocate(VARIANTS * STRIDE);
  const sizes = sources.map((source) => source.length);
  const written = sizes.map(() => 0);
  for (const [i, source] of sources.entries()) from.view.set(source, i * STRIDE);
  return {
    run() {
      for (let i = 0, at = 0; i < VARIANTS; i++, at += STRIDE) {
        written[i] =
          direction === '16-8'
            ? engine.utf16ToUtf8(from.address + at, sizes[i]! >> 1, to.address + at, STRIDE, table.POLICY_REPLACE)
            : 2 * engine.utf8ToUtf16(from.address + at, sizes[i]!, to.address + at, STRIDE >> 1, table.POLICY_REPLACE);
      }
    },
    // What stands behind a text is nobody's: the vector loops store whole vectors.
    outcome: () => Buffer.concat(written.map((bytes, i) => to.view.subarray(i * STRIDE, i * STRIDE + bytes))),
  };
}

function nodeFixture(direction: Direction, sources: readonly Uint8Array[]): Fixture {
  const decoder = new TextDecoder(direction === '16-8' ? 'utf-16le' : 'utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const to = Buffer.alloc(VARIANTS * STRIDE);
  const targets = sources.map((_, i) => to.subarray(i * STRIDE, (i + 1) * STRIDE));
  const written = sources.map(() => 0);
  return {
    run() {
      for (let i = 0; i < VARIANTS; i++) {
        const text = decoder.decode(sources[i]!);
        written[i] =
          direction === '16-8' ? encoder.encodeInto(text, targets[i]!).written : targets[i]!.write(text, 'utf16le');
      }
    },
    outcome: () => Buffer.concat(written.map((bytes, i) => targets[i]!.subarray(0, bytes))),
  };
}

export function transcode(quick: boolean): Row[] {
  const rows: Row[] = [];
  for (const direction of ['16-8', '8-16'] as const) {
    for (const text of Object.keys(WORDS) as Script[]) {
      for (const units of quick ? [255] : [20, 64, 255]) {
        const sources = textsOf(text, units).map((source) =>
          Buffer.from(source, direction === '16-8' ? 'utf16le' : 'utf8'),
        );
        const fixtures = onEngines((engine) => engineFixture(engine, direction, sources));
        fixtures.set('node', nodeFixture(direction, sources));
        for (const fixture of fixtures.values()) fixture.run();
        agree(SUITE, new Map([...fixtures].map(([name, fixture]) => [name, fixture.outcome()])));
        const contenders: Contender[] = [...fixtures].map(([name, { run }]) => ({ name, run }));
        contenders.push(memcpy(sources.reduce((sum, source) => sum + source.length, 0)));
        const params = { direction, text, units };
        rows.push(...time({ suite: SUITE, params, operations: VARIANTS, contenders }, quick));
      }
    }
  }
  return rows;
}
