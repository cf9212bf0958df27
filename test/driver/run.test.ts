/** The session with real time, and joined to a daemon in the same process. */
import { createCodec } from 'hv-kvp/codec';
import { createDevicePair } from 'hv-kvp/device';
import { type DriverEvent, type RunningDriver, runDriver } from 'hv-kvp/driver';
import { STATUS_FAIL, statusOf } from '../_support/driver-harness.js';
import { enumerateRequest, negotiateRequest } from '../_support/host-requests.js';
import { PacketQueue, type Sent } from '../_support/packet-queue.js';
import { assert, suite } from '../_support/suite.js';

const codec = createCodec();

/** The next packet that the guest sends. */
const nextSent = (channel: PacketQueue) =>
  new Promise<Sent>((resolve) => {
    channel.onSent = resolve;
  });

const nextEvent = ({ session }: RunningDriver, what: DriverEvent['what']) =>
  new Promise<DriverEvent>((resolve) => {
    const unsubscribe = session.onEvent((event) => {
      if (event.what !== what) return;
      unsubscribe();
      resolve(event);
    });
  });

async function register(driver: RunningDriver) {
  const file = await createDevicePair(driver.session).open();
  const message = new Uint8Array(7432);
  message[0] = 100;
  await file.write(message);
  await file.read(message);
  return file;
}

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

suite('driver: run', ({ test }) => {
  test('a request that nobody answers is answered when its real time is over', async () => {
    const channel = new PacketQueue();
    const driver = runDriver(channel, { codec, timeoutMs: 20 });
    await register(driver);
    const started = performance.now();
    const answer = nextSent(channel);
    channel.put(enumerateRequest(1, 0), { transactionLow: 3 });
    channel.ring();
    const { payload, transactionLow } = await answer;
    assert.is(statusOf(payload), STATUS_FAIL);
    assert.is(transactionLow, 3);
    assert.ok(performance.now() - started >= 19, 'not before its time');
    driver.stop();
  });
  test('a daemon loop over the pair serves requests one after the other', async () => {
    const channel = new PacketQueue();
    const driver = runDriver(channel, { codec });
    const file = await register(driver);
    const loop = (async () => {
      const message = new Uint8Array(7432);
      for (;;) {
        await file.read(message);
        message.fill(0, 0, 4);
        message.set(Buffer.from('key\0'), 20);
        await file.write(message);
      }
    })().catch((error) => error.actual);
    const first = nextSent(channel);
    channel.put(negotiateRequest(3, 4, 5), { transactionLow: 1 });
    for (let id = 2; id <= 40; id++) channel.put(enumerateRequest(1, id), { transactionLow: id });
    channel.ring();
    await first;
    while (channel.sent.length < 40) await nextSent(channel);
    assert.equal(
      channel.sent.map(({ transactionLow }) => transactionLow),
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    driver.stop();
    assert.is(await loop, 'EBADF');
  });
  test('stopping answers the request in progress and leaves no timer behind', async () => {
    const channel = new PacketQueue();
    const before = timers();
    const driver = runDriver(channel, { codec, timeoutMs: 60_000 });
    const file = await register(driver);
    const requested = nextEvent(driver, 'request');
    channel.put(enumerateRequest(1, 0), { transactionLow: 9 });
    channel.ring();
    await requested;
    await file.read(new Uint8Array(7432));
    assert.is(timers(), before + 1);
    driver.stop();
    assert.is(channel.sent.length, 1);
    assert.is(statusOf(channel.sent[0]!.payload), STATUS_FAIL);
    assert.is(timers(), before, 'no timer is left');
  });
  test('the events tell who did what, in order', async () => {
    const channel = new PacketQueue();
    const driver = runDriver(channel, { codec });
    const seen: DriverEvent[] = [];
    driver.session.onEvent((event) => {
      if (event.what !== 'state') seen.push(event);
    });
    channel.put(negotiateRequest(3, 4), { transactionLow: 1 });
    channel.put(enumerateRequest(2, 0), { transactionLow: 2 });
    const file = await register(driver);
    const message = new Uint8Array(7432);
    await file.read(message);
    message.fill(0);
    new DataView(message.buffer).setUint32(0, 0x80070103, true);
    await file.write(message);
    assert.equal(seen, [
      { what: 'registered', operation: 100 },
      { what: 'negotiated', agreed: { framework: { major: 3, minor: 0 }, message: { major: 4, minor: 0 } } },
      { what: 'request', operation: 3, pool: 2, transaction: 2 },
      { what: 'answer', operation: 3, pool: 2, transaction: 2, status: 0x80070103, reason: 'daemon', error: undefined },
    ]);
    driver.stop();
  });
});
