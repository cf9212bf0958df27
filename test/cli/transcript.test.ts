/** Where `host serve` writes: refused by name at the start, never without a word, never more than a bound in memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTranscript } from '#internal';
import { rejectionCode } from '../_support/error-code.js';
import { assert, suite } from '../_support/suite.js';
import { ended, run } from '../pool/processes.js';
import { BIN } from './host-command.js';

const record = (bytes: number) => ({ direction: 'host-to-guest' as const, at: 1, payload: new Uint8Array(bytes) });
const MEBIBYTE = 1024 * 1024;

suite('transcript', ({ test, after }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-transcript-'));
  after(() => rmSync(folder, { recursive: true }));

  test('a file has every record, and is the owner’s alone', async () => {
    const path = join(folder, 'whole');
    const transcript = await openTranscript(path);
    for (let index = 0; index < 2_000; index++) {
      transcript.tap(record(2_608));
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await transcript.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    assert.is(lines.length, 2_000);
    assert.is(JSON.parse(lines[1_999]!).bytes, 2_608);
  });

  test('a full disk fails by name, at once', async () => {
    const transcript = await openTranscript('/dev/full');
    transcript.tap(record(100));
    assert.is(await rejectionCode(transcript.failed), 'ERR_HOST_TRANSCRIPT');
    assert.is(await rejectionCode(transcript.close()), 'ERR_HOST_TRANSCRIPT');
  });

  test('a path that cannot be written is refused by name', async () => {
    for (const path of ['/nonexistent/transcript', folder, '/proc/version/x']) {
      const error = await openTranscript(path).then(
        () => undefined,
        (failure: Error & { code: string }) => failure,
      );
      assert.is(error?.code, 'ERR_HOST_TRANSCRIPT');
      assert.match(String(error?.message), path);
    }
  });

  test('a pipe that nobody reads is refused, and does not hold the start', async () => {
    const path = join(folder, 'nobody');
    await run('mkfifo', [path]);
    const error = await openTranscript(path).catch((failure: Error) => failure);
    assert.match(String(error), 'start the reader first');
  });

  test('a slow reader: what waits has a bound, and a line tells how many records are missing', async () => {
    const path = join(folder, 'slow');
    await run('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const transcript = await openTranscript(path);
    const RECORDS = 4_096;
    for (let index = 0; index < RECORDS; index++) {
      transcript.tap(record(8_192));
      if (index % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    let text = '';
    const stream = new Socket({ fd: reader, readable: true, writable: false });
    stream.on('data', (chunk) => (text += chunk));
    const closing = rejectionCode(transcript.close());
    await once(stream, 'end');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { lost?: number });
    const gaps = lines.filter(({ lost }) => lost !== undefined);
    assert.is(gaps.length, 1);
    assert.is(lines.length - 1 + gaps[0]!.lost!, RECORDS, 'nothing is missing without a word');
    assert.ok((lines.length - 1) * 16_384 <= 9 * MEBIBYTE);
    assert.is(await closing, 'ERR_HOST_TRANSCRIPT', 'the command says so as well');
  });

  test('a reader that never reads again does not hold the end', async () => {
    const path = join(folder, 'never');
    await run('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const transcript = await openTranscript(path);
    for (let index = 0; index < 100; index++) transcript.tap(record(8_192));
    const error = await transcript.close().catch((failure: Error) => failure);
    assert.match(String(error), /left \d+ bytes unread/);
    closeSync(reader);
  });
});

suite('host serve: files that cannot be written', ({ test }) => {
  const serve = (...args: string[]) =>
    ended(spawn(process.execPath, [BIN, 'host', 'serve', '--device', '/nonexistent/device', ...args]));

  test('--state and --transcript are refused at the start, by name, with 3', async () => {
    for (const [option, path] of [
      ['--state', '/nonexistent/state'],
      ['--state', '/proc/state'],
      ['--transcript', '/nonexistent/transcript'],
      ['--transcript', '/proc'],
    ] as const) {
      const { code, stdout, stderr } = await serve('--control', join(tmpdir(), 'never.sock'), option, path);
      assert.equal([code, stdout], [3, ''], stderr);
      assert.match(stderr, path);
      assert.match(stderr, option === '--state' ? 'state file' : 'transcript');
      assert.not(existsSync(join(tmpdir(), 'never.sock')));
    }
  });
});
