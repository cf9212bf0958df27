/** Every byte of a message from the device is the peer's choice: whatever it chooses, there is an answer. */

import fc from 'fast-check';
import { runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { MemoryPools, noIntrinsics, noNet, recordingLogger } from '../_support/daemon-ports.js';
import { enumerate, get, getIp, remove, set, statusOf } from '../_support/key-value-requests.js';
import { seedOfRun } from '../_support/random.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const INVALID = 0x80070057;
const NO_MORE = 0x80070103;
const UNSUPPORTED = 0x80070032;
const FAIL = 0x80004005;

const IMPOSSIBLE = [0, 513, 2049, 5000, 0x7fffffff, 0x80000000, 0xffffffff];

async function serving(work: (ask: (message: Uint8Array) => Promise<Uint8Array>, pools: MemoryPools) => Promise<void>) {
  const device = new RegisteringDevice();
  const pools = new MemoryPools();
  for (let pool = 0; pool < 5; pool++) pools.records[pool]?.push(['key', 'value']);
  const logger = recordingLogger();
  const daemon = runDaemon({ device: createDevicePair(device), pools, net: noNet, intrinsics: noIntrinsics, logger });
  await device.registered();
  await work((message) => device.request(message), pools);
  // Alive, and nobody had to open the device again.
  assert.is(statusOf(await device.request(set(0, 'still', 'here'))), 0);
  assert.is(device.registrations.length, 1);
  await daemon.stop();
  return logger.lines;
}

suite('daemon and hostile messages', ({ test }) => {
  test('every operation that there is not, and every pool that there is not', async () => {
    await serving(async (ask, pools) => {
      for (let operation = 6; operation < 256; operation++)
        assert.is(statusOf(await ask(daemonMessage(operation, 1, []))), UNSUPPORTED, `operation ${operation}`);
      for (let pool = 5; pool < 256; pool++)
        for (const message of [get(pool, 'key'), set(pool, 'key', 'x'), remove(pool, 'key'), enumerate(pool, 0)])
          assert.is(statusOf(await ask(message)), INVALID, `pool ${pool}`);
      assert.equal(
        pools.records.map((records) => records.length),
        [1, 1, 1, 1, 1],
      );
    });
  });

  test('impossible sizes and indices change nothing and give nothing', async () => {
    await serving(async (ask, pools) => {
      const withSize = (message: Uint8Array, offset: number, size: number) => {
        Buffer.from(message.buffer, message.byteOffset).writeUInt32LE(size, offset);
        return message;
      };
      for (const size of IMPOSSIBLE) {
        assert.is(statusOf(await ask(withSize(get(0, 'key'), 8, size))), INVALID);
        assert.is(statusOf(await ask(withSize(set(0, 'key', 'x'), 8, size))), INVALID);
        assert.is(statusOf(await ask(withSize(remove(0, 'key'), 4, size))), INVALID);
      }
      for (const size of IMPOSSIBLE.filter((one) => one > 2048)) {
        assert.is(statusOf(await ask(withSize(get(0, 'key'), 12, size))), NO_MORE);
        assert.is(statusOf(await ask(withSize(set(0, 'key', 'x'), 12, size))), NO_MORE);
      }
      for (const index of [1, 0x7fffffff, 0x80000000, 0xffff0000, 0xfffffffe, 0xffffffff])
        for (const pool of [0, 2]) assert.is(statusOf(await ask(enumerate(pool, index))), NO_MORE);
      assert.equal(pools.records[0], [['key', 'value']]);
    });
  });

  test('text without a NUL ends at its field', async () => {
    await serving(async (ask, pools) => {
      const full = daemonMessage(1, 4, [
        [8, 512],
        [12, 2048],
        [16, Buffer.alloc(512, 0x6b)],
        [528, Buffer.alloc(2048, 0x76)],
        [2576, Buffer.alloc(4000, 0x41)],
      ]);
      assert.is(statusOf(await ask(full)), 0);
      assert.equal(pools.records[4]?.[1], ['k'.repeat(512), 'v'.repeat(2048)]);
      const answer = await ask(enumerate(4, 1));
      assert.is(Buffer.from(answer).toString('latin1', 20, 2580), 'k'.repeat(512) + 'v'.repeat(2048));
      assert.is(answer[2580], 0);
      assert.is(statusOf(await ask(daemonMessage(4, 0, [[4, Buffer.alloc(256, 0x30)]]))), FAIL);
      assert.is(statusOf(await ask(daemonMessage(5, 0, [[262, Buffer.alloc(7000, 0x31)]]))), INVALID);
      assert.is(statusOf(await ask(daemonMessage(5, 0, [[262, Buffer.from([0xc3, 0x28])]]))), INVALID);
    });
  });

  test('nothing of a request is left in the fields of an answer', async () => {
    await serving(async (ask) => {
      const dirty = enumerate(0, 0);
      dirty.fill(0xaa, 20, 2580);
      const answer = Buffer.from(await ask(dirty));
      assert.is(answer.toString('latin1', 20, 532), 'key'.padEnd(512, '\0'));
      assert.is(answer.toString('latin1', 532, 2580), 'value'.padEnd(2048, '\0'));
      const asked = get(0, 'key');
      asked.fill(0xaa, 528, 2576);
      assert.is(Buffer.from(await ask(asked)).toString('latin1', 528, 2576), 'value'.padEnd(2048, '\0'));
    });
  });

  test('any bytes at all', async () => {
    const seed = seedOfRun();
    await serving(async (ask) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 8 }),
          fc.integer({ min: 0, max: 6 }),
          fc.uint8Array({ minLength: 0, maxLength: 600 }),
          async (operation, pool, body) => {
            const answer = await ask(daemonMessage(operation, pool, [[4, body]]));
            assert.is(answer.length, 7432);
          },
        ),
        { seed, numRuns: 300 },
      );
    });
  });

  test('a host that provokes the log is held back', async () => {
    const lines = await serving(async (ask) => {
      for (let count = 0; count < 500; count++) await ask(daemonMessage(200, 0, []));
    });
    assert.is(lines.filter(({ message }) => message === 'refused a request').length, 10);
  });

  test('a port that fails is an answer, and one pool does not disturb another', async () => {
    await serving(async (ask, pools) => {
      pools.before = () => Promise.reject(new Error('disk on fire'));
      assert.is(statusOf(await ask(get(0, 'key'))), FAIL);
      assert.is(statusOf(await ask(getIp('00:00:00:00:00:01'))), FAIL);
      pools.before = () => Promise.resolve();
      assert.is(statusOf(await ask(get(1, 'key'))), 0);
    });
  });
});
