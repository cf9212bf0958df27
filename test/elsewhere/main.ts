/**
 * Runs the unit suite on other days, in other places and on other machines, and prints one line a row. Needs root.
 *
 *     node build/test/elsewhere/main.js [--commit HASH] [FILTER…]
 *
 * Arguments select rows whose name contains one; `--commit` selects the one row that a commit's hash stands for.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nodeOf, ROWS, type Row } from './rows.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { commit: { type: 'string' } } });

function selectedRows(): readonly Row[] {
  if (values.commit !== undefined) return [ROWS[Number.parseInt(values.commit.slice(0, 8), 16) % ROWS.length]!];
  if (positionals.length === 0) return ROWS;
  return ROWS.filter(({ name }) => positionals.some((filter) => name.includes(filter)));
}

/** The project as it is built, in a folder of its own: no row sees what another one left. */
function copyOfProject({ folder = 'hv-kvp', user }: Row, parent: string): string {
  const copy = join(parent, folder);
  mkdirSync(copy);
  const pipe = 'tar --create --format=posix --exclude=node_modules --exclude=.git . | tar --extract --directory "$1"';
  execFileSync('sh', ['-c', pipe, 'copy', copy], { cwd: root });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  if (user !== undefined) execFileSync('chown', ['--recursive', '--no-dereference', `${user}:${user}`, copy]);
  return copy;
}

interface Result {
  isGreen: boolean;
  /** `N passed, N failed, N skipped`. */
  count: string;
  /** What the run says of its failures. */
  closing: string;
}

function run(row: Row): Result {
  const parent = mkdtempSync(join(tmpdir(), 'hv-kvp-elsewhere-'));
  chmodSync(parent, 0o755);
  try {
    const copy = copyOfProject(row, parent);
    const node = nodeOf(row, root);
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH']}`, ...row.env };
    const [program = node, ...args] = [...(row.wrapper ?? []), node, 'build/test/_support/run.js'];
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: copy,
      env,
      encoding: 'utf8',
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    const said = `${stdout}${stderr}${error ?? ''}`;
    const count = /^\d+ passed, \d+ failed, \d+ skipped$/m.exec(said)?.[0];
    const failures = said.indexOf('\nfailed: ');
    return {
      isGreen: status === 0 && count !== undefined,
      count: count ?? `no result, ended with ${status}`,
      closing: failures < 0 ? said.slice(-4_000) : said.slice(failures + 1),
    };
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

if (process.getuid?.() !== 0) throw new Error('test:elsewhere needs root: it makes namespaces and runs as other users');
execFileSync('bash', [join(root, 'test/elsewhere/setup')], { stdio: 'inherit' });

const rows = selectedRows();
let red = 0;
for (const row of rows) {
  const started = performance.now();
  const { isGreen, count, closing } = run(row);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${isGreen ? 'ok  ' : 'FAIL'} ${row.name.padEnd(46)} ${count} ${seconds} s`);
  if (!isGreen) {
    red++;
    console.log(closing);
  }
}
console.log(`${rows.length - red} of ${rows.length} rows green`);
process.exitCode = red === 0 && rows.length > 0 ? 0 : 1;
