import { type ProfileName, runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { MemoryPools, noIntrinsics, noNet, recordingLogger } from '../_support/daemon-ports.js';
import { FalseClock } from '../_support/false-clock.js';
import { get, getIp, set, statusOf, textAt } from '../_support/key-value-requests.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const FAIL = 0x80004005;

function start(net = noNet) {
  const device = new RegisteringDevice();
  const clock = new FalseClock();
  const pools = new MemoryPools();
  const logger = recordingLogger();
  const daemon = runDaemon({
    device: createDevicePair(device),
    pools,
    net,
    intrinsics: noIntrinsics,
    clock,
    logger,
    profile: 'linux',
  });
  return { device, clock, pools, logger, daemon };
}

const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

suite('daemon deadline', ({ test }) => {
  test('a request that takes too long is answered as failed before the driver gives up, and others go on', async () => {
    const { device, clock, pools, logger, daemon } = start();
    await device.registered();
    let release = () => {};
    pools.before = () => new Promise((resolve) => (release = resolve));
    const slow = set(0, 'slow', 'value');
    const answer = device.request(slow);
    await turns();
    clock.pass(24_999);
    assert.is(daemon.busy, true);
    clock.pass(1);
    const failed = await answer;
    assert.is(statusOf(failed), FAIL);
    assert.ok(Buffer.from(failed.subarray(4)).equals(slow.subarray(4)));

    pools.before = () => Promise.resolve();
    assert.is(statusOf(await device.request(set(0, 'next', 'one'))), 0);
    release();
    await turns();
    // The work was finished with its own key and value, though other messages came since; nothing more was written.
    assert.equal(pools.records[0], [
      ['next', 'one'],
      ['slow', 'value'],
    ]);
    assert.is(textAt(await device.request(get(0, 'slow')), 528), 'value');
    assert.ok(logger.lines.some(({ message }) => message === 'late work ended; its answer was not sent'));
    await daemon.stop();
  });

  test('the deadline aborts what it can', async () => {
    let aborted = false;
    const { device, clock, daemon } = start({
      ...noNet,
      setIpInfo: (_wanted, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('aborted'));
          }),
        ),
    });
    await device.registered();
    const request = getIp('{guid}');
    request[0] = 5;
    const answer = device.request(request);
    await turns();
    clock.pass(25_000);
    assert.is(statusOf(await answer), FAIL);
    assert.is(aborted, true);
    await daemon.stop();
  });

  test('no timer is left behind by requests in time', async () => {
    const { device, clock, daemon } = start();
    await device.registered();
    for (let index = 0; index < 10; index++) await device.request(set(0, `k${index}`, 'v'));
    await turns();
    assert.is(clock.untilNext, undefined);
    await daemon.stop();
  });

  test('stop waits for the answer in hand, but not for ever', async () => {
    for (const finishes of [true, false]) {
      const { device, clock, pools, daemon } = start();
      await device.registered();
      let release = () => {};
      pools.before = () => new Promise((resolve) => (release = resolve));
      const answer = device.request(set(0, 'a', 'b')).then(statusOf, () => 'closed' as const);
      await turns();
      const stopped = daemon.stop();
      await turns();
      if (finishes) release();
      else clock.pass(5_000);
      assert.is(await answer, finishes ? 0 : 'closed');
      if (!finishes) release();
      await stopped;
    }
  });

  test('FreeBSD requests are given up after 4 s', async () => {
    const { PROFILES } = await import('hv-kvp/daemon');
    const limits = (['linux', 'freebsd'] as ProfileName[]).map((name) => PROFILES[name].deadlineMs);
    assert.equal(limits, [25_000, 4_000]);
  });
});
