import { KvpError } from 'hv-kvp';
import { createDevicePair } from 'hv-kvp/device';
import { ScriptedDevice } from '../_support/device.js';
import { assert, suite } from '../_support/suite.js';

async function errnoOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, KvpError);
    return (error as KvpError).actual;
  }
  return 'ok';
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const bytes = (...values: number[]) => Uint8Array.from(values);

suite('device pair', ({ test }) => {
  test('a read takes a message that is there', async () => {
    const server = new ScriptedDevice();
    const file = await createDevicePair(server).open();
    server.offer(bytes(1, 2, 3));
    const into = new Uint8Array(8);
    assert.is(await file.read(into), 3);
    assert.equal([...into], [1, 2, 3, 0, 0, 0, 0, 0]);
  });
  test('a read sleeps until a message comes', async () => {
    const server = new ScriptedDevice();
    const file = await createDevicePair(server).open();
    const into = new Uint8Array(4);
    let done = false;
    const read = file.read(into).finally(() => {
      done = true;
    });
    await settled();
    assert.not.ok(done);
    server.wake();
    await settled();
    assert.not.ok(done, 'a wake without a message puts the reader back to sleep');
    server.offer(bytes(7));
    assert.is(await read, 1);
    assert.is(into[0], 7);
  });
  test('no wake-up is lost between readers and messages in any order', async () => {
    const server = new ScriptedDevice();
    const file = await createDevicePair(server).open();
    const first = bytes(0);
    const second = bytes(0);
    const reads = [file.read(first), file.read(second)];
    server.offer(bytes(1), bytes(2));
    await Promise.all(reads);
    assert.equal([first[0], second[0]], [1, 2]);
    server.offer(bytes(3));
    server.offer(bytes(4));
    await file.read(first);
    await file.read(second);
    assert.equal([first[0], second[0]], [3, 4]);
  });
  test('a reader that came later does not overtake one that sleeps', async () => {
    const server = new ScriptedDevice();
    const file = await createDevicePair(server).open();
    const first = bytes(0);
    const second = bytes(0);
    const early = file.read(first);
    server.offer(bytes(1));
    const late = file.read(second);
    await early;
    server.offer(bytes(2));
    await late;
    assert.equal([first[0], second[0]], [1, 2]);
  });
  test('a write hands over the message and gives its length', async () => {
    const server = new ScriptedDevice();
    const file = await createDevicePair(server).open();
    assert.is(await file.write(bytes(9, 8)), 2);
    assert.equal([...server.written[0]!], [9, 8]);
  });
  test('the errors of the device are rejections with the errno name', async () => {
    const server = new ScriptedDevice();
    const client = createDevicePair(server);
    const file = await client.open();
    assert.is(await errnoOf(client.open()), 'EBUSY');
    server.writeOutcome = { kind: 'error', errno: 'EINVAL' };
    assert.is(await errnoOf(file.write(bytes(1))), 'EINVAL');
    server.offer(bytes(1, 2));
    assert.is(await errnoOf(file.read(new Uint8Array(1))), 'EINVAL');
    assert.is(await file.read(new Uint8Array(2)), 2, 'a buffer too small keeps the message');
  });
  test('closing wakes the sleeping reader, releases once and ends the use of the file', async () => {
    const server = new ScriptedDevice();
    const client = createDevicePair(server);
    const file = await client.open();
    const read = errnoOf(file.read(new Uint8Array(4)));
    await file.close();
    await file.close();
    assert.is(await read, 'EBADF');
    assert.is(server.released.length, 1);
    assert.is(server.wakeListeners, 0);
    assert.is(await errnoOf(file.read(new Uint8Array(4))), 'EBADF');
    assert.is(await errnoOf(file.write(new Uint8Array(4))), 'EBADF');
    const again = await client.open();
    server.offer(bytes(5));
    assert.is(await again.read(new Uint8Array(1)), 1);
  });
  test('a message that comes at the moment of closing stays with the device', async () => {
    const server = new ScriptedDevice();
    const file = await createDevicePair(server).open();
    const read = errnoOf(file.read(new Uint8Array(4)));
    server.offer(bytes(1));
    await file.close();
    assert.is(await read, 'EBADF');
    assert.is(server.messages.length, 1);
  });
  test('a device that goes away fails the sleeping reader', async () => {
    const server = new ScriptedDevice();
    const file = await createDevicePair(server).open();
    const read = errnoOf(file.read(new Uint8Array(4)));
    server.readErrno = 'EBADF';
    server.wake();
    assert.is(await read, 'EBADF');
  });
});
