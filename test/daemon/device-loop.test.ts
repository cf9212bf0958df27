import { KvpError } from 'hv-kvp';
import { type DaemonOptions, runDaemon } from 'hv-kvp/daemon';
import { MemoryPools, noIntrinsics, noNet, recordingLogger } from '../_support/daemon-ports.js';
import { FalseClock } from '../_support/false-clock.js';
import { set, statusOf } from '../_support/key-value-requests.js';
import { daemonMessage } from '../_support/registering-device.js';
import { ScriptedDevice } from '../_support/scripted-device.js';
import { assert, suite } from '../_support/suite.js';

const REPLY = daemonMessage(100, 0, [[4, Buffer.from('3.1')]]);
const EIO = new Error('EIO');

const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function start(device: ScriptedDevice, options: Partial<DaemonOptions> = {}) {
  const clock = new FalseClock();
  const logger = recordingLogger();
  const pools = new MemoryPools();
  const daemon = runDaemon({ device, pools, net: noNet, intrinsics: noIntrinsics, clock, logger, ...options });
  return { daemon, clock, logger, pools };
}

suite('daemon device loop', ({ test }) => {
  test('registers with a message that is empty but for its operation', async () => {
    const device = new ScriptedDevice();
    device.reads = [REPLY];
    const { daemon } = start(device);
    await daemon.registered;
    const expected = new Uint8Array(7432);
    expected[0] = 100;
    assert.equal(device.writes, [expected]);
    await daemon.stop();
    assert.is(device.closed, 1);
  });

  test('FreeBSD: operation 4, no reply, 7,430 bytes', async () => {
    const device = new ScriptedDevice();
    device.reads = [set(0, 'a', 'b').subarray(0, 7430)];
    const { daemon, pools } = start(device, { profile: 'freebsd' });
    await daemon.registered;
    await turns();
    assert.equal(
      device.writes.map((message) => [message.length, message[0]]),
      [
        [7430, 4],
        [7430, 0],
      ],
    );
    assert.equal(pools.records[0], [['a', 'b']]);
    await daemon.stop();
  });

  test('a device that cannot be opened ends the daemon, unless it shall wait', async () => {
    const device = new ScriptedDevice();
    device.opens = [new Error('ENOENT')];
    const { daemon } = start(device);
    for (const promise of [daemon.registered, daemon.done]) {
      const error = await promise.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.match(String(error), /ENOENT/);
    }

    const late = new ScriptedDevice();
    late.opens = [new Error('ENOENT'), new Error('ENOENT')];
    late.reads = [REPLY];
    const waiting = start(late, { waitForDevice: true });
    await turns();
    waiting.clock.pass(150);
    await turns();
    waiting.clock.pass(150);
    await waiting.daemon.registered;
    assert.is(late.opened, 3);
    await waiting.daemon.stop();
  });

  test('what is no device ends the daemon at its start, also one that waits', async () => {
    const other = new ScriptedDevice();
    other.opens = [new KvpError('ERR_DEVICE_KIND', { actual: 'a directory' })];
    const withEnd = new ScriptedDevice();
    withEnd.reads = [new Uint8Array(0)];
    for (const device of [other, withEnd]) {
      const { daemon } = start(device, { waitForDevice: true });
      const error = await daemon.done.catch((reason: unknown) => reason);
      assert.is((error as KvpError).code, 'ERR_DEVICE_KIND');
    }
    assert.is(withEnd.closed, 1);
  });

  test('what stands for a moment where the device was does not end a daemon that has registered', async () => {
    const device = new ScriptedDevice();
    device.reads = [REPLY, EIO, REPLY, set(1, 'after', 'all')];
    device.opens = ['ok', new KvpError('ERR_DEVICE_KIND')];
    const { daemon, clock, pools } = start(device);
    await turns();
    clock.pass(50);
    await turns();
    clock.pass(10_000);
    await turns();
    assert.equal(pools.records[1], [['after', 'all']]);
    await daemon.stop();
  });

  for (const [name, reads, writeOutcomes] of [
    ['a read that fails', [REPLY, EIO, REPLY], []],
    ['a short read', [REPLY, REPLY.subarray(0, 7431), REPLY], []],
    ['an empty read', [REPLY, new Uint8Array(0), REPLY], []],
    ['a write that fails', [REPLY, set(0, 'a', 'b'), REPLY], ['all', EIO]],
    ['a short write', [REPLY, set(0, 'a', 'b'), REPLY], ['all', 4]],
    ['a registration reply of another size', [REPLY.subarray(0, 100), REPLY], []],
    ['a registration reply of another operation', [set(0, 'a', 'b'), REPLY], []],
    ['a registration that cannot be written', [REPLY], [EIO]],
  ] as [string, Uint8Array[], (Error | 'all')[]][]) {
    test(`${name}: closes, opens again, registers again, serves`, async () => {
      const device = new ScriptedDevice();
      device.reads = [...reads, set(1, 'after', 'all')];
      device.writeOutcomes = [...writeOutcomes];
      const { daemon, clock, pools } = start(device);
      await turns();
      clock.pass(10_000);
      await turns();
      assert.equal(pools.records[1], [['after', 'all']]);
      assert.is(device.opened, 2);
      assert.is(device.closed, 1);
      assert.is(statusOf(device.writes.at(-1)!), 0);
      await daemon.stop();
    });
  }

  test('a device that always fails is tried ever more seldom, never more than every 5 s apart', async () => {
    const device = new ScriptedDevice();
    device.reads = [REPLY, ...Array.from({ length: 100 }, () => EIO)];
    const { daemon, clock, logger } = start(device);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      await turns();
      const wait = clock.untilNext;
      if (wait === undefined) break;
      waits.push(wait);
      clock.pass(wait);
    }
    assert.equal(waits, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000]);
    const shown = logger.lines.filter(({ message }) => message.startsWith('the device failed')).length;
    assert.ok(shown <= 12, `${shown} lines`);
    await daemon.stop();
  });

  test('a request that was served makes the next opening immediate', async () => {
    const device = new ScriptedDevice();
    device.reads = [REPLY, EIO, REPLY, set(0, 'a', 'b'), EIO, REPLY];
    const { daemon, clock } = start(device);
    await turns();
    assert.is(clock.untilNext, 50);
    clock.pass(50);
    await turns();
    assert.is(clock.untilNext, undefined);
    assert.is(device.opened, 3);
    await daemon.stop();
  });

  test('stop while it waits to open again ends at once', async () => {
    const device = new ScriptedDevice();
    device.reads = [REPLY, EIO, EIO];
    const { daemon, clock } = start(device);
    await turns();
    assert.ok(clock.untilNext !== undefined);
    await daemon.stop();
    assert.is(clock.untilNext, undefined);
  });
});
