import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KvpError } from 'hv-kvp';
import { openDevicePath } from 'hv-kvp/device';
import { assert, suite } from '../_support/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'hv-kvp-device-'));

async function errnoOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, KvpError);
    return (error as KvpError).actual;
  }
  return 'ok';
}

suite('device by its path', ({ test, testIf, after }) => {
  after(() => rmSync(folder, { recursive: true }));

  test('a file that is not there gives its errno and its name', async () => {
    const client = openDevicePath(join(folder, 'absent'));
    assert.is(client.name, join(folder, 'absent'));
    try {
      await client.open();
      assert.unreachable();
    } catch (error) {
      assert.is((error as KvpError).actual, 'ENOENT');
      assert.match((error as KvpError).message, 'absent');
    }
  });
  test('what is no device is refused before the first byte, and stays as it was', async () => {
    writeFileSync(join(folder, 'data'), 'somebody’s data');
    mkdirSync(join(folder, 'directory'));
    symlinkSync(join(folder, 'data'), join(folder, 'link'));
    const sockets = createServer().listen(join(folder, 'socket'));
    await once(sockets, 'listening');
    const kinds: [string, RegExp][] = [
      ['data', /got a file of 17 bytes$/],
      ['link', /got a file of 17 bytes$/],
      ['directory', /got a directory$/],
      ['socket', /got a socket$/],
    ];
    if (process.platform !== 'win32') {
      assert.is(spawnSync('mkfifo', [join(folder, 'fifo')]).status, 0);
      kinds.push(['fifo', /got a FIFO$/]);
    }
    for (const [name, found] of kinds)
      for (const blockingWrites of [false, true]) {
        const error = await openDevicePath(join(folder, name), { blockingWrites })
          .open()
          .catch((reason: unknown) => reason);
        assert.instance(error, KvpError);
        assert.is((error as KvpError).code, 'ERR_DEVICE_KIND', name);
        assert.match((error as KvpError).message, found);
        assert.match((error as KvpError).message, join(folder, name));
      }
    assert.is(readFileSync(join(folder, 'data'), 'utf8'), 'somebody’s data');
    await new Promise((resolve) => sockets.close(resolve));
  });
  test('an empty file is no device yet: it may become one', async () => {
    writeFileSync(join(folder, 'empty'), '');
    assert.is(await errnoOf(openDevicePath(join(folder, 'empty')).open()), 'ENODEV');
    assert.is(readFileSync(join(folder, 'empty'), 'utf8'), '');
  });
  testIf(existsSync('/dev/zero'), 'no /dev/zero', 'reads and writes whole messages, blocking or not', async () => {
    for (const blockingWrites of [false, true]) {
      const file = await openDevicePath('/dev/zero', { blockingWrites }).open();
      const into = new Uint8Array(8).fill(1);
      assert.is(await file.read(into), 8);
      assert.equal(into, new Uint8Array(8));
      assert.is(await file.write(Buffer.from('answer')), 6);
      await file.close();
      assert.is(await errnoOf(file.write(Buffer.from('late'))), 'EBADF');
    }
  });
  testIf(
    existsSync('/dev/full'),
    'no /dev/full',
    'a write that fails rejects with its errno, blocking or not',
    async () => {
      for (const blockingWrites of [false, true]) {
        const file = await openDevicePath('/dev/full', { blockingWrites }).open();
        assert.is(await errnoOf(file.write(Buffer.from('answer'))), 'ENOSPC');
        await file.close();
      }
    },
  );
  testIf(existsSync('/dev/zero'), 'no /dev/zero', 'a closed file is refused', async () => {
    const file = await openDevicePath('/dev/zero').open();
    await file.close();
    await file.close();
    assert.is(await errnoOf(file.read(new Uint8Array(1))), 'EBADF');
    assert.is(await errnoOf(file.write(new Uint8Array(1))), 'EBADF');
  });
});
