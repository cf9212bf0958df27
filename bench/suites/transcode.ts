/** UTF-16 → UTF-8 and back, a text a call. `node` does what one would write: TextDecoder, then the other encoding. */
import { type Engine, type EngineMemory, table } from '#internal';
import type { Entrant, Suite } from '../harness/suite.js';
import { NATIVE, type NativeKernels } from '../native/library.js';
import { ENGINES, engineOf, isEngine, memcpy, nativeOf, nativeRound } from './entrants.js';
import { type Script, textsOf, VARIANTS, WORDS } from './texts.js';

const STRIDE = 4096;

function layOut(memory: EngineMemory, sources: readonly Uint8Array[]) {
  const from = memory.allocate(VARIANTS * STRIDE);
  const to = memory.allocate(VARIANTS * STRIDE);
  const sizes = memory.allocate(4 * VARIANTS);
  const written = memory.allocate(4 * VARIANTS);
  for (const [i, source] of sources.entries()) from.view.set(source, i * STRIDE);
  return { from: from.address, to, sizes, written };
}

/** What stands behind a text is nobody's: the vector loops store whole vectors. */
const texts = (to: Uint8Array, bytes: readonly number[]): Uint8Array =>
  Buffer.concat(bytes.map((length, i) => to.subarray(i * STRIDE, i * STRIDE + length)));

function engineEntrant(engine: Engine, wide: boolean, sources: readonly Uint8Array[]): Entrant {
  const { from, to } = layOut(engine.memory, sources);
  const sizes = sources.map(({ length }) => length);
  const written = sizes.map(() => 0);
  const target = to.address;
  const run = wide
    ? () => {
        for (let i = 0, at = 0; i < VARIANTS; i++, at += STRIDE) {
          written[i] = engine.utf16ToUtf8(from + at, sizes[i]! >> 1, target + at, STRIDE, table.POLICY_REPLACE);
        }
      }
    : () => {
        for (let i = 0, at = 0; i < VARIANTS; i++, at += STRIDE) {
          written[i] = 2 * engine.utf8ToUtf16(from + at, sizes[i]!, target + at, STRIDE >> 1, table.POLICY_REPLACE);
        }
      };
  return {
    outcome() {
      run();
      return texts(to.view, written);
    },
    round: () => ({ operations: VARIANTS, run }),
  };
}

function nativeEntrant(kernels: NativeKernels, wide: boolean, sources: readonly Uint8Array[]): Entrant {
  const { from, to, sizes, written } = layOut(kernels.memory, sources);
  for (const [i, { length }] of sources.entries())
    kernels.memory.i32[(sizes.address >> 2) + i] = wide ? length >> 1 : length;
  const work = (rounds: number): void => {
    const convert = wide ? kernels.utf16ToUtf8 : kernels.utf8ToUtf16;
    convert(rounds, from, to.address, sizes.address, written.address, VARIANTS, STRIDE);
  };
  return {
    outcome() {
      work(1);
      const made = Array.from({ length: VARIANTS }, (_, i) => kernels.memory.i32[(written.address >> 2) + i]!);
      return texts(
        to.view,
        made.map((count) => (wide ? count : 2 * count)),
      );
    },
    round: () => nativeRound(VARIANTS, work),
  };
}

function nodeEntrant(wide: boolean, sources: readonly Uint8Array[]): Entrant {
  const decoder = new TextDecoder(wide ? 'utf-16le' : 'utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const to = Buffer.alloc(VARIANTS * STRIDE);
  const targets = sources.map((_, i) => to.subarray(i * STRIDE, (i + 1) * STRIDE));
  const written = sources.map(() => 0);
  const run = (): void => {
    for (let i = 0; i < VARIANTS; i++) {
      const text = decoder.decode(sources[i]!);
      written[i] = wide ? encoder.encodeInto(text, targets[i]!).written : targets[i]!.write(text, 'utf16le');
    }
  };
  return {
    outcome() {
      run();
      return texts(to, written);
    },
    round: () => ({ operations: VARIANTS, run }),
  };
}

/** A native slice of one buffer, written natively into another: nothing is made for a text but its string. */
function slicesEntrant(wide: boolean, sources: readonly Uint8Array[]): Entrant {
  const from = Buffer.alloc(VARIANTS * STRIDE);
  const to = Buffer.alloc(VARIANTS * STRIDE);
  for (const [i, source] of sources.entries()) from.set(source, i * STRIDE);
  const written = sources.map(() => 0);
  const run = (): void => {
    for (let i = 0, at = 0; i < VARIANTS; i++, at += STRIDE) {
      const text = from.toString(wide ? 'utf16le' : 'utf8', at, at + sources[i]!.length);
      written[i] = to.write(text, at, STRIDE, wide ? 'utf8' : 'utf16le');
    }
  };
  return {
    outcome() {
      run();
      return texts(to, written);
    },
    round: () => ({ operations: VARIANTS, run }),
  };
}

const SCRIPTS = Object.keys(WORDS) as Script[];

export const transcode: Suite = {
  name: 'transcode',
  contenders: () => [...ENGINES, 'js-slices', 'node', 'memcpy', ...NATIVE],
  groups: (quick) =>
    ['16-8', '8-16'].flatMap((direction) =>
      (quick ? SCRIPTS.slice(0, 3) : SCRIPTS).flatMap((text) =>
        (quick ? [255] : [20, 255]).map((units) => [{ direction, text, units }]),
      ),
    ),
  enter(contender, { direction, text, units }) {
    const wide = direction === '16-8';
    const sources = textsOf(text as Script, Number(units)).map((source) =>
      Buffer.from(source, wide ? 'utf16le' : 'utf8'),
    );
    if (contender === 'memcpy') {
      return memcpy(VARIANTS, Math.ceil(sources.reduce((sum, { length }) => sum + length, 0) / VARIANTS));
    }
    if (contender === 'node') return nodeEntrant(wide, sources);
    if (contender === 'js-slices') return slicesEntrant(wide, sources);
    if (!isEngine(contender)) return nativeEntrant(nativeOf(contender), wide, sources);
    return engineEntrant(engineOf(contender), wide, sources);
  },
};
