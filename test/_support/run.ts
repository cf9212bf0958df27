/**
 * Runs every `*.test.js` below the built tests, each in a process of its own and several at a time, and prints one plain
 * closing line `N passed, N failed, N skipped`. Before it stands all that is needed to understand a failure: the error,
 * the seed, and what the programs said that the test started.
 *
 *     node build/test/_support/run.js [--system | --soak] [FILTER…]
 *
 * `--system` runs test/system instead, where a skip is a failure, and `--soak` the long ones in test/soak. Arguments
 * select files whose path contains one. HV_KVP_SEED repeats a run's random choices.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seedOfRun } from './random.js';
import type { TestReport } from './suite.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SETS = ['system', 'soak'] as const;
/** Which set of tests to run; undefined is the ordinary one. */
const chosen = SETS.find((set) => process.argv.includes(`--${set}`));
const setOf = (file: string) => SETS.find((set) => relative(root, file).startsWith(`${set}/`));
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const FILE_LIMIT_MS = chosen === 'soak' ? 3_600_000 : 600_000;
/** System tests mostly wait for the programs that they start. The long ones measure, one at a time. */
const PARALLEL = { ordinary: 2, system: 3, soak: 1 }[chosen ?? 'ordinary'];
/** Of a file without a report, the end of what it printed. */
const SHOWN_OUTPUT = 16 * 1024;
const SLOWEST = 10;
const seed = String(seedOfRun());

interface Failure {
  title: string;
  detail: string;
}

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
const failures: Failure[] = [];
const skips: string[] = [];
const times: { name: string; ms: number }[] = [];
const nearLimit: string[] = [];

function runFile(file: string): Promise<void> {
  const name = relative(root, file);
  const reportFile = join(reports, name.replaceAll('/', '__'));
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      env: { ...process.env, HV_KVP_TEST_REPORT: reportFile, HV_KVP_SEED: seed, FORCE_COLOR: '0' },
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
      times.push({ name, ms: performance.now() - started });
      const end = hung ? `killed after ${FILE_LIMIT_MS} ms` : `ended with ${code ?? signal}`;
      account(name, readReport(reportFile), { isWell: code === 0, end, output });
      resolve();
    });
  });
}

/** The last line about each test. */
function readReport(file: string): TestReport[] {
  const tests = new Map<string, TestReport>();
  let lines: string[] = [];
  try {
    lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    // A process that was killed at its start leaves none; a file without tests counts as a failure.
  }
  for (const line of lines) {
    const test = JSON.parse(line) as TestReport;
    tests.set(test.name, test);
  }
  return [...tests.values()];
}

function account(name: string, tests: TestReport[], file: { isWell: boolean; end: string; output: string }): void {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const fail = (title: string, detail: string) => {
    count.failed++;
    failures.push({ title, detail });
  };
  const lastOutput = file.output.slice(-SHOWN_OUTPUT);
  for (const test of tests) {
    if (test.outcome === 'skipped') {
      skips.push(`${test.name} (${test.reason})`);
      if (chosen === 'system') fail(`${test.name} (skipped)`, `${test.reason}`);
      else count.skipped++;
    } else if (test.outcome === 'passed') count.passed++;
    else if (test.outcome === 'failed') fail(test.name, [test.error, test.programs].filter(Boolean).join('\n'));
    else fail(`${test.name} (never ended)`, `${name} ${file.end}\n${lastOutput}`);
    const { ms = 0, limitMs = Number.POSITIVE_INFINITY } = test;
    if (ms > limitMs / 4) nearLimit.push(`${test.name}: ${ms} of ${limitMs} ms`);
  }
  if (tests.length === 0 || (!file.isWell && count.failed === 0))
    fail(`${name}: ${file.end}, ${tests.length} tests`, lastOutput);
  totals.passed += count.passed;
  totals.failed += count.failed;
  totals.skipped += count.skipped;
  const mark = count.failed > 0 ? 'FAIL' : 'ok  ';
  const { ms } = times.at(-1)!;
  console.log(`${mark} ${name} ${count.passed}+${count.failed}+${count.skipped} ${Math.round(ms)} ms`);
}

const queue = [...files];
await Promise.all(
  Array.from({ length: PARALLEL }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file);
  }),
);
rmSync(reports, { recursive: true });

times.sort((left, right) => right.ms - left.ms);
console.log(`\nthe slowest of ${files.length} files:`);
for (const { name, ms } of times.slice(0, SLOWEST)) console.log(`  ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`);
for (const test of nearLimit) console.log(`more than a quarter of its limit: ${test}`);
for (const skip of skips) console.log(`skipped: ${skip}`);
for (const { title, detail } of failures)
  console.log(`\nfailed: ${title}\nrepeat: HV_KVP_SEED=${seed}\n${detail.replaceAll(/^/gm, '    ')}`);
if (totals.passed === 0) {
  console.log('failed: no test passed');
  totals.failed++;
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
