/**
 * `npm run bench [-- --json] [--suite NAME] [--quick]`: a table, or one JSON object a line. Every suite proves first
 * that its contenders agree.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { coldStart } from './cold-start.js';
import { daemonToHost } from './daemon-to-host.js';
import { decode } from './decode.js';
import { encode } from './encode.js';
import { hostToDaemon } from './host-to-daemon.js';
import { load } from './load.js';
import { poolIndex } from './pool-index.js';
import { poolStore } from './pool-store.js';
import { ringDrain } from './ring-drain.js';
import { ringPack } from './ring-pack.js';
import { ringScan } from './ring-scan.js';
import type { Row } from './row.js';
import { system } from './system.js';
import { transcode } from './transcode.js';

const SUITES: Record<string, (quick: boolean) => Row[] | Promise<Row[]>> = {
  'ring-drain': ringDrain,
  'ring-scan': ringScan,
  'ring-pack': ringPack,
  'host-to-daemon': hostToDaemon,
  'daemon-to-host': daemonToHost,
  decode,
  encode,
  transcode,
  'pool-index': poolIndex,
  'cold-start': coldStart,
  load,
  'pool-store': poolStore,
  system,
};

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, suite: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
if (values.suite !== undefined && SUITES[values.suite] === undefined) {
  console.error(`no suite ${values.suite}: ${Object.keys(SUITES).join(', ')}`);
  process.exit(2);
}

for (const [name, suite] of Object.entries(SUITES)) {
  if (values.suite !== undefined && values.suite !== name) continue;
  const rows = await suite(values.quick);
  if (values.json === true) for (const row of rows) console.log(JSON.stringify(row));
  else printTable(name, rows);
}

function printTable(name: string, rows: readonly Row[]): void {
  const out = new Table({ head: [name, 'contender', 'ns/op', 'ops/s', 'against js'], style: { head: [], border: [] } });
  for (const row of rows) {
    const params = Object.entries(row.params).map(([key, value]) => `${key} ${value}`);
    if (row.p50_us !== undefined) params.push(`p50 ${row.p50_us} µs`, `p99 ${row.p99_us} µs`);
    if (row.kib_per_guest !== undefined) params.push(`${row.kib_per_guest} KiB a guest`);
    const against = row.ratio_to['js'];
    out.push([params.join(', '), row.name, row.ns_per_op, row.ops_per_s, against === undefined ? '' : `${against}x`]);
  }
  console.log(out.toString());
}
