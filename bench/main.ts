/**
 * `npm run bench [-- --json] [--suite NAME] [--quick] [--record FILE [--resume]]`: a table, or one JSON object a line.
 * Every suite proves first that its contenders agree. A record is what the tables in the documentation are made from
 * (scripts/performance.js): a line about the machine, then the rows.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { contest } from './harness/contest.js';
import { machineLine } from './harness/machine.js';
import type { Row } from './harness/row.js';
import type { OwnTiming } from './harness/suite.js';
import { tableOf } from './harness/table.js';
import { withValidity } from './harness/validity.js';
import { buildNative, NATIVE } from './native/library.js';
import { coldStart } from './suites/cold-start.js';
import { SUITES } from './suites/index.js';
import { load } from './suites/load.js';
import { poolStore } from './suites/pool-store.js';
import { system } from './suites/system.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    suite: { type: 'string' },
    quick: { type: 'boolean', default: false },
    record: { type: 'string' },
    resume: { type: 'boolean', default: false },
  },
});

const withoutNative = buildNative();
if (withoutNative !== undefined) console.error(`without the contenders ${NATIVE.join(' and ')}: ${withoutNative}`);
const left = new Set(withoutNative === undefined ? [] : NATIVE);

const timings: Record<string, OwnTiming> = {
  ...Object.fromEntries(SUITES.map((suite) => [suite.name, (quick: boolean) => contest(suite, quick, left)])),
  'cold-start': coldStart,
  load,
  'pool-store': poolStore,
  system,
};

if (values.suite !== undefined && timings[values.suite] === undefined) {
  console.error(`no suite ${values.suite}: ${Object.keys(timings).join(', ')}`);
  process.exit(2);
}

const lines = (objects: readonly object[]): string => objects.map((object) => `${JSON.stringify(object)}\n`).join('');

/** Suites that a run which was broken off has recorded: each is written when it is complete. */
const recorded = new Set<string>();
if (values.record !== undefined && values.resume) {
  for (const line of readFileSync(values.record, 'utf8').trimEnd().split('\n').slice(1)) {
    recorded.add((JSON.parse(line) as Row).suite);
  }
} else if (values.record !== undefined) writeFileSync(values.record, lines([machineLine(values.quick)]));

for (const [name, timing] of Object.entries(timings)) {
  if ((values.suite !== undefined && values.suite !== name) || recorded.has(name)) continue;
  const rows: Row[] = withValidity(await timing(values.quick));
  if (values.record !== undefined) appendFileSync(values.record, lines(rows));
  if (values.json === true) process.stdout.write(lines(rows));
  else console.log(tableOf(name, rows));
}
