/** Who takes part in the suites of kernels, and in what memory. */
import { createEngine, type Engine, EngineMemory } from '#internal';
import type { Entrant, Params, Round } from '../harness/suite.js';
import { loadNative, NATIVE, type NativeKernels } from '../native/library.js';

/** The engine's builds; `auto` is what a user gets, timed where it could choose: for a single message a call. */
export const ENGINES = ['wasm', 'wasm-scalar', 'js'] as const;
export const AUTO = 'auto';
const KERNELS: readonly string[] = [...ENGINES, AUTO];

export const kernelsFor = (cases: readonly Params[]): string[] =>
  cases.some(({ batch }) => batch === 1) ? [...KERNELS] : [...ENGINES];

/** All data of a suite and more. */
const MEMORY_BYTES = 96 * 1024 * 1024;
/** Operations of one call into C at least: the call from JavaScript is not what is measured. */
const NATIVE_OPERATIONS = 1024;

type EngineName = (typeof ENGINES)[number] | typeof AUTO;

export const isEngine = (contender: string): contender is EngineName => KERNELS.includes(contender);

/** The entrant where a call has one message; what a choice could change is timed there. */
export const onlySingle = ({ outcome, round }: Entrant): Entrant => ({
  outcome,
  round: (params) => (params['batch'] === 1 ? round(params) : undefined),
});

let engine: Engine | undefined;

/** The engine of this process: there is one contender in it, and one engine. */
export function engineOf(contender: EngineName): Engine {
  engine ??= createEngine({ engine: contender, bytes: MEMORY_BYTES });
  return engine;
}

/** The C kernels, with a memory to work on. */
export function nativeOf(contender: string): NativeKernels {
  if (!NATIVE.includes(contender)) throw new Error(`no contender ${contender}`);
  return loadNative(contender, new EngineMemory({ bytes: MEMORY_BYTES }));
}

/** Rounds of C in one call, each of `operations`. */
export function nativeRound(operations: number, run: (rounds: number) => void): Round {
  const rounds = Math.ceil(NATIVE_OPERATIONS / operations);
  return { operations: rounds * operations, run: () => run(rounds) };
}

/**
 * Records that calls of `batch` go round: what 64 have stays in a processor's second-level cache, what 1,024 have does
 * not. A single message a call goes round 64, since a processor soon knows one by heart.
 */
export const recordsInUse = (batch: number): number => Math.max(batch, 64);

/** A round through the records in use, `batch` a call; `work` is told where each call begins. */
export function walk(batch: number, work: (first: number) => void): Round {
  const records = recordsInUse(batch);
  return {
    operations: records,
    run() {
      for (let first = 0; first < records; first += batch) work(first);
    },
  };
}

/** The limit: a copy of as many bytes as a call moves, going round as many records. */
export function memcpy(most: number, bytesEach: number): Entrant {
  return {
    outcome: () => undefined,
    round({ batch = most }) {
      const calls = walk(Number(batch), (first) => {
        memory.copyWithin(half + first * bytesEach, first * bytesEach, first * bytesEach + bytes);
      });
      const bytes = Number(batch) * bytesEach;
      const half = calls.operations * bytesEach;
      const memory = new Uint8Array(2 * half).fill(1);
      return calls;
    },
  };
}

/** Messages for each call. */
export const batches = (quick: boolean, inQuick = 1024): number[] => (quick ? [inQuick] : [1, 64, 1024]);
