/**
 * The process of one contender. There is nothing else in it: several engines of one kind in a
 * process would share what the compiler learns of their code, and the twin would be slower for it.
 */
import { createHash } from 'node:crypto';
import Benchmark from 'benchmark';
import { SUITES } from '../suites/index.js';
import type { Limits, Order, Report } from './messages.js';
import { median } from './statistics.js';
import type { Round } from './suite.js';

let rounds: (Round | undefined)[] = [];
const benchmarks = new Map<number, Benchmark>();

process.on('message', (order: Order) => {
  let report: Report;
  try {
    report = obey(order);
  } catch (error) {
    report = { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send!(report);
});

function obey(order: Order): Report {
  if (order.kind === 'enter') return enter(order);
  const round = rounds[order.at]!;
  if (order.kind === 'turn') return { kind: 'turn', nanoseconds: nanoseconds(round, order.at, order.limits) };
  // The module's fast code comes after some thousand calls.
  for (let done = 0; done < order.limits.warm; done += round.operations) round.run();
  return { kind: 'warm' };
}

function enter({ suite: name, contender, cases }: Extract<Order, { kind: 'enter' }>): Report {
  const suite = SUITES.find((known) => known.name === name)!;
  const entrant = suite.enter(contender, cases[0]!);
  const outcome = entrant.outcome();
  benchmarks.clear();
  rounds = cases.map((params) => entrant.round(params));
  return {
    kind: 'entered',
    hash: outcome === undefined ? undefined : createHash('sha256').update(outcome).digest('hex'),
    takesPart: rounds.map((round) => round !== undefined),
  };
}

/** Median of one turn's samples, for one operation. */
function nanoseconds({ operations, run }: Round, at: number, { maxTime, minTime, minSamples }: Limits): number {
  let benchmark = benchmarks.get(at);
  if (benchmark === undefined) {
    benchmark = new Benchmark(String(at), run, { maxTime, minTime, minSamples });
    benchmarks.set(at, benchmark);
  }
  benchmark.reset();
  benchmark.run({ async: false });
  if (benchmark.error !== undefined) throw benchmark.error;
  return (1e9 * median(benchmark.stats!.sample)) / operations;
}
