/** What ends our daemon and when, with a thread of it asleep in a read of the device or a request in hand. */
import { readdirSync, readlinkSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { FAIL } from '../_support/harmed-guest.js';
import { get, set, statusOf, textAt } from '../_support/key-value-requests.js';
import { hold, release } from '../_support/lock-holder.js';
import { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const POOL = '/var/lib/hyperv/.kvp_pool_1';

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/var/lib');
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });

  /** A daemon with a request in hand that waits for a lock that another process has on the pool. */
  async function busyDaemon() {
    rmSync('/var/lib/hyperv', { recursive: true, force: true });
    const daemon = new OurDaemon();
    await device.registered();
    // A new file, so that the daemon's opening of it shows that it has begun with the request.
    unlinkSync(POOL);
    writeFileSync(POOL, '');
    const holder = await hold(POOL, 'flock', 'EX');
    const answer = device.request(set(1, 'in', 'hand')).then(statusOf, () => 'the device was closed' as const);
    while (!hasOpen(daemon.process.pid ?? 0, POOL)) await nextTurn();
    return { daemon, holder, answer };
  }

  suite('hv-kvp-daemon and signals', ({ test, after }) => {
    after(() => served.close());

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      test(`${signal} while idle ends it, with a thread asleep in a read of the device`, async () => {
        const daemon = new OurDaemon();
        await device.registered();
        assert.is(statusOf(await device.request(set(0, 'a', 'b'))), 0);
        assert.is(await daemon.stop(signal), signal);
        await device.closed();
      });
    }

    test('SIGTERM with a request in hand: it is done and answered first', async () => {
      const { daemon, holder, answer } = await busyDaemon();
      daemon.process.kill('SIGTERM');
      await release(holder);
      assert.is(await answer, 0);
      assert.is(await daemon.ended, 'SIGTERM');
      await device.closed();
    });

    test('SIGTERM with a request in hand that cannot be done: the host hears so, and it ends all the same', async () => {
      const { daemon, holder, answer } = await busyDaemon();
      daemon.process.kill('SIGTERM');
      assert.is(await answer, FAIL);
      assert.is(await daemon.ended, 'SIGTERM');
      await device.closed();
      await release(holder);
    });

    test('a second SIGTERM does not wait for the request', async () => {
      const { daemon, holder, answer } = await busyDaemon();
      daemon.process.kill('SIGTERM');
      daemon.process.kill('SIGINT');
      assert.is(await answer, 'the device was closed');
      assert.match(String(await daemon.ended), /^SIG(TERM|INT)$/);
      await device.closed();
      await release(holder);
    });

    test('SIGHUP with a request in hand reloads, and the request is answered', async () => {
      const { daemon, holder, answer } = await busyDaemon();
      daemon.process.kill('SIGHUP');
      while (!daemon.output.includes('reloaded')) await nextTurn();
      await release(holder);
      assert.is(await answer, 0);
      assert.is(textAt(await device.request(get(1, 'in')), 528), 'hand');
      assert.is(await daemon.stop(), 'SIGTERM');
      await device.closed();
    });
  });
}

function hasOpen(pid: number, path: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === path);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
