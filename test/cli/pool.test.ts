import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPools } from 'hv-kvp/pool';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory, poolPath, records } from '../pool/pool-directory.js';
import { ended, run } from '../pool/processes.js';

const BIN = fileURLToPath(new URL('../../../dist/bin/hv-kvp.js', import.meta.url));
const STALE = 'test/vectors/pool/real-hv_kvp_daemon-6.1-debian12_pool0_stale-tails.bin';

function command(directory: string, args: string[], input?: string | Uint8Array) {
  const child = spawn(process.execPath, [BIN, ...args, '--pool-dir', directory], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  return ended(child);
}

suite('cli pool', ({ test }) => {
  test('set, get, list and delete, by name and by number', async () => {
    const directory = poolDirectory();
    assert.is((await command(directory, ['set', 'guest', 'Build', '42'])).code, 0);
    assert.equal(await command(directory, ['get', '1', 'Build']), {
      code: 0,
      signal: null,
      stdout: '42\n',
      stderr: '',
    });
    assert.equal(JSON.parse((await command(directory, ['get', '1', 'Build', '--json'])).stdout), {
      pool: 'guest',
      key: 'Build',
      value: '42',
    });
    assert.equal(JSON.parse((await command(directory, ['list', 'guest', '--json'])).stdout), {
      pool: 'guest',
      entries: [{ index: 0, key: 'Build', value: '42' }],
    });
    assert.is((await command(directory, ['delete', 'guest', 'Build'])).code, 0);
    const gone = await command(directory, ['delete', 'guest', 'Build']);
    assert.is(gone.code, 1);
    assert.match(gone.stderr, 'no key Build in pool guest');
    assert.is((await command(directory, ['get', 'guest', 'Build'])).code, 1);
  });

  test('values with newlines, empty and binary ones come back as they went in', async () => {
    const directory = poolDirectory();
    const values = ['', '\n', 'two\nlines\n', '\x1b[2J\x07', 'ä€😀', Buffer.from('ff80c3', 'hex')];
    for (const [index, value] of values.entries()) {
      const key = `k${index}`;
      assert.is((await command(directory, ['set', 'guest', key, '--stdin', '--raw'], value)).code, 0);
      const { stdout } = await command(directory, ['get', 'guest', key, '--base64']);
      assert.is(stdout.trim(), Buffer.from(value).toString('base64'));
      const again = await command(directory, ['set', 'guest', `${key} again`, stdout, '--base64']);
      assert.is(again.code, 0, again.stderr);
    }
    const raw = await command(directory, ['get', 'guest', 'k2', '--raw']);
    assert.is(raw.stdout, 'two\nlines\n');
    const pool = (await openPools(directory)).pool('guest');
    for (const [index, value] of values.entries()) {
      assert.equal(Buffer.from((await pool.getBytes(`k${index} again`))!), Buffer.from(value));
    }
    const listed = (await command(directory, ['list', 'guest'])).stdout.split('\n');
    assert.is(listed.length, values.length * 2 + 1, 'a record is a line');
    assert.not.match(listed.join(''), '\x1b');
  });

  test('what the user got wrong is exit code 2, what the system refuses is 3', async () => {
    const directory = poolDirectory();
    mkdirSync(poolPath(directory, 0));
    for (const args of [
      ['get', 'nopool', 'k'],
      ['set', 'guest', '', 'v'],
      ['set', 'guest', 'k'.repeat(600), 'v'],
      ['set', 'guest', 'k', 'v'.repeat(3000)],
      ['set', 'guest', 'k', '!!!', '--base64'],
      ['set', 'guest', 'k', 'v', '--lock-timeout', 'soon'],
      ['get', 'guest'],
      ['set', 'guest', 'k'],
      ['set', 'guest', 'k', 'v', '--stdin'],
      ['set', 'guest', 'k', '--stdin', '--file', 'x'],
      ['set', 'guest', 'k', 'v', '--raw'],
      ['repair', 'guest', '--duplicates', 'some'],
    ]) {
      const { code, stdout, stderr } = await command(directory, args);
      assert.is(code, 2, `${args.join(' ').slice(0, 60)}: ${stderr}`);
      assert.is(stdout, '');
      assert.is.not(stderr, '');
    }
    const refused = await command(directory, ['set', 'external', 'k', 'v']);
    assert.is(refused.code, 3);
    assert.match(refused.stderr, 'is a directory');
  });

  test('check shows what repair mends, dump shows the stale bytes', async () => {
    const directory = poolDirectory();
    copyFileSync(STALE, poolPath(directory, 0));
    const dump = (await command(directory, ['dump', 'external'])).stdout;
    assert.match(dump, 'record 2 at 5120: VMCREATE_XRDP = true');
    const found = await command(directory, ['check', 'external', '--json']);
    assert.is(found.code, 1);
    assert.is(JSON.parse(found.stdout).findings.length, 2);
    const repaired = await command(directory, ['repair', 'external', '--json']);
    assert.is(repaired.code, 0);
    const { backup, left } = JSON.parse(repaired.stdout) as { backup: string; left: unknown[] };
    assert.equal(left, []);
    assert.equal(readFileSync(backup), readFileSync(STALE));
    assert.is((await command(directory, ['check', 'external'])).code, 0);
    assert.equal(JSON.parse((await command(directory, ['dump', '0', '--json'])).stdout).records[1].valueHex, '7879');
  });

  test('a value from stdin or a file loses one newline at its end, unless --raw keeps it', async () => {
    const directory = poolDirectory();
    const file = join(directory, 'value');
    const cases = [
      ['v\n', 'v', 'v\n'],
      ['v\n\n', 'v\n', 'v\n\n'],
      ['v', 'v', 'v'],
      ['\n', '', '\n'],
      ['', '', ''],
    ] as const;
    const pool = (await openPools(directory)).pool('guest');
    for (const [input, usual, raw] of cases) {
      writeFileSync(file, input);
      for (const source of [['--stdin'], ['--file', file]]) {
        assert.is((await command(directory, ['set', 'guest', 'k', ...source], input)).code, 0);
        assert.is(await pool.get('k'), usual);
        assert.is((await command(directory, ['set', 'guest', 'k', ...source, '--raw'], input)).code, 0);
        assert.is(await pool.get('k'), raw);
      }
    }
    const missing = await command(directory, ['set', 'guest', 'k', '--file', join(directory, 'none')]);
    assert.is(missing.code, 3);
    assert.is(await pool.get('k'), '');
  });

  test('a directory that does not exist is said, and is made only when asked for', async () => {
    const directory = join(poolDirectory(), 'mistyped');
    for (const args of [
      ['list', 'external'],
      ['get', 'guest', 'k'],
      ['set', 'guest', 'k', 'v'],
      ['delete', 'guest', 'k'],
      ['dump', 'guest'],
      ['check', 'guest'],
      ['repair', 'guest'],
    ]) {
      const { code, stdout, stderr } = await command(directory, args);
      assert.is(code, 3, args.join(' '));
      assert.is(stdout, '');
      assert.match(stderr, 'does not exist');
      assert.match(stderr, directory);
      assert.not.ok(existsSync(directory));
    }
    assert.is((await command(directory, ['set', 'guest', 'k', 'v', '--create-dir'])).code, 0);
    assert.is((await command(directory, ['get', 'guest', 'k'])).stdout, 'v\n');
  });

  test('of a key that stands several times get prints the first or the last, and says so', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 1), records(['report', 'old'], ['k', 'v'], ['report', 'new']));
    const first = await command(directory, ['get', 'guest', 'report']);
    assert.equal([first.code, first.stdout], [0, 'old\n']);
    assert.match(first.stderr, 'the key report stands 2 times in pool guest; this is the first');
    const last = await command(directory, ['get', 'guest', 'report', '--last']);
    assert.is(last.stdout, 'new\n');
    assert.match(last.stderr, 'this is the last');
    assert.is(JSON.parse((await command(directory, ['get', 'guest', 'report', '--json'])).stdout).records, 2);
    assert.is((await command(directory, ['get', 'guest', 'k'])).stderr, '');
  });

  test('a value that is not UTF-8 is marked in JSON, and its bytes are there', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 1), records(['k', Buffer.from('62c3', 'hex')]));
    assert.equal(JSON.parse((await command(directory, ['get', 'guest', 'k', '--json'])).stdout), {
      pool: 'guest',
      key: 'k',
      value: 'b\ufffd',
      valid: false,
      base64: 'YsM=',
    });
  });

  test('an argument that is not UTF-8 is refused, not replaced', async () => {
    const directory = poolDirectory();
    writeFileSync(poolPath(directory, 1), records(['\ufffd', '1']));
    for (const words of [
      "set guest k $'v\\xff'",
      "set guest $'\\xff' v",
      "get guest $'\\xff'",
      "delete guest $'\\xff'",
    ]) {
      const script = `'${process.execPath}' '${BIN}' ${words} --pool-dir '${directory}'`;
      const { code, stderr } = await run('bash', ['-c', script]);
      assert.is(code, 2, words);
      assert.match(stderr, 'is not UTF-8');
    }
    assert.equal(readFileSync(poolPath(directory, 1)), records(['\ufffd', '1']));
    assert.is((await command(directory, ['get', 'guest', '\ufffd'])).stdout, '1\n', 'U+FFFD may be typed');
  });

  test('repair leaves repeated records alone unless they are named', async () => {
    const directory = poolDirectory();
    const start = records(['twin', '1'], ['k', 'v'], ['twin', '2']);
    writeFileSync(poolPath(directory, 1), start);
    const unnamed = await command(directory, ['repair', 'guest', '--duplicates', 'last']);
    assert.is(unnamed.code, 0);
    assert.match(unnamed.stderr, '--key');
    assert.equal(readFileSync(poolPath(directory, 1)), start);
    assert.is((await command(directory, ['repair', 'guest', '--duplicates', 'last', '--key', 'twin'])).code, 0);
    assert.equal(readFileSync(poolPath(directory, 1)), records(['k', 'v'], ['twin', '2']));
  });

  test('a value that Linux cuts for a host is stored with a warning', async () => {
    const { code, stderr } = await command(poolDirectory(), ['set', 'guest', 'k', 'v'.repeat(1023)]);
    assert.is(code, 0);
    assert.match(stderr, '1023 UTF-16 units');
  });
});
