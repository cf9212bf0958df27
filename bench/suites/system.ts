/**
 * The whole system in one process: host, rings, driver, device, daemon and pools, for 1, 100 and 1,000 guests. One
 * operation is one request of a host, answered.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Row } from '../harness/row.js';
import { median, rowsOf } from '../harness/statistics.js';
import type { SystemFigure, SystemReport } from './system-process.js';

const ENGINES = ['wasm', 'js'] as const;
const OPERATIONS = ['add', 'modify', 'get', 'remove'] as const;
const PROGRAM = fileURLToPath(new URL('./system-process.js', import.meta.url));

/** Guests, and requests of each of them for every operation. */
const FULL = [
  { guests: 1, requests: 2_000, turns: 3 },
  { guests: 100, requests: 50, turns: 1 },
  { guests: 1_000, requests: 5, turns: 1 },
];
const QUICK = [{ guests: 1, requests: 300, turns: 1 }];

/** A process for each engine and number of guests, so that memory is the guests' alone; the engines in turn. */
export async function system(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { guests, requests, turns } of quick ? QUICK : FULL) {
    const reports = new Map<string, SystemReport[]>(ENGINES.map((engine) => [engine, []]));
    for (let turn = 0; turn < turns; turn++) {
      for (const engine of ENGINES) reports.get(engine)!.push(await measure(engine, guests, requests));
    }
    for (const operation of OPERATIONS) rows.push(...rowsOfOperation(operation, guests, reports));
  }
  return rows;
}

function rowsOfOperation(
  operation: SystemFigure['operation'],
  guests: number,
  reports: ReadonlyMap<string, readonly SystemReport[]>,
): Row[] {
  const figuresOf = (engine: string): SystemFigure[] =>
    reports.get(engine)!.flatMap(({ figures }) => figures.filter((figure) => figure.operation === operation));
  const times = new Map(
    [...reports.keys()].map((engine) => [
      engine,
      figuresOf(engine).map(({ requestsPerSecond }) => 1e9 / requestsPerSecond),
    ]),
  );
  return rowsOf('system', { guests, operation }, times).map((row) => {
    const figures = figuresOf(row.name);
    const bytes = reports.get(row.name)!.map(({ bytesPerGuest }) => bytesPerGuest);
    return {
      ...row,
      p50_us: rounded(median(figures.map(({ p50Us }) => p50Us))),
      p99_us: rounded(median(figures.map(({ p99Us }) => p99Us))),
      kib_per_guest: rounded(median(bytes) / 1024),
    };
  });
}

async function measure(engine: string, guests: number, requests: number): Promise<SystemReport> {
  const argv = [PROGRAM, engine, String(guests), String(requests)];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { encoding: 'utf8' });
  return JSON.parse(stdout);
}

const rounded = (figure: number): number => Number(figure.toFixed(1));
