/** The driver's end of the device, call by call (protocol.md 4.4). */
import { POLLERR, POLLHUP, POLLIN, POLLRDNORM } from 'hv-kvp/device';
import { DriverHarness, STATUS_FAIL } from '../_support/driver-harness.js';
import { enumerateRequest, negotiateRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

const READABLE = POLLIN | POLLRDNORM;

suite('driver: the device', ({ test }) => {
  test('one opener; the others are EBUSY until it closes', () => {
    const { session } = new DriverHarness();
    assert.is(session.open(1), 'ok');
    assert.is(session.open(2), 'EBUSY');
    assert.is(session.open(1), 'EBUSY');
    session.release(2);
    assert.is(session.open(2), 'EBUSY', 'a file that was refused has nothing to release');
    session.release(1);
    assert.is(session.open(2), 'ok');
  });
  test('a closed file is EBADF for every call and is never written to the next opener’s account', () => {
    const harness = new DriverHarness();
    harness.register(1);
    harness.release(1);
    harness.register(2);
    assert.is(harness.readOutcome(1), 'EBADF');
    assert.is(harness.writeErrno(harness.message(), 1), 'EBADF');
    assert.is(harness.session.poll(1), POLLERR | POLLHUP);
    harness.release(1);
    assert.is(harness.session.state, 'ready');
  });
  test('negotiation waits until the registration reply was read, not only written', () => {
    const harness = new DriverHarness();
    harness.send(negotiateRequest(3, 4));
    harness.session.open(1);
    harness.write(harness.message(100));
    assert.is(harness.received().length, 0);
    const reply = harness.read();
    assert.is(Buffer.from(reply.subarray(4, 8)).toString(), '3.1\0');
    assert.ok(reply.subarray(8).every((byte) => byte === 0));
    assert.is(harness.received().length, 1);
  });
  test('a buffer that is too small is EINVAL and keeps the message', () => {
    const harness = new DriverHarness();
    harness.register();
    harness.send(enumerateRequest(1, 7));
    for (const size of [0, 1, 7431]) assert.is(harness.readOutcome(1, size), 'EINVAL');
    assert.is(harness.session.poll(1), READABLE);
    assert.is(harness.read()[4], 7);
  });
  test('poll is readable exactly while a message waits, and never writable', () => {
    const harness = new DriverHarness();
    const { session } = harness;
    session.open(1);
    assert.is(session.poll(1), 0);
    harness.write(harness.message(100));
    assert.is(session.poll(1), READABLE);
    harness.read();
    assert.is(session.poll(1), 0);
    harness.send(enumerateRequest(1, 0));
    assert.is(session.poll(1), READABLE);
    harness.read();
    assert.is(session.poll(1), 0);
  });
  test('a device call calls nobody back before it has returned', () => {
    const harness = new DriverHarness();
    let inCall = false;
    harness.session.onWake(() => assert.not.ok(inCall, 'woken from within a call'));
    harness.channel.onSent = () => assert.not.ok(inCall, 'sent from within a call');
    const call = (work: () => unknown) => {
      inCall = true;
      work();
      inCall = false;
      harness.settle();
    };
    harness.channel.put(negotiateRequest(3, 4));
    harness.channel.put(enumerateRequest(1, 0));
    harness.channel.put(enumerateRequest(1, 1));
    call(() => harness.session.open(1));
    call(() => harness.session.write(1, harness.message(100)));
    call(() => harness.session.read(1, 7432));
    call(() => harness.session.read(1, 7432));
    call(() => harness.session.write(1, harness.message()));
    call(() => harness.session.release(1));
    assert.is(harness.received().length, 2);
  });
  test('unloading answers what is in progress and fails the open file', () => {
    const harness = new DriverHarness();
    const { session } = harness;
    harness.register();
    harness.send(enumerateRequest(1, 0), 5);
    harness.read();
    const wakes = harness.wakes;
    session.close();
    session.close();
    assert.is(harness.wakes, wakes + 1);
    const { status, transaction } = harness.answer();
    assert.equal([status, transaction], [STATUS_FAIL, 5]);
    assert.is(harness.readOutcome(), 'EBADF');
    assert.is(harness.writeErrno(harness.message()), 'EBADF');
    assert.is(session.poll(1), POLLERR | POLLHUP);
    assert.is(session.open(2), 'EBADF');
    harness.release();
    assert.is(session.open(2), 'ENODEV');
    assert.throws(() => session.resume(harness.channel), 'unloaded');
    harness.send(enumerateRequest(1, 0));
    assert.is(harness.received().length, 0, 'the channel is left alone');
  });
});
