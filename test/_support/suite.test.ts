import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite, type TestReport } from './suite.js';

const wrapper = fileURLToPath(new URL('./suite.js', import.meta.url));

function runScript(body: string): { status: number | null; lines: TestReport[]; last: TestReport } {
  const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-suite-'));
  try {
    const script = join(folder, 'probe.mjs');
    writeFileSync(script, `import { suite, assert } from ${JSON.stringify(wrapper)};\n${body}`);
    const file = join(folder, 'report');
    const { status } = spawnSync(process.execPath, [script], { env: { ...process.env, HV_KVP_TEST_REPORT: file } });
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TestReport);
    return { status, lines, last: lines.at(-1)! };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

suite('test wrapper', ({ test }) => {
  test('a suite runs without a call of run()', () => {
    const { status, last } = runScript(`suite('s', ({ test }) => { test('t', () => assert.ok(true)); });`);
    assert.is(status, 0);
    assert.is(last.outcome, 'passed');
  });
  test('a failing test is reported and sets the exit code', () => {
    const { status, last } = runScript(`suite('s', ({ test }) => { test('t', () => assert.ok(false)); });`);
    assert.is(status, 1);
    assert.is(last.outcome, 'failed');
  });
  test('a test that hangs fails at its limit', () => {
    const { last } = runScript(
      `suite('s', ({ test }) => { test('t', () => new Promise((r) => setTimeout(r, 1000)), { limit: 50 }); });`,
    );
    assert.is(last.outcome, 'failed');
  });
  test('a process that ends early leaves its tests registered, not passed', () => {
    const { last } = runScript(`suite('s', ({ test }) => { test('t', () => process.exit(0)); });`);
    assert.is(last.outcome, 'registered');
  });
  test('a failure shows what the programs said that the test started, and still gives it to the test', () => {
    const { last } = runScript(`
      import { spawn } from 'node:child_process';
      import { text } from 'node:stream/consumers';
      suite('s', ({ test }) => {
        test('t', async () => {
          const child = spawn('sh', ['-c', 'echo out; echo err >&2; exit 3']);
          assert.is(await text(child.stdout), 'out\\n');
          if (child.exitCode === null) await new Promise((resolve) => child.on('close', resolve));
          throw new Error('as asked');
        });
      });`);
    assert.match(last.error ?? '', /as asked/);
    assert.match(last.programs ?? '', /sh -c .* \(3\)/);
    assert.match(last.programs ?? '', /^out$/m);
    assert.match(last.programs ?? '', /^err$/m);
  });
  test('a failure shows the end of a log file that a program writes', () => {
    const { last } = runScript(`
      import { writeFileSync } from 'node:fs';
      import { reportLogFile } from ${JSON.stringify(fileURLToPath(new URL('./started-programs.js', import.meta.url)))};
      suite('s', ({ test }) => {
        test('t', () => {
          writeFileSync(process.env.HV_KVP_TEST_REPORT + '.log', 'gateway is silent');
          reportLogFile(process.env.HV_KVP_TEST_REPORT + '.log');
          throw new Error('as asked');
        });
      });`);
    assert.match(last.programs ?? '', /gateway is silent/);
  });
  test('a skip carries its reason', () => {
    const { lines } = runScript(`suite('s', ({ skip, test }) => { test('u', () => {}); skip('t', 'no FUSE'); });`);
    assert.is(lines.find(({ outcome }) => outcome === 'skipped')?.reason, 'no FUSE');
  });
  test('node is the one the package asks for', () => {
    assert.ok(Number(execFileSync(process.execPath, ['-p', 'process.versions.node.split(".")[0]'])) >= 20);
  });
});
