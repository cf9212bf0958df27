/** One measured figure, as `npm run bench -- --json` prints it: one object a line. */
export interface Row {
  suite: string;
  /** The contender. */
  name: string;
  /** What varied: text, batch, payload, units, records. */
  params: Record<string, string | number>;
  ops_per_s: number;
  ns_per_op: number;
  /** Speed of this contender divided by that of each other contender with the same params; above 1 is faster. */
  ratio_to: Record<string, number>;
  /** Microseconds that half of the operations took, and that one in a hundred exceeded: of suites that time each one. */
  p50_us?: number;
  p99_us?: number;
  /** Resident memory of the suite system. */
  kib_per_guest?: number;
}
