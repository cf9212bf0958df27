/** Figures from turns, in which the contenders ran one after the other. */
import type { Row } from './row.js';

/** Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom. */
const T_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL_95 = 1.96;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[sorted.length >> 1]!;
}

/** A quarter of the values are below it. */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[sorted.length >> 2]!;
}

/** Half of the mean's 95 % confidence interval, in percent of the mean; nothing from fewer than three values. */
function relativeMargin(values: readonly number[]): number | undefined {
  const count = values.length;
  if (count < 3) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return (100 * (T_95[count - 2] ?? NORMAL_95) * Math.sqrt(variance / count)) / mean;
}

/**
 * One row for each contender, from nanoseconds an operation in each turn. A ratio is the median of the turns' ratios:
 * what else the machine did in a turn met both.
 */
export function rowsOf(suite: string, params: Row['params'], times: ReadonlyMap<string, readonly number[]>): Row[] {
  return [...times].map(([name, own]) => {
    const ratios = [...times]
      .filter(([other]) => other !== name)
      .map(([other, theirs]) => [other, rounded(median(own.map((ns, turn) => theirs[turn]! / ns)))] as const);
    const ns = median(own);
    const margin = relativeMargin(own);
    return {
      suite,
      name,
      params,
      ops_per_s: Math.round(1e9 / ns),
      ns_per_op: Number(ns.toFixed(2)),
      ratio_to: Object.fromEntries(ratios),
      ...(margin === undefined ? {} : { rme_percent: Number(margin.toFixed(1)), turns: own.length }),
    };
  });
}

/** Three digits behind the point are enough near 1, and a loss must not be rounded to 0. */
const rounded = (ratio: number): number => Number(ratio < 0.1 ? ratio.toPrecision(3) : ratio.toFixed(3));
