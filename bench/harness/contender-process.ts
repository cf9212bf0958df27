/**
 * The process of one contender. There is nothing else in it: several engines of one kind in a
 * process would share what the compiler learns of their code, and the twin would be slower for it.
 */
import { createHash } from 'node:crypto';
import Benchmark from 'benchmark';
import { SUITES } from '../suites/index.js';
import type { Limits, Order, Report } from './messages.js';
import { lowerQuartile } from './statistics.js';
import type { Round } from './suite.js';

let rounds: (Round | undefined)[] = [];
const repetitions = new Map<number, number>();

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
  repetitions.clear();
  rounds = cases.map((params) => entrant.round(params));
  return {
    kind: 'entered',
    hash: outcome === undefined ? undefined : createHash('sha256').update(outcome).digest('hex'),
    takesPart: rounds.map((round) => round !== undefined),
  };
}

/**
 * Nanoseconds of one operation in one turn: the lower quartile of the samples, since whatever else the machine does only
 * ever adds to one.
 */
function nanoseconds({ operations, run }: Round, at: number, { maxTime, minTime, minSamples }: Limits): number {
  // How often a sample repeats the round was found out in the first turn.
  const initCount = repetitions.get(at) ?? 1;
  const benchmark = new Benchmark(String(at), run, { maxTime, minTime, minSamples, initCount });
  benchmark.run({ async: false });
  if (benchmark.error !== undefined) throw benchmark.error;
  repetitions.set(at, benchmark.count);
  return (1e9 * lowerQuartile(benchmark.stats!.sample)) / operations;
}
