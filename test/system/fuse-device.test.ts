/** What system calls on the device file do, seen from processes that are not Node (protocol.md 4.4). */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { POLLERR, POLLHUP, POLLIN, POLLRDNORM, type ServedDevice, serveDevice } from 'hv-kvp/device';
import { DeviceProcess } from '../_support/device-client.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, MESSAGE_BYTES, RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const DEVICE = '/dev/vmbus/hv_kvp';
const REGISTER = 100;
const NOBODY = ['--reuid', '1000', '--regid', '1000', '--clear-groups'];
/** Long enough for a wake-up on a busy machine; a test that waits this long has failed. */
const SOON = 10_000;

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: DEVICE, server: device });
  openings(device);
  transfers(device);
  sleeping(device);
  nonblocking();
  otherCalls();
  teardown(device, served);
}

/** Registers by hand and takes the reply. */
async function register(client: DeviceProcess, flags = ''): Promise<void> {
  assert.is(await client.call(`open ${flags}`), 'ok');
  assert.is(await client.call(`write ${REGISTER} ${MESSAGE_BYTES}`), MESSAGE_BYTES);
  assert.equal(await client.call(`read ${MESSAGE_BYTES}`), { length: MESSAGE_BYTES, text: 'd\0\0\x003.1' });
}

async function withClient(work: (client: DeviceProcess) => Promise<void>, as?: string[]): Promise<void> {
  const client = new DeviceProcess(DEVICE, as);
  try {
    await work(client);
  } finally {
    await client.stop();
  }
}

function openings(device: RegisteringDevice): void {
  suite('device file: open and close', ({ test }) => {
    test('one opener; the second gets EBUSY, also of the same process', () =>
      withClient(async (first) => {
        await register(first);
        await withClient(async (second) => {
          assert.is(await second.call('open'), 'EBUSY');
          await first.call('close');
          assert.is(await second.call('open'), 'ok');
        });
      }));
    test('close and open again at once, as the stock daemon does', () =>
      withClient(async (client) => {
        await device.closed();
        for (let round = 0; round < 200; round++) {
          await register(client);
          assert.is(await client.call('close'), 'ok');
        }
      }));
    test('opening for truncation changes nothing', () =>
      withClient(async (client) => {
        await device.closed();
        await register(client, 'trunc');
      }));
    test('a killed process releases the device', async () => {
      await device.closed();
      const client = new DeviceProcess(DEVICE);
      await register(client);
      const releases = device.releases;
      await client.stop();
      await device.closed();
      assert.is(device.releases, releases + 1);
    });
    test('only whom the mode allows may open it; chmod changes that', async () => {
      await withClient(async (client) => assert.is(await client.call('open'), 'EACCES'), NOBODY);
      await withClient(async (client) => assert.is(await client.call('chmod 666'), 'ok'));
      await withClient(async (client) => assert.is(await client.call('open'), 'ok'), NOBODY);
      await withClient(async (client) => assert.is(await client.call('chmod 600'), 'ok'));
    });
  });
}

function transfers(device: RegisteringDevice): void {
  suite('device file: read and write', ({ test }) => {
    test('a short write is refused, a long one taken whole', () =>
      withClient(async (client) => {
        await device.closed();
        await client.call('open');
        for (const length of [1, 2048, 4096, MESSAGE_BYTES - 1])
          assert.is(await client.call(`write ${REGISTER} ${length}`), 'EINVAL', `${length} bytes`);
        assert.is(await client.call(`write ${REGISTER} 9000`), 9000);
        assert.is(device.registrations.at(-1)?.length, 9000);
      }));
    test('a write that nobody expects is refused', () =>
      withClient(async (client) => {
        await device.closed();
        await client.call('open');
        assert.is(await client.call(`write 1 ${MESSAGE_BYTES}`), 'EINVAL');
        await client.call('close');
        await register(client);
        assert.is(await client.call(`write 0 ${MESSAGE_BYTES}`), 'EINVAL');
      }));
    test('a small buffer is refused and the message kept; a large one gets the message alone', () =>
      withClient(async (client) => {
        await device.closed();
        await client.call('open');
        await client.call(`write ${REGISTER} ${MESSAGE_BYTES}`);
        for (const size of [1, 4095, 4096, MESSAGE_BYTES - 1])
          assert.is(await client.call(`read ${size}`), 'EINVAL', `${size} bytes`);
        assert.equal(await client.call('read 1000000'), { length: MESSAGE_BYTES, text: 'd\0\0\x003.1' });
      }));
    test('a request goes out whole and its answer comes back whole', () =>
      withClient(async (client) => {
        await device.closed();
        await register(client);
        const answer = device.request(daemonMessage(3, 1, [[20, Buffer.from('first'.padEnd(7412, '.'))]]));
        const { length, text } = (await client.call(`read ${MESSAGE_BYTES}`)) as { length: number; text: string };
        assert.is(length, MESSAGE_BYTES);
        assert.is(text, `\x03\x01${'\0'.repeat(18)}${'first'.padEnd(7412, '.')}`);
        assert.is(await client.call(`write 7 ${MESSAGE_BYTES}`), MESSAGE_BYTES);
        assert.is((await answer)[0], 7);
      }));
  });
}

