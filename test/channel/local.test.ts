import { createLocalChannel } from '#internal';
import { assert, suite } from '../_support/suite.js';

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(length & 0xff);

suite('local channel', ({ test }) => {
  test('a packet rings the other end, later and once', async () => {
    const { host, guest, close } = createLocalChannel();
    let rung = 0;
    guest.onDoorbell(() => rung++);
    assert.equal(host.send(bytes(40), { transactionLow: 7 }), { kind: 'sent' });
    host.send(bytes(8));
    assert.is(rung, 0);
    await Promise.resolve();
    assert.is(rung, 1);
    const packets = guest.receive();
    assert.equal(
      packets.map(({ payload, transactionLow }) => [payload.length, transactionLow]),
      [
        [40, 7],
        [8, 0],
      ],
    );
    assert.equal(guest.receive(), []);
    close();
  });

  test('a full end is rung when there is room', async () => {
    const scheduled: (() => void)[] = [];
    const { host, guest, close } = createLocalChannel({ schedule: (deliver) => scheduled.push(deliver) });
    let room = 0;
    host.onDoorbell(() => room++);
    while (host.send(bytes(2608)).kind === 'sent') {}
    for (const deliver of scheduled.splice(0)) deliver();
    assert.is(room, 0);
    guest.receive(1);
    for (const deliver of scheduled.splice(0)) deliver();
    assert.is(room, 1);
    assert.is(host.send(bytes(2608)).kind, 'sent');
    close();
  });

  test('a listener that answers at once does not recurse', async () => {
    const { host, guest, close } = createLocalChannel();
    let depth = 0;
    let deepest = 0;
    let left = 200;
    for (const end of [host, guest]) {
      end.onDoorbell(() => {
        deepest = Math.max(deepest, ++depth);
        for (const { payload } of end.receive()) if (left-- > 0) end.send(payload);
        depth--;
      });
    }
    host.send(bytes(8));
    while (left > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.is(deepest, 1);
    close();
  });

  test('after close nothing arrives and nobody is rung', async () => {
    const { host, guest, close } = createLocalChannel();
    let rung = 0;
    guest.onDoorbell(() => rung++);
    host.send(bytes(8));
    close();
    await Promise.resolve();
    assert.is(rung, 0);
    assert.equal(guest.receive(), []);
  });
});
