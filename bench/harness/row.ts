/** One measured figure, as `npm run bench -- --json` prints it: one object a line. */
export interface Row {
  suite: string;
  /** The contender. */
  name: string;
  /** What varied: text, batch, payload, units, records. */
  params: Readonly<Record<string, string | number>>;
  ops_per_s: number;
  ns_per_op: number;
  /** Speed of this contender divided by that of each other contender with the same params; above 1 is faster. */
  ratio_to: Record<string, number>;
  /** Half the width of the 95 % confidence interval of the time, in percent of it; of suites that take turns. */
  rme_percent?: number;
  /** Turns that the figure is the median of. */
  turns?: number;
  /** On rows of the twin: is it as fast as the strongest JavaScript measured before, by the same yardsticks? */
  valid?: Validity;
  /** Microseconds that half of the operations took, and that one in a hundred exceeded: of suites that time each one. */
  p50_us?: number;
  p99_us?: number;
  /** Resident memory of the suite system. */
  kib_per_guest?: number;
}

/** Ratios of the twin's speed to others', measured and at least expected. */
export interface Validity {
  valid: boolean;
  measured: Record<string, number>;
  expected: Record<string, number>;
}