function sleeping(device: RegisteringDevice): void {
  suite('device file: sleeping and waking', ({ test }) => {
    test('a read sleeps until a message comes', () =>
      withClient(async (client) => {
        await device.closed();
        await register(client);
        const asleep = device.sleeper();
        const read = client.call(`read ${MESSAGE_BYTES}`);
        await asleep;
        device.request(daemonMessage(2, 0, [])).catch(() => {});
        assert.equal(await read, { length: MESSAGE_BYTES, text: '\x02' });
      }));
    test('a signal ends a sleeping read with EINTR, and the device goes on', () =>
      withClient(async (client) => {
        await device.closed();
        await register(client);
        assert.is(await client.call(`read-with-alarm ${MESSAGE_BYTES}`), 'EINTR');
        device.request(daemonMessage(2, 0, [])).catch(() => {});
        assert.equal(await client.call(`read ${MESSAGE_BYTES}`), { length: MESSAGE_BYTES, text: '\x02' });
      }));
    test('a process that sleeps in a read can be killed (trap 11)', async () => {
      await device.closed();
      const client = new DeviceProcess(DEVICE);
      await register(client);
      const asleep = device.sleeper();
      client.call(`read ${MESSAGE_BYTES}`).catch(() => {});
      await asleep;
      await client.stop();
      await device.closed();
    });
    test('poll wakes when a message comes, and never says writable (trap 12)', () =>
      withClient(async (client) => {
        await device.closed();
        await client.call('open');
        assert.equal(await client.call('poll 0'), []);
        await client.call(`write ${REGISTER} ${MESSAGE_BYTES}`);
        assert.equal(await client.call('poll 0'), [POLLIN | POLLRDNORM]);
        await client.call(`read ${MESSAGE_BYTES}`);
        const asleep = device.sleeper();
        const poll = client.call(`poll ${SOON}`);
        await asleep;
        device.request(daemonMessage(2, 0, [])).catch(() => {});
        assert.equal(await poll, [POLLIN | POLLRDNORM]);
      }));
    test('epoll wakes too', () =>
      withClient(async (client) => {
        await device.closed();
        await register(client);
        const asleep = device.sleeper();
        const poll = client.call(`epoll ${SOON}`);
        await asleep;
        device.request(daemonMessage(2, 0, [])).catch(() => {});
        assert.equal(await poll, [POLLIN]);
      }));
    test('an edge-triggered epoll that stays registered sees every message', () =>
      withClient(async (client) => {
        await device.closed();
        await register(client);
        assert.equal(await client.call('wait 0'), []);
        for (let round = 0; round < 50; round++) {
          const answer = device.request(daemonMessage(2, 0, []));
          assert.equal(await client.call(`wait ${SOON}`), [POLLIN], `round ${round}`);
          await client.call(`read ${MESSAGE_BYTES}`);
          await client.call(`write 0 ${MESSAGE_BYTES}`);
          await answer;
        }
      }));
  });
}

function nonblocking(): void {
  suite('device file: O_NONBLOCK', ({ test }) => {
    test('strict: a read sleeps all the same', () =>
      withClient(async (client) => {
        await register(client, 'nonblock');
        assert.is(await client.call(`read-with-alarm ${MESSAGE_BYTES}`), 'EINTR');
      }));
    test('friendly: EAGAIN when empty, and a blocking descriptor still sleeps', async () => {
      const friendly = await serveDevice({
        path: '/dev/friendly',
        server: new RegisteringDevice(),
        nonblock: 'friendly',
      });
      const client = new DeviceProcess(friendly.path);
      await register(client, 'nonblock');
      assert.is(await client.call(`read ${MESSAGE_BYTES}`), 'EAGAIN');
      await client.call('close');
      await register(client);
      assert.is(await client.call(`read-with-alarm ${MESSAGE_BYTES}`), 'EINTR');
      await client.stop();
      await friendly.close();
    });
  });
}

function otherCalls(): void {
  suite('device file: other calls', ({ test }) => {
    test('no seek, no ioctl, no shared memory', () =>
      withClient(async (client) => {
        await client.call('open');
        assert.is(await client.call('seek'), 'ESPIPE');
        assert.is(await client.call('ioctl'), 'ENOTTY');
        assert.is(await client.call('mmap'), 'ENODEV');
      }));
    test('stat shows an empty file of the serving user, mode 0600', () =>
      withClient(async (client) => {
        assert.equal(await client.call('stat'), { mode: '0o100600', uid: 0, gid: 0, size: 0 });
      }));
  });
}

/** The last suite: it takes the device away. */
function teardown(device: RegisteringDevice, served: ServedDevice): void {
  suite('device file: teardown', ({ test }) => {
    test('sleepers wake, later calls fail, and the file and its directory are gone', async () => {
      await device.closed();
      const reader = new DeviceProcess(DEVICE);
      await register(reader);
      const asleep = device.sleeper();
      const read = reader.call(`read ${MESSAGE_BYTES}`);
      await asleep;
      await served.close();
      assert.is(await read, 'ENODEV');
      assert.match(`${await reader.call(`write 0 ${MESSAGE_BYTES}`)}`, /^E/);
      assert.match(`${await reader.call(`read ${MESSAGE_BYTES}`)}`, /^E/);
      assert.equal(await reader.call('poll 0'), [POLLERR]);
      await reader.call('close');
      assert.is(await reader.call('open'), 'ENOENT');
      await reader.stop();
      assert.throws(() => statSync('/dev/vmbus'), 'ENOENT');
      await served.close();
    });
    test('a sleeping poll wakes with error and hang-up', async () => {
      const other = new RegisteringDevice();
      const second = await serveDevice({ path: DEVICE, server: other });
      const client = new DeviceProcess(DEVICE);
      await register(client);
      const asleep = other.sleeper();
      const poll = client.call(`poll ${SOON}`);
      await asleep;
      await second.close();
      const [events = 0] = (await poll) as number[];
      assert.ok((events & POLLERR) !== 0, `events ${events} of ${POLLERR | POLLHUP}`);
      await client.stop();
    });
  });
}
