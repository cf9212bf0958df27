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

const SECONDS = { full: 1, quick: 0.2 };

/** Runs the contenders in turn and gives one row for each. */
export function time({ suite, params, operations, contenders }: Contest, quick: boolean): Row[] {
  const figures = new Map<string, number>();
  const series = new Benchmark.Suite();
  const seconds = quick ? SECONDS.quick : SECONDS.full;
  for (const { name, run } of contenders) {
    // Warm before it counts: the module's fast code comes after some thousand calls.
    for (let round = 0; round * operations < 20_000; round++) run();
    series.add(name, run, { maxTime: seconds, minSamples: quick ? 5 : 20 });
  }
  series.on('error', (event: Benchmark.Event) => {
    throw (event.target as unknown as Benchmark).error;
  });
  series.on('cycle', (event: Benchmark.Event) => {
    const { name, hz } = event.target as unknown as Benchmark;
    figures.set(name ?? '', (hz ?? 0) * operations);
  });
  series.run({ async: false });
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
