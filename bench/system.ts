/**
 * The whole system in one process: host, rings, driver, device, daemon and pools, for 1, 100 and 1,000 guests. One
 * operation is one request of a host, answered.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rowsOf } from './contest.js';
import type { Row } from './row.js';
import type { SystemReport } from './system-process.js';

const ENGINES = ['wasm', 'js'] as const;
const PROGRAM = fileURLToPath(new URL('./system-process.js', import.meta.url));

/** Guests, and requests of each of them for every operation. */
const FULL = [
  { guests: 1, requests: 5_000 },
  { guests: 100, requests: 100 },
  { guests: 1_000, requests: 10 },
];
const QUICK = [{ guests: 1, requests: 1_000 }];

/** A process for each engine and number of guests, so that memory is the guests' alone. */
export function system(quick: boolean): Row[] {
  return (quick ? QUICK : FULL).flatMap(({ guests, requests }) => {
    const reports = new Map(ENGINES.map((engine) => [engine, measure(engine, guests, requests)]));
    return reports.get('wasm')!.figures.flatMap(({ operation }, at) => {
      const speeds = [...reports].map(([engine, { figures }]) => [engine, figures[at]!.requestsPerSecond] as const);
      return rowsOf('system', { guests, operation }, new Map(speeds)).map((row) => {
        const { figures, bytesPerGuest } = reports.get(row.name as (typeof ENGINES)[number])!;
        const { p50Us, p99Us } = figures[at]!;
        return { ...row, p50_us: rounded(p50Us), p99_us: rounded(p99Us), kib_per_guest: rounded(bytesPerGuest / 1024) };
      });
    });
  });
}

function measure(engine: string, guests: number, requests: number): SystemReport {
  const line = execFileSync(process.execPath, [PROGRAM, engine, String(guests), String(requests)], {
    encoding: 'utf8',
  });
  return JSON.parse(line) as SystemReport;
}

const rounded = (figure: number): number => Number(figure.toFixed(1));
