import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, type Report, suite } from './suite.js';

const wrapper = fileURLToPath(new URL('./suite.js', import.meta.url));

function runScript(body: string): { status: number | null; report: Report } {
  const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-suite-'));
  try {
    const script = join(folder, 'probe.mjs');
    writeFileSync(script, `import { suite, assert } from ${JSON.stringify(wrapper)};\n${body}`);
    const file = join(folder, 'report');
    const { status } = spawnSync(process.execPath, [script], { env: { ...process.env, HV_KVP_TEST_REPORT: file } });
    return { status, report: JSON.parse(readFileSync(file, 'utf8')) as Report };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

suite('test wrapper', ({ test }) => {
  test('a suite runs without a call of run()', () => {
    const { status, report } = runScript(`suite('s', ({ test }) => { test('t', () => assert.ok(true)); });`);
    assert.is(status, 0);
    assert.is(report.tests[0]?.outcome, 'passed');
  });
  test('a failing test is reported and sets the exit code', () => {
    const { status, report } = runScript(`suite('s', ({ test }) => { test('t', () => assert.ok(false)); });`);
    assert.is(status, 1);
    assert.is(report.tests[0]?.outcome, 'failed');
  });
  test('a test that hangs fails at its limit', () => {
    const { report } = runScript(
      `suite('s', ({ test }) => { test('t', () => new Promise((r) => setTimeout(r, 3000)), { limit: 50 }); });`,
    );
    assert.is(report.tests[0]?.outcome, 'failed');
  });
  test('a process that ends early leaves its tests registered, not passed', () => {
    const { report } = runScript(`suite('s', ({ test }) => { test('t', () => process.exit(0)); });`);
    assert.is(report.tests[0]?.outcome, 'registered');
  });
  test('a skip carries its reason', () => {
    const { report } = runScript(`suite('s', ({ skip, test }) => { skip('t', 'no FUSE'); test('u', () => {}); });`);
    assert.is(report.tests[0]?.reason, 'no FUSE');
  });
  test('node is the one the package asks for', () => {
    assert.ok(Number(execFileSync(process.execPath, ['-p', 'process.versions.node.split(".")[0]'])) >= 20);
  });
});
