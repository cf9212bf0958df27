/** What the contest and a contender's process tell one another. */
import type { Params } from './suite.js';

export interface Limits {
  /** Operations before anything is timed. */
  warm: number;
  /** benchmark.js: seconds for a turn at most, for a sample at least, and samples at least. */
  maxTime: number;
  minTime: number;
  minSamples: number;
}

export type Order =
  | { kind: 'enter'; suite: string; contender: string; cases: readonly Params[] }
  | { kind: 'warm'; at: number; limits: Limits }
  | { kind: 'turn'; at: number; limits: Limits };

export type Report =
  /** `takesPart` by case. The hash is of what came out. */
  | { kind: 'entered'; hash: string | undefined; takesPart: boolean[] }
  | { kind: 'warm' }
  | { kind: 'turn'; nanoseconds: number }
  | { kind: 'failed'; message: string };
