/**
 * Is the twin what it is called, the best JavaScript? A careful prototype of the same work was measured on another day
 * with the same yardsticks beside it; the twin must reach at least nine tenths of the prototype's speed by each.
 */
import type { Row, Validity } from './row.js';

const TOLERANCE = 0.9;

/** Nanoseconds of the prototype and of the yardsticks in the same run; yardsticks that were not measured are left out. */
interface Prototype {
  js: number;
  memcpy?: number;
  node?: number;
}

/** What is most often written took 1.8 to 2.8 times as long as the prototype; the least of it where nothing else is known. */
const IDIOMATIC = 1.8;
const MEMCPY_2604 = 57;

const translation = (js: number): Prototype => ({ js, memcpy: MEMCPY_2604, node: IDIOMATIC * js });

const PROTOTYPES: Record<string, Record<string, Prototype>> = {
  'ring-drain': {
    '64': { js: 20.7, memcpy: 1.1, node: 57.5 },
    '256': { js: 30.5, memcpy: 4.5, node: 57 },
    '2604': { js: 84.7, memcpy: 46, node: 110 },
  },
  'ring-scan': { '64': { js: 7.9, memcpy: 1.1 }, '2604': { js: 11.4, memcpy: 46 } },
  'ring-pack': { '64': { js: 38, memcpy: 1.1 }, '2604': { js: 101, memcpy: 46 } },
  'host-to-daemon': {
    'ascii 22/30': translation(107),
    'ascii 22/500': translation(417),
    'cyrillic 22/60': translation(452),
    'cjk 22/200': translation(624),
    'mixed 22/60': translation(699),
  },
  'daemon-to-host': {
    'ascii 22/30': translation(146),
    'ascii 22/500': translation(388),
    'cyrillic 22/60': translation(542),
    'cjk 22/200': translation(1217),
    'mixed 22/60': translation(822),
  },
  transcode: {
    '16-8 ascii 20': { js: 36.5, node: 231 },
    '16-8 ascii 64': { js: 88, node: 264 },
    '16-8 ascii 255': { js: 188, node: 504 },
    '16-8 cyrillic 20': { js: 84, node: 264 },
    '16-8 cyrillic 255': { js: 478, node: 839 },
    '16-8 cjk 20': { js: 105, node: 281 },
    '16-8 cjk 255': { js: 537, node: 902 },
    '16-8 mixed 20': { js: 67, node: 258 },
    '16-8 mixed 255': { js: 474, node: 1338 },
    '8-16 ascii 20': { js: 26.8, node: 114 },
    '8-16 ascii 64': { js: 52.7, node: 122 },
    '8-16 ascii 255': { js: 153, node: 153 },
    '8-16 cyrillic 20': { js: 84, node: 238 },
    '8-16 cyrillic 255': { js: 928, node: 2109 },
    '8-16 cjk 20': { js: 106, node: 331 },
    '8-16 cjk 255': { js: 1269, node: 2961 },
    '8-16 mixed 20': { js: 74, node: 196 },
    '8-16 mixed 255': { js: 823, node: 2408 },
  },
  'pool-index': { '10000': { js: 411, node: 2430 } },
};

/** What the prototype's case is called: the parameters that it had. Single calls were not measured. */
function caseOf({ params }: Row): string {
  if (params['batch'] === 1) return '';
  const parts = [params['direction'], params['text'], params['units'], params['payload'], params['records']];
  return parts.filter((part) => part !== undefined).join(' ');
}

/** The rows, those of the twin with a verdict where the prototype was measured. */
export function withValidity(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const prototype = row.name === 'js' ? PROTOTYPES[row.suite]?.[caseOf(row)] : undefined;
    return prototype === undefined ? row : { ...row, valid: verdict(row, prototype) };
  });
}

function verdict({ ratio_to }: Row, { js, ...yardsticks }: Prototype): Validity {
  const measured: Record<string, number> = {};
  const expected: Record<string, number> = {};
  for (const [name, ns] of Object.entries(yardsticks)) {
    measured[name] = ratio_to[name]!;
    expected[name] = Number((ns / js).toPrecision(3));
  }
  const valid = Object.keys(expected).every((name) => measured[name]! >= TOLERANCE * expected[name]!);
  return { valid, measured, expected };
}
