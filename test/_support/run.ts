/**
 * Runs every `*.test.js` below the built tests, each in a process of its own, two at a time, and prints one plain
 * closing line `N passed, N failed, N skipped`.
 *
 *     node build/test/_support/run.js [--system | --soak] [FILTER…]
 *
 * `--system` runs test/system instead, where a skip is a failure, and `--soak` the long ones in test/soak. Arguments
 * select files whose path contains one.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './suite.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SETS = ['system', 'soak'] as const;
/** Which set of tests to run; undefined is the ordinary one. */
const chosen = SETS.find((set) => process.argv.includes(`--${set}`));
const setOf = (file: string) => SETS.find((set) => relative(root, file).startsWith(`${set}/`));
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const FILE_LIMIT_MS = chosen === 'soak' ? 3_600_000 : 300_000;
/** System tests own machine-wide things (mounts, namespaces): one at a time. */
const PARALLEL = chosen === undefined ? 2 : 1;

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? testFiles(join(folder, entry.name)) : [join(folder, entry.name)]))
    .filter((file) => file.endsWith('.test.js'));
}

const files = testFiles(root)
  .filter((file) => setOf(file) === chosen)
  .filter((file) => filters.length === 0 || filters.some((filter) => relative(root, file).includes(filter)))
  .sort();

const reports = mkdtempSync(join(tmpdir(), 'hv-kvp-test-'));
const totals = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const skips: string[] = [];

function runFile(file: string): Promise<void> {
  const name = relative(root, file);
  const reportFile = join(reports, name.replaceAll('/', '__'));
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      env: { ...process.env, HV_KVP_TEST_REPORT: reportFile, FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, FILE_LIMIT_MS);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      account(name, reportFile, code ?? `${signal}`, hung, output, performance.now() - started);
      resolve();
    });
  });
}

function account(
  name: string,
  reportFile: string,
  code: number | string,
  hung: boolean,
  output: string,
  ms: number,
): void {
  let tests: Report['tests'] = [];
  try {
    tests = (JSON.parse(readFileSync(reportFile, 'utf8')) as Report).tests;
  } catch {
    // A process that was killed leaves no report; the check below counts it.
  }
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const test of tests) {
    if (test.outcome === 'skipped') {
      skips.push(`${test.name} (${test.reason})`);
      count[chosen === 'system' ? 'failed' : 'skipped']++;
    } else if (test.outcome === 'passed') count.passed++;
    else {
      count.failed++;
      failures.push(test.outcome === 'registered' ? `${test.name} (never ran)` : test.name);
    }
  }
  if (tests.length === 0 || (code !== 0 && count.failed === 0)) {
    count.failed++;
    failures.push(
      `${name}: ${hung ? `killed after ${FILE_LIMIT_MS} ms` : `ended with ${code}, ${tests.length} tests`}`,
    );
  }
  totals.passed += count.passed;
  totals.failed += count.failed;
  totals.skipped += count.skipped;
  const mark = count.failed > 0 ? 'FAIL' : 'ok  ';
  console.log(`${mark} ${name} ${count.passed}+${count.failed}+${count.skipped} ${Math.round(ms)} ms`);
  if (count.failed > 0) console.log(output);
}

const queue = [...files];
await Promise.all(
  Array.from({ length: PARALLEL }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file);
  }),
);
rmSync(reports, { recursive: true });

for (const skip of skips) console.log(`skipped: ${skip}`);
for (const failure of failures) console.log(`failed: ${failure}`);
if (totals.passed === 0) {
  console.log('failed: no test passed');
  totals.failed++;
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
