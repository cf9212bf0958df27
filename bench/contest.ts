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

/**
 * Samples far shorter than a scheduler's slice: on a busy machine most of them are then whole, and the median is one.
 * The contenders take turns `turns` times, so that what else the machine does meets all of them.
 */
const FULL = { turns: 7, maxTime: 0.08, minTime: 0.004, minSamples: 7, warm: 40_000 };
const QUICK = { turns: 3, maxTime: 0.012, minTime: 0.0015, minSamples: 3, warm: 8_000 };

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
  const { turns, warm, ...limits } = quick ? QUICK : FULL;
  const series = contenders.map(({ name, run }) => {
    // Warm before it counts: the module's fast code comes after some thousand calls.
    for (let round = 0; round * operations < warm; round++) run();
    return { name, benchmark: new Benchmark(name, run, limits), speeds: [] as number[] };
  });
  for (let turn = 0; turn < turns; turn++) {
    for (const { benchmark, speeds } of series) speeds.push(operations / secondsOf(benchmark));
  }
  return rowsOfTurns(suite, params, new Map(series.map(({ name, speeds }) => [name, speeds])));
}

/** Median seconds of one round. */
function secondsOf(benchmark: Benchmark): number {
  benchmark.reset();
  benchmark.run({ async: false });
  if (benchmark.error !== undefined) throw benchmark.error;
  return median(benchmark.stats!.sample);
}

/** One row for each contender, from operations per second. */
export function rowsOf(suite: string, params: Row['params'], speeds: ReadonlyMap<string, number>): Row[] {
  return rowsOfTurns(suite, params, new Map([...speeds].map(([name, speed]) => [name, [speed]])));
}

/** One row for each contender, from operations per second in each turn; a ratio is the median of the turns' ratios. */
export function rowsOfTurns(
  suite: string,
  params: Row['params'],
  speeds: ReadonlyMap<string, readonly number[]>,
): Row[] {
  return [...speeds].map(([name, own]) => {
    const ratioTo = ([other, theirs]: [string, readonly number[]]): [string, number] => [
      other,
      round(median(own.map((speed, turn) => speed / theirs[turn]!))),
    ];
    return {
      suite,
      name,
      params,
      ops_per_s: Math.round(median(own)),
      ns_per_op: Number((1e9 / median(own)).toFixed(2)),
      ratio_to: Object.fromEntries([...speeds].filter(([other]) => other !== name).map(ratioTo)),
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[sorted.length >> 1]!;
}

const round = (ratio: number): number => Number(ratio.toFixed(3));
