/** Rows for people: a line for each contender. */
import Table from 'cli-table3';
import type { Row } from './row.js';

const AGAINST = ['js', 'c-sse'] as const;

export function tableOf(name: string, rows: readonly Row[]): string {
  const head = [
    name,
    'contender',
    'ns/op',
    '± %',
    'ops/s',
    ...AGAINST.map((other) => `against ${other}`),
    'twin valid',
  ];
  const out = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) {
    const params = Object.entries(row.params).map(([key, value]) => `${key} ${value}`);
    if (row.p50_us !== undefined) params.push(`p50 ${row.p50_us} µs`, `p99 ${row.p99_us} µs`);
    if (row.kib_per_guest !== undefined) params.push(`${row.kib_per_guest} KiB a guest`);
    out.push([
      params.join(', '),
      row.name,
      row.ns_per_op,
      row.rme_percent ?? '',
      row.ops_per_s,
      ...AGAINST.map((other) => (row.ratio_to[other] === undefined ? '' : `${row.ratio_to[other]}x`)),
      validityOf(row),
    ]);
  }
  return out.toString();
}

function validityOf({ valid }: Row): string {
  if (valid === undefined) return '';
  const ratios = Object.entries(valid.expected).map(
    ([other, least]) => `${other} ${valid.measured[other]} of ${least}`,
  );
  return `${valid.valid ? 'yes' : 'NO'} (${ratios.join(', ')})`;
}
