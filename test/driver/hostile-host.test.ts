/** A host that sends what it should not: exactly one answer where there is somebody to answer, and the channel goes on. */
import { KvpError } from 'hv-kvp';
import { DriverHarness, STATUS_INVALID, STATUS_NOT_SUPPORTED, STATUS_OK } from '../_support/driver-harness.js';
import { enumerateRequest, hostRequest, icMessage, negotiateRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

function registered(major = 4): DriverHarness {
  const harness = new DriverHarness('linux', major);
  harness.register();
  return harness;
}

/** The channel still works: one request and its answer. */
function serves(harness: DriverHarness): void {
  harness.send(enumerateRequest(1, 9), 99);
  assert.is(harness.read()[4], 9);
  assert.is(harness.writeErrno(harness.message()), 'ok');
  const { status, transaction } = harness.answer();
  assert.equal([status, transaction], [STATUS_OK, 99]);
}

function refused(payload: Uint8Array, status: number, major?: number): void {
  const harness = registered(major);
  if (major !== undefined) {
    harness.send(negotiateRequest(3, 4, 5));
    harness.received();
  }
  harness.send(payload, 42);
  const answer = harness.answer();
  assert.is(answer.status, status);
  assert.is(answer.transaction, 42);
  assert.is(answer.payload[25], 5);
  assert.is(answer.payload.length, payload.length);
  assert.is(harness.readOutcome(), 'blocks', 'the daemon hears nothing of it');
  serves(harness);
}

function withHeader(change: (payload: Buffer) => void): Buffer {
  const payload = enumerateRequest(1, 0);
  change(payload);
  return payload;
}

suite('driver: hostile host', ({ test }) => {
  test('unknown operations and pools are refused without asking the daemon', () => {
    for (const operation of [6, 7, 50, 99, 100, 101, 255]) refused(hostRequest(operation), STATUS_NOT_SUPPORTED);
    for (const pool of [5, 31, 32, 255]) refused(enumerateRequest(pool, 0), STATUS_INVALID);
    refused(hostRequest(200, { pool: 200 }), STATUS_NOT_SUPPORTED);
  });
  test('an unknown service is refused once, not swallowed', () => {
    for (const type of [1, 3, 4, 5, 6, 7, 8, 9, 0xffff]) refused(icMessage(type, 16), STATUS_NOT_SUPPORTED);
  });
  test('a message shorter than its operation reads is refused, one that is just long enough is not', () => {
    const least: [number, number][] = [
      [0, 2576],
      [1, 2576],
      [2, 520],
      [3, 8],
      [4, 259],
      [5, 7428],
    ];
    for (const [operation, bytes] of least) {
      const whole = hostRequest(operation, { key: 'key', value: operation === 2 ? undefined : 'value' } as object);
      const cut = (length: number) => {
        const payload = Buffer.from(whole.subarray(0, 28 + length));
        payload.writeUInt32LE(20 + length, 4);
        payload.writeUInt16LE(length, 18);
        return payload;
      };
      refused(cut(bytes - 1), STATUS_INVALID);
      const harness = registered();
      harness.send(cut(bytes));
      assert.is(harness.read()[0], operation);
    }
  });
  test('a body of 0 or 1 bytes is refused', () => {
    for (const length of [28, 29])
      refused(withHeader((p) => p.writeUInt16LE(0, 18)).subarray(0, length), STATUS_INVALID);
  });
  test('the binary IP form needs 3,716 bytes', () => {
    const binary = hostRequest(4, { major: 5, pool: 1 });
    const cut = Buffer.from(binary.subarray(0, 28 + 3715));
    cut.writeUInt32LE(20 + 3715, 4);
    cut.writeUInt16LE(3715, 18);
    refused(cut, STATUS_INVALID, 5);
  });
  test('key sizes of 0 and beyond the field are refused', () => {
    for (const size of [0, 513, 0x7fffffff, 0x80000000, 0xffffffff]) {
      for (const [operation, at] of [
        [0, 36],
        [1, 36],
        [2, 32],
      ] as const) {
        const payload = hostRequest(operation, { key: 'key' });
        payload.writeUInt32LE(size, at);
        refused(payload, STATUS_INVALID);
      }
    }
  });
  test('headers that contradict the packet are refused and mended in the answer', () => {
    const cases = [
      withHeader((p) => p.writeUInt32LE(2, 0)),
      withHeader((p) => p.writeUInt32LE(0, 4)),
      withHeader((p) => p.writeUInt32LE(19, 4)),
      withHeader((p) => p.writeUInt32LE(2601, 4)),
      withHeader((p) => p.writeUInt32LE(0xffffffff, 4)),
      withHeader((p) => p.writeUInt16LE(2581, 18)),
      withHeader((p) => p.writeUInt16LE(0xffff, 18)),
    ];
    for (const payload of cases) {
      refused(payload, STATUS_INVALID);
      const harness = registered();
      harness.send(payload);
      const answer = Buffer.from(harness.answer().payload);
      const pipeLength = answer.readUInt32LE(4);
      assert.is(answer.readUInt32LE(0), 1);
      assert.ok(pipeLength >= 20 && pipeLength <= answer.length - 8);
      assert.ok(answer.readUInt16LE(18) <= pipeLength - 20);
    }
  });
  test('packets without a header, answers and completions get no answer', () => {
    const harness = registered();
    for (const length of [0, 1, 8, 27]) harness.send(enumerateRequest(1, 0).subarray(0, length));
    harness.send(withHeader((p) => p.writeUInt8(5, 25)));
    harness.send(withHeader((p) => p.writeUInt8(4, 25)));
    harness.send(enumerateRequest(1, 0), 0, 11);
    assert.is(harness.received().length, 0);
    assert.is(harness.events.filter(({ what }) => what === 'dropped').length, 7);
    serves(harness);
  });
  test('bad packets between good ones do not hold up the ring', () => {
    const harness = registered();
    for (let id = 1; id <= 50; id++)
      harness.channel.put(id % 2 ? icMessage(3, 16) : new Uint8Array(0), { transactionLow: id });
    harness.channel.ring();
    assert.is(harness.received().length, 25);
    serves(harness);
  });
  test('a host that sends from within its own doorbell, again and again, does not pile up calls', () => {
    const harness = registered();
    const { channel } = harness;
    let sent = 1;
    channel.onSent = () => {
      if (sent === 20_000) return;
      sent++;
      channel.put(icMessage(3, 16));
      channel.ring();
    };
    harness.send(icMessage(3, 16));
    assert.is(harness.received().length, 20_000);
    serves(harness);
  });
  test('any byte of a request may be anything', () => {
    const harness = registered();
    const payload = hostRequest(1, { key: 'key', value: 'value' });
    let answers = 0;
    for (let at = 0; at < 64; at++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(payload);
        changed[at] = value;
        harness.send(changed, at);
        if (harness.session.state === 'handed') {
          harness.read();
          harness.write(harness.message());
        }
        const count = harness.received().length;
        assert.ok(count <= 1);
        answers += count;
      }
    }
    assert.ok(answers > 300);
    serves(harness);
  });
  test('requests before any negotiation are served, as Linux does', () => {
    serves(registered());
  });
  test('negotiation is answered again and again, also after a failed one', () => {
    const harness = registered();
    harness.send(negotiateRequest(9));
    assert.equal(harness.events.at(-1), { what: 'negotiated', agreed: undefined });
    for (let round = 0; round < 3; round++) harness.send(negotiateRequest(3, 4));
    assert.is(harness.received().length, 4);
    serves(harness);
  });
  test('a full ring holds answers back and takes nothing more in until there is room', () => {
    const harness = registered();
    harness.channel.room = 0;
    harness.send(negotiateRequest(3, 4), 1);
    harness.send(enumerateRequest(1, 7), 2);
    assert.is(harness.readOutcome(), 'blocks');
    assert.is(harness.channel.waiting, 1);
    harness.channel.room = 1;
    harness.channel.ring();
    assert.is(harness.answer().transaction, 1);
    assert.is(harness.read()[4], 7);
    harness.write(harness.message());
    assert.is(harness.received().length, 0);
    harness.channel.room = 1;
    harness.channel.ring();
    assert.is(harness.answer().transaction, 2);
  });
  test('a packet larger than any peer sends is answered and does not block the channel', () => {
    const payload = icMessage(2, 20_000);
    payload[28] = 3;
    refused(payload, STATUS_INVALID);
  });
  test('a corrupt ring is not read again until the channel is opened anew', () => {
    const harness = registered();
    harness.channel.put(enumerateRequest(1, 7), { transactionLow: 1 });
    harness.channel.corruption = new KvpError('ERR_RING_DESCRIPTOR');
    harness.channel.ring();
    harness.channel.ring();
    harness.channel.ring();
    assert.is(harness.events.filter(({ what }) => what === 'channel-failed').length, 1);
    assert.is(harness.readOutcome(), 'blocks');
    harness.reopenChannel();
    serves(harness);
  });
  test('an error that is nobody’s bytes is not hidden', () => {
    const harness = registered();
    harness.channel.corruption = new TypeError('a bug');
    assert.throws(() => harness.channel.ring(), 'a bug');
    serves(harness);
  });
});
