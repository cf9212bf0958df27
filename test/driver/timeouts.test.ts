/** The 30 s of a request: who answers it, what becomes of a late answer, and what waits meanwhile. */
import { DriverHarness, STATUS_FAIL, STATUS_OK } from '../_support/driver-harness.js';
import { enumerateRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

const indexOf = (message: Uint8Array) => message[4];

suite('driver: timeouts', ({ test }) => {
  test('the deadline is that of the pending request, from the moment it was taken', () => {
    const harness = new DriverHarness();
    harness.register();
    assert.is(harness.session.nextDeadline(), undefined);
    harness.advance(500);
    harness.send(enumerateRequest(1, 0), 1);
    assert.is(harness.session.nextDeadline(), 30_500);
    harness.advance(100);
    harness.read();
    assert.is(harness.session.nextDeadline(), 30_500);
    harness.write(harness.message());
    assert.is(harness.session.nextDeadline(), undefined);
  });
  test('a tick before the deadline does nothing', () => {
    const harness = new DriverHarness();
    harness.register();
    harness.send(enumerateRequest(1, 0), 1);
    harness.session.tick(29_999);
    assert.is(harness.received().length, 0);
    harness.session.tick(30_000);
    assert.is(harness.answer().status, STATUS_FAIL);
    harness.session.tick(30_000);
    assert.is(harness.received().length, 0);
  });
  test('an unread request times out, is withdrawn, and leaves nothing owed', () => {
    const harness = new DriverHarness();
    harness.register();
    harness.send(enumerateRequest(1, 7), 1);
    harness.advance(30_000);
    assert.is(harness.answer().status, STATUS_FAIL);
    assert.is(harness.session.state, 'ready');
    assert.is(harness.session.poll(1), 0);
    harness.send(enumerateRequest(1, 8), 2);
    assert.is(indexOf(harness.read()), 8);
    assert.is(harness.writeErrno(harness.message()), 'ok');
    assert.equal(harness.answer().transaction, 2);
  });
  test('while an answer is owed the next request waits, and is served once it came', () => {
    const harness = new DriverHarness();
    harness.register();
    harness.send(enumerateRequest(1, 7), 1);
    harness.read();
    harness.advance(30_000);
    assert.is(harness.answer().status, STATUS_FAIL);
    assert.is(harness.session.state, 'owed');
    harness.send(enumerateRequest(1, 8), 2);
    harness.send(enumerateRequest(1, 9), 3);
    assert.is(harness.session.poll(1), 0);
    assert.is(harness.readOutcome(), 'blocks');
    const wakes = harness.wakes;
    assert.is(harness.writeErrno(harness.message()), 'EINVAL');
    assert.is(harness.wakes, wakes + 1);
    assert.is(harness.received().length, 0, 'the late answer goes nowhere');
    assert.is(indexOf(harness.read()), 8);
    harness.write(harness.message());
    assert.is(indexOf(harness.read()), 9);
    harness.write(harness.message());
    assert.equal(
      harness.received().map(({ transactionLow }) => transactionLow),
      [2, 3],
    );
  });
  test('a request that waits for an owed answer has its own 30 s', () => {
    const harness = new DriverHarness();
    harness.register();
    harness.send(enumerateRequest(1, 7), 1);
    harness.read();
    harness.advance(30_000);
    harness.received();
    harness.advance(5_000);
    harness.send(enumerateRequest(1, 8), 2);
    harness.advance(29_999);
    assert.is(harness.received().length, 0);
    harness.advance(1);
    const { status, transaction } = harness.answer();
    assert.equal([status, transaction], [STATUS_FAIL, 2]);
    assert.is(harness.session.state, 'owed');
    harness.send(enumerateRequest(1, 9), 3);
    assert.is(harness.writeErrno(harness.message()), 'EINVAL', 'still the answer to the first');
    assert.is(indexOf(harness.read()), 9, 'the second was never handed over, so nothing is owed for it');
  });
  test('the stock daemon closes after the refused late answer: the waiting request is served after it is back', () => {
    const harness = new DriverHarness();
    harness.register(1);
    harness.send(enumerateRequest(1, 7), 1);
    harness.read(1);
    harness.advance(30_000);
    harness.received();
    harness.send(enumerateRequest(1, 8), 2);
    assert.is(harness.writeErrno(harness.message(), 1), 'EINVAL');
    harness.release(1);
    assert.is(harness.received().length, 0);
    harness.events.length = 0;
    harness.register(2);
    assert.equal(
      harness.events.map(({ what }) => what).filter((what) => what !== 'state'),
      ['registered', 'request'],
    );
    assert.is(indexOf(harness.read(2)), 8);
    harness.write(harness.message(), 2);
    assert.equal(harness.answer().transaction, 2);
  });
  test('an unread request outlives the daemon that did not read it, but not its deadline', () => {
    const harness = new DriverHarness();
    harness.register(1);
    harness.send(enumerateRequest(1, 7), 1);
    harness.advance(1_000);
    harness.release(1);
    harness.advance(28_999);
    assert.is(harness.received().length, 0);
    harness.advance(1);
    assert.is(harness.answer().status, STATUS_FAIL);
    harness.register(2);
    assert.is(harness.readOutcome(2), 'blocks');
  });
  test('a request that was read fails when the device is closed, and what is in the ring waits', () => {
    const harness = new DriverHarness();
    harness.register(1);
    harness.send(enumerateRequest(1, 7), 1);
    harness.send(enumerateRequest(1, 8), 2);
    harness.read(1);
    harness.release(1);
    assert.equal(harness.answer().transaction, 1);
    harness.advance(100_000);
    assert.is(harness.received().length, 0);
    harness.register(2);
    assert.is(indexOf(harness.read(2)), 8);
  });
  test('closing settles an owed answer', () => {
    const harness = new DriverHarness();
    harness.register(1);
    harness.send(enumerateRequest(1, 7), 1);
    harness.read(1);
    harness.advance(30_000);
    harness.received();
    harness.release(1);
    assert.is(harness.writeErrno(harness.message(), 1), 'EBADF');
    harness.register(2);
    harness.send(enumerateRequest(1, 8), 2);
    harness.read(2);
    assert.is(harness.writeErrno(harness.message(), 2), 'ok');
    assert.is(harness.answer().status, STATUS_OK);
  });
});
