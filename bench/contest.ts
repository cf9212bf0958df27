/** Times contenders that were shown to agree, with benchmark.js, and turns the figures into rows. */
import Benchmark from 'benchmark';
import type { Row } from './row.js';

export interface Contender {
  name: string;
  /** One round: `operations` operations. */
  run(): void;
}

export interface Contest {
  suite: string;
  params: Row['params'];
  /** Operations that one round of every contender does. */
  operations: number;
  contenders: readonly Contender[];
}

/** Samples far shorter than a scheduler's slice: on a busy machine most of them are then whole, and the median is one. */
const FULL = { maxTime: 0.8, minTime: 0.01, minSamples: 20, warm: 20_000 };
const QUICK = { maxTime: 0.04, minTime: 0.003, minSamples: 5, warm: 4_000 };

/** Throws unless all contenders left the same bytes. */
export function agree(suite: string, outcomes: ReadonlyMap<string, Uint8Array>): void {
  const [reference] = outcomes;
  for (const [name, outcome] of outcomes) {
    const [first, expected] = reference!;
    if (Buffer.compare(outcome, expected) !== 0) throw new Error(`${suite}: ${name} does not agree with ${first}`);
  }
}

/** Runs the contenders in turn and gives one row for each. */
export function time({ suite, params, operations, contenders }: Contest, quick: boolean): Row[] {
  const figures = new Map<string, number>();
  const series = new Benchmark.Suite();
  const { warm, ...limits } = quick ? QUICK : FULL;
  for (const { name, run } of contenders) {
    // Warm before it counts: the module's fast code comes after some thousand calls.
    for (let round = 0; round * operations < warm; round++) run();
    series.add(name, run, limits);
  }
  series.on('error', (event: Benchmark.Event) => {
    throw (event.target as unknown as Benchmark).error;
  });
  series.on('cycle', (event: Benchmark.Event) => {
    const { name, stats } = event.target as unknown as Benchmark;
    const samples = [...stats!.sample].sort((left, right) => left - right);
    figures.set(name ?? '', operations / samples[samples.length >> 1]!);
  });
  series.run({ async: false });
  return rowsOf(suite, params, figures);
}

/** One row for each contender, from operations per second. */
export function rowsOf(suite: string, params: Row['params'], figures: ReadonlyMap<string, number>): Row[] {
  return [...figures].map(([name, opsPerSecond]) => ({
    suite,
    name,
    params,
    ops_per_s: Math.round(opsPerSecond),
    ns_per_op: Number((1e9 / opsPerSecond).toFixed(2)),
    ratio_to: Object.fromEntries(
      [...figures].filter(([other]) => other !== name).map(([other, figure]) => [other, round(opsPerSecond / figure)]),
    ),
  }));
}

const round = (ratio: number): number => Number(ratio.toFixed(3));
