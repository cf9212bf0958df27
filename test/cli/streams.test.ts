/** Standard streams that cannot be written, and arguments that are no text. */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../_support/suite.js';
import { ended, run } from '../pool/processes.js';
import { BIN, withHost } from './host-command.js';

const FULL = '/dev/full';
const DAEMON = BIN.replace('hv-kvp.js', 'hv-kvp-daemon.js');

/** Runs a program whose standard output is a full disk. */
function withFullOutput(program: string, args: readonly string[], env = process.env) {
  const full = openSync(FULL, 'w');
  try {
    return ended(spawn(process.execPath, [program, ...args], { stdio: ['ignore', full, 'pipe'], env }));
  } finally {
    closeSync(full);
  }
}

function requireToldOnce({ code, stderr }: { code: number | null; stderr: string }, expected: number, what: string) {
  assert.is(code, expected, `${what}: ${stderr}`);
  assert.match(stderr, /^hv-kvp: standard output cannot be written: ENOSPC.*\n$/, what);
}

suite('standard streams', ({ test, after }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-streams-'));
  after(() => rmSync(folder, { recursive: true }));
  const pools = ['--pool-dir', folder];

  test(
    'a full disk behind standard output: one line that says so, and exit code 3',
    async () => {
      assert.is((await run(process.execPath, [BIN, 'set', 'guest', 'key', 'value', ...pools])).code, 0);
      const commands = [
        ['--help'],
        ['--version'],
        ['host', 'add', '--help'],
        ['list', 'guest', ...pools],
        ['list', 'guest', '--json', ...pools],
        ['get', 'guest', 'key', ...pools],
        ['get', 'guest', 'key', '--raw', ...pools],
        ['set', 'guest', 'key', 'value', '--json', ...pools],
        ['delete', 'guest', 'none', '--json', ...pools],
        ['dump', 'guest', ...pools],
        ['check', 'guest', '--json', ...pools],
        ['repair', 'guest', ...pools],
        ['net', 'show'],
      ];
      for (const words of commands) requireToldOnce(await withFullOutput(BIN, words), 3, words.join(' '));
      requireToldOnce(await withFullOutput(DAEMON, ['--help']), 1, 'hv-kvp-daemon --help');
    },
    { limit: 120_000 },
  );

  test(
    'the same for the commands of the simulated host',
    () =>
      withHost(async (_host, _guest, _vm, env) => {
        for (const words of [
          ['status'],
          ['status', '--json'],
          ['add', 'k', 'v', '--json'],
          ['list'],
          ['enumerate', '3'],
        ])
          requireToldOnce(await withFullOutput(BIN, ['host', ...words], env), 3, words.join(' '));
      }),
    { limit: 60_000 },
  );

  test('the demo tells it once, however much it still prints', async () => {
    requireToldOnce(await withFullOutput(BIN, ['demo', '--json']), 3, 'demo');
  });

  test('standard error that cannot be written changes no exit code', async () => {
    const full = openSync(FULL, 'w');
    const child = spawn(process.execPath, [BIN, 'get', 'guest', 'none', ...pools], { stdio: ['ignore', 'pipe', full] });
    closeSync(full);
    assert.is((await ended(child)).code, 1);
  });

  test('a reader that went away is no failure', async () => {
    const child = spawn(process.execPath, [BIN, 'dump', 'guest', ...pools], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const { code, stderr } = await ended(child);
    assert.equal([code, stderr], [0, '']);
  });
});

suite('arguments that are not UTF-8', ({ test, after }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-arguments-'));
  after(() => rmSync(folder, { recursive: true }));
  /** A shell is the way to give a program bytes that are no text. */
  const shell = (command: string) => run('sh', ['-c', `"$0" "$1" ${command}`, process.execPath, BIN]);

  test('are refused with their number, and nothing is stored', async () => {
    const { code, stderr } = await shell(`set guest key "$(printf 'a\\377b')" --pool-dir ${folder}`);
    assert.is(code, 2);
    assert.match(stderr, /^hv-kvp: argument 4 is not UTF-8/);
    assert.is((await shell(`get guest key --pool-dir ${folder}`)).code, 1);
  });

  test('a U+FFFD that was typed is stored', async () => {
    const { code, stderr } = await shell(`set guest key "$(printf 'a\\357\\277\\275b')" --pool-dir ${folder}`);
    assert.equal([code, stderr], [0, '']);
    assert.match(readFileSync(join(folder, '.kvp_pool_1'), 'utf8'), 'a\ufffdb');
  });
});
