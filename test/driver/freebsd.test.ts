/** The FreeBSD profile: its device, its registration, its 5 s (protocol.md 4.2 to 4.4). */
import { POLLIN, POLLRDNORM } from 'hv-kvp/device';
import { DriverHarness, STATUS_FAIL, STATUS_OK } from '../_support/driver-harness.js';
import { enumerateRequest, hostRequest, negotiateRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

const READABLE = POLLIN | POLLRDNORM;

suite('driver: freebsd profile', ({ test }) => {
  test('registration is op 4 alone, has no reply, and counts at once', () => {
    const harness = new DriverHarness('freebsd');
    harness.send(negotiateRequest(3, 4));
    harness.session.open(1);
    assert.is(harness.readOutcome(), 'EPERM');
    assert.is(harness.writeErrno(harness.message(100)), 'EINVAL');
    assert.is(harness.received().length, 0);
    assert.equal(harness.write(harness.message(4)), { kind: 'written', bytes: 7430 });
    assert.is(harness.received().length, 1);
    assert.is(harness.readOutcome(), 'blocks');
  });
  test('a busy device is EBUSY, and closing ends the registration', () => {
    const harness = new DriverHarness('freebsd');
    harness.register(1);
    assert.is(harness.session.open(2), 'EBUSY');
    harness.release(1);
    assert.is(harness.session.open(2), 'ok');
    assert.is(harness.readOutcome(2), 'EPERM');
  });
  test('messages have 7,430 bytes and are whole', () => {
    const harness = new DriverHarness('freebsd');
    harness.register();
    harness.send(enumerateRequest(1, 7));
    assert.is(harness.readOutcome(1, 7429), 'EINVAL');
    assert.is(harness.read().length, 7430);
    assert.is(harness.writeErrno(new Uint8Array(7429)), 'EINVAL');
    assert.is(harness.writeErrno(harness.message()), 'ok');
    assert.is(harness.answer().status, STATUS_OK);
  });
  test('poll reports a request until it is answered', () => {
    const harness = new DriverHarness('freebsd');
    harness.register();
    assert.is(harness.session.poll(1), 0);
    harness.send(enumerateRequest(1, 7));
    assert.is(harness.session.poll(1), READABLE);
    harness.read();
    assert.is(harness.session.poll(1), READABLE);
    harness.write(harness.message());
    assert.is(harness.session.poll(1), 0);
  });
  test('after 5 s the host has its answer, and the late one is accepted and dropped', () => {
    const harness = new DriverHarness('freebsd');
    harness.register();
    harness.send(enumerateRequest(1, 7), 1);
    harness.read();
    harness.advance(4_999);
    assert.is(harness.received().length, 0);
    harness.advance(1);
    assert.is(harness.answer().status, STATUS_FAIL);
    harness.send(enumerateRequest(1, 8), 2);
    assert.is(harness.readOutcome(), 'blocks');
    assert.is(harness.writeErrno(harness.message()), 'ok');
    assert.is(harness.received().length, 0);
    assert.is(harness.read()[4], 8);
    assert.is(harness.writeErrno(harness.message()), 'ok');
    assert.is(harness.answer().transaction, 2);
  });
  test('SET_IP_INFO names the interface where one is known for the adapter, and nothing of the id stays behind', () => {
    const guid = '{6e1b2a3c-0001-4abc-9def-0123456789ab}';
    const names = new Map([[guid, 'hn0']]);
    const harness = new DriverHarness('freebsd', 4, { interfaceName: (adapterId) => names.get(adapterId) });
    harness.register();
    const adapterSeen = (operation: number, adapter: string) => {
      harness.send(hostRequest(operation, { pool: 1, adapter }));
      const message = Buffer.from(harness.read());
      harness.write(harness.message());
      return message.toString('utf8', 4, 260).replace(/\0+$/, '');
    };
    assert.is(adapterSeen(5, guid), 'hn0');
    assert.is(adapterSeen(5, '{another}'), '{another}');
    assert.is(adapterSeen(4, guid), guid, 'GET_IP_INFO is about a MAC address');
  });
  test('unloading ends with EBADF, not with a killed daemon', () => {
    const harness = new DriverHarness('freebsd');
    harness.register();
    harness.session.close();
    assert.is(harness.readOutcome(), 'EBADF');
  });
});
