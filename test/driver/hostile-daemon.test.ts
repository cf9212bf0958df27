/** A daemon that writes what it should not, when it should not: its errno, and what the host gets. */
import { DriverHarness, STATUS_FAIL, STATUS_OK } from '../_support/driver-harness.js';
import { enumerateRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

function inProgress(): DriverHarness {
  const harness = new DriverHarness();
  harness.register();
  harness.send(enumerateRequest(1, 7), 1);
  return harness;
}

suite('driver: hostile daemon', ({ test }) => {
  test('a short answer is refused and the request goes on', () => {
    const harness = inProgress();
    harness.read();
    for (const length of [0, 1, 4, 7431])
      assert.is(harness.writeErrno(new Uint8Array(length)), 'EINVAL', `${length} bytes`);
    assert.is(harness.received().length, 0);
    assert.is(harness.writeErrno(harness.message()), 'ok');
    assert.is(harness.answer().status, STATUS_OK);
  });
  test('a long answer is taken and what is too much is not looked at', () => {
    const harness = inProgress();
    harness.read();
    const long = new Uint8Array(20_000).fill(0xee);
    long.fill(0, 0, 7432);
    const outcome = harness.write(long);
    assert.equal(outcome, { kind: 'written', bytes: 20_000 });
    assert.not.ok(harness.answer().payload.includes(0xee));
  });
  test('an answer to a message that was not read is refused', () => {
    const harness = inProgress();
    assert.is(harness.writeErrno(harness.message()), 'EINVAL');
    assert.is(harness.received().length, 0);
    assert.is(harness.read()[4], 7, 'the request is still there');
  });
  test('a second answer is refused', () => {
    const harness = inProgress();
    harness.read();
    harness.write(harness.message());
    assert.is(harness.writeErrno(harness.message()), 'EINVAL');
    assert.is(harness.received().length, 1);
  });
  test('a second registration is refused: before the reply is read and after', () => {
    const harness = new DriverHarness();
    harness.session.open(1);
    assert.is(harness.writeErrno(harness.message(100)), 'ok');
    assert.is(harness.writeErrno(harness.message(100)), 'EFAULT');
    harness.read();
    assert.is(harness.writeErrno(harness.message(100)), 'EINVAL');
  });
  test('no first byte but 100 and 4 registers', () => {
    const harness = new DriverHarness();
    harness.session.open(1);
    for (let operation = 0; operation < 256; operation++)
      if (operation !== 100 && operation !== 4)
        assert.is(harness.writeErrno(harness.message(operation)), 'EINVAL', `operation ${operation}`);
    assert.is(harness.session.state, 'open');
    assert.is(harness.writeErrno(harness.message(4)), 'ok');
  });
  test('a daemon that never reads costs each request its 30 s and nothing else', () => {
    const harness = new DriverHarness();
    harness.register();
    for (let id = 1; id <= 5; id++) harness.send(enumerateRequest(1, id), id);
    harness.advance(29_999);
    assert.is(harness.received().length, 0);
    for (let id = 1; id <= 5; id++) {
      harness.advance(id === 1 ? 1 : 30_000);
      const { status, transaction } = harness.answer();
      assert.equal([status, transaction], [STATUS_FAIL, id]);
    }
    assert.is(harness.session.state, 'ready');
  });
  test('any status word reaches the host with its own request as the body', () => {
    for (const status of [1, 0x64, 0x80070103, 0xffffffff]) {
      const harness = inProgress();
      harness.read();
      const message = harness.message().fill(0xab);
      new DataView(message.buffer).setUint32(0, status, true);
      harness.write(message);
      const { payload, status: seen } = harness.answer();
      assert.is(seen, status);
      assert.equal(Buffer.from(payload.subarray(28)), enumerateRequest(1, 7).subarray(28));
    }
  });
  test('sizes and text of an answer that lie are bounded by their fields', () => {
    const harness = inProgress();
    harness.read();
    const message = harness.message().fill(0x41, 4);
    message.fill(0xff, 12, 20);
    assert.is(harness.writeErrno(message), 'ok');
    const { payload, status } = harness.answer();
    assert.is(status, STATUS_OK);
    const body = Buffer.from(payload).subarray(28);
    assert.ok(body.readUInt32LE(12) <= 512);
    assert.ok(body.readUInt32LE(16) <= 2048);
    assert.is(body.readUInt16LE(20 + body.readUInt32LE(12) - 2), 0, 'the key ends with a NUL');
    assert.is(body.readUInt16LE(532 + body.readUInt32LE(16) - 2), 0, 'the value ends with a NUL');
  });
  test('the bytes of an answer are not kept by reference', () => {
    const harness = inProgress();
    harness.channel.room = 0;
    harness.read();
    const message = Buffer.from(harness.message());
    message.write('mine', 20);
    message.write('secret', 532);
    harness.write(message);
    message.fill(0x58);
    harness.channel.room = 1;
    harness.channel.ring();
    assert.is(Buffer.from(harness.answer().payload).toString('utf16le', 28 + 532, 28 + 532 + 12), 'secret');
  });
});
