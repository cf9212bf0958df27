/** The session on real rings in engine memory, and what a corrupt ring does to it. */

import { createCodec } from 'hv-kvp/codec';
import { createDevicePair } from 'hv-kvp/device';
import { type DriverEvent, runDriver } from 'hv-kvp/driver';
import { createLocalChannel } from '#internal';
import { statusOf } from '../_support/driver-harness.js';
import { enumerateRequest, negotiateRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

const codec = createCodec();

/** A host, a driver and a registered daemon that answers every request with key "k" and value "v". */
async function machine() {
  const channel = createLocalChannel({ engine: codec.engine });
  const driver = runDriver(channel.guest, { codec });
  const events: DriverEvent[] = [];
  driver.session.onEvent((event) => events.push(event));
  const file = await createDevicePair(driver.session).open();
  const message = new Uint8Array(7432);
  message[0] = 100;
  await file.write(message);
  await file.read(message);
  const served = (async () => {
    for (;;) {
      await file.read(message);
      message.fill(0, 0, 4);
      message.set(Buffer.from('k\0'), 20);
      message.set(Buffer.from('v\0'), 532);
      await file.write(message);
    }
  })().catch((error) => error.actual as string);
  const stop = async () => {
    driver.stop();
    assert.is(await served, 'EBADF');
    channel.close();
  };
  return { channel, driver, events, stop };
}

suite('driver: on real rings', ({ test }) => {
  test('more requests than a ring holds are all answered, in order', async () => {
    const { channel, stop } = await machine();
    const { host } = channel;
    const answered: number[] = [];
    let next = 1;
    const done = new Promise<void>((resolve) => {
      const pump = () => {
        for (const { payload, transactionLow } of host.receive()) {
          assert.is(statusOf(payload), 0);
          answered.push(transactionLow);
        }
        while (next <= 300) {
          const request = next === 1 ? negotiateRequest(3, 4, 5) : enumerateRequest(1, next);
          if (host.send(request, { transactionLow: next }).kind === 'full') break;
          next++;
        }
        if (answered.length === 300) resolve();
      };
      host.onDoorbell(pump);
      pump();
    });
    await done;
    assert.equal(
      answered,
      Array.from({ length: 300 }, (_, index) => index + 1),
    );
    await stop();
  });
  test('a corrupt ring stops the reading, not the daemon, and a new channel goes on', async () => {
    const { channel, driver, events, stop } = await machine();
    channel.host.send(enumerateRequest(1, 1));
    const { engine, address } = channel.rings.toGuest;
    // The descriptor's payload offset: a packet cannot start before its own descriptor.
    engine.memory.u8[address + 4096 + 2] = 0;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(
      events.filter(({ what }) => what === 'channel-failed').map((event) => 'error' in event && event.error?.code),
      ['ERR_RING_DESCRIPTOR'],
    );
    assert.is(driver.session.state, 'ready');
    const fresh = createLocalChannel({ engine: codec.engine });
    driver.session.resume(fresh.guest);
    const answer = new Promise<number>((resolve) => {
      fresh.host.onDoorbell(() => resolve(fresh.host.receive()[0]!.transactionLow));
    });
    fresh.host.send(enumerateRequest(1, 2), { transactionLow: 77 });
    assert.is(await answer, 77);
    await stop();
    fresh.close();
  });
});
