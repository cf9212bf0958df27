import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  for (const blockingWrites of [false, true])
    test(`reads and writes whole messages at the position of the file${blockingWrites ? ', blocking' : ''}`, async () => {
      const path = join(folder, 'plain');
      writeFileSync(path, 'request.');
      const file = await openDevicePath(path, { blockingWrites }).open();
      const into = new Uint8Array(8);
      assert.is(await file.read(into), 8);
      assert.is(Buffer.from(into).toString(), 'request.');
      assert.is(await file.write(Buffer.from('answer')), 6);
      await file.close();
      assert.is(readFileSync(path, 'utf8'), 'request.answer');
      assert.is(await errnoOf(file.write(Buffer.from('late'))), 'EBADF');
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
  test('a closed file is refused without touching the descriptor', async () => {
    const file = await openDevicePath(join(folder, 'plain')).open();
    await file.close();
    await file.close();
    assert.is(await errnoOf(file.read(new Uint8Array(1))), 'EBADF');
    assert.is(await errnoOf(file.write(new Uint8Array(1))), 'EBADF');
  });
  testIf(process.platform !== 'win32', 'no FIFOs', 'close ends a sleeping read', async () => {
    const path = join(folder, 'fifo');
    assert.is(spawnSync('mkfifo', [path]).status, 0);
    // Opened for reading and writing, a FIFO never ends, so that a read sleeps as it does on the device.
    const file = await openDevicePath(path).open();
    const read = errnoOf(file.read(new Uint8Array(4)));
    await file.close();
    assert.is(await read, 'EBADF');
    // Frees the thread that still sleeps in the kernel.
    writeFileSync(path, 'end.', { flag: 'r+' });
  });
});
