/** What a suite says of itself. Its contenders run in processes of their own (contender-process.ts). */
import type { Row } from './row.js';

/** What varies between the cases of a suite. */
export type Params = Readonly<Record<string, string | number>>;

/** What is timed: one round of `operations` operations. */
export interface Round {
  readonly operations: number;
  run(): void;
}

/** One contender with its data laid out. */
export interface Entrant {
  /** What it makes of the data, the same for all that take part; nothing from one that is only a measure. */
  outcome(): Uint8Array | undefined;
  /** What is timed in a case; nothing where it does not take part. */
  round(params: Params): Round | undefined;
}

export interface Suite {
  readonly name: string;
  /** Who takes part in cases of one group. */
  contenders(cases: readonly Params[]): string[];
  /** The cases, in groups that work on the same data: a contender has one process for each group. */
  groups(quick: boolean): Params[][];
  /** Lays out what a group works on, for one contender. Called in its process. */
  enter(contender: string, group: Params): Entrant;
}

/** A suite that times for itself: in fresh processes, or files and whole systems. */
export type OwnTiming = (quick: boolean) => Promise<Row[]>;
