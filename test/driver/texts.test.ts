/** What only the session can show of the translation: GET end to end, records that are not UTF-8, legacy daemons. */
import { DriverHarness, STATUS_FAIL, STATUS_OK } from '../_support/driver-harness.js';
import { enumerateRequest, hostRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

const ENUMERATE_KEY_AT = 20;
const ENUMERATE_VALUE_AT = 532;
const GET_VALUE_AT = 528;

function answered(request: Buffer, fields: [number, Uint8Array | string][], registeredOperation?: number) {
  const harness = new DriverHarness();
  harness.register(1, registeredOperation);
  harness.send(request, 1);
  const read = Buffer.from(harness.read());
  const message = Buffer.from(harness.message());
  for (const [at, bytes] of fields) message.set(Buffer.from(bytes as string), at);
  harness.write(message);
  const { status, payload } = harness.answer();
  return { status, read, body: Buffer.from(payload.subarray(28)), harness };
}

/** The text of a field by its stated size, which must end in a NUL unit. */
function textAt(body: Buffer, sizeAt: number, at: number): string {
  const size = body.readUInt32LE(sizeAt);
  assert.is(body.readUInt16LE(at + size - 2), 0, 'the NUL is within the stated size');
  return body.toString('utf16le', at, at + size - 2);
}

suite('driver: texts', ({ test }) => {
  test('GET asks for a value and takes it where the daemon writes it', () => {
    const { status, read, body } = answered(hostRequest(0, { pool: 1, key: 'Zürich' }), [[GET_VALUE_AT, 'schön']]);
    assert.is(read.toString('utf8', 16, 16 + 7), 'Zürich');
    assert.is(read.readUInt32LE(8), 8);
    assert.is(read.readUInt32LE(12), 2048);
    assert.is(status, STATUS_OK);
    assert.is(body.readUInt32LE(4), 1);
    assert.is(textAt(body, 12, GET_VALUE_AT), 'schön');
    assert.is(textAt(body, 8, 16), 'Zürich', 'the key of the request stays');
  });
  test('a record that is not UTF-8 is shown with replacement characters', () => {
    const latin1 = Buffer.from('caf\xe9 cr\xe8me', 'latin1');
    const { status, body, harness } = answered(enumerateRequest(1, 3), [
      [ENUMERATE_KEY_AT, Buffer.from([0x6b, 0xff])],
      [ENUMERATE_VALUE_AT, latin1],
    ]);
    assert.is(status, STATUS_OK);
    assert.is(body.readUInt32LE(4), 3, 'the index stays');
    assert.is(body.readUInt32LE(8), 1);
    assert.is(textAt(body, 12, ENUMERATE_KEY_AT), 'k\ufffd');
    assert.is(textAt(body, 16, ENUMERATE_VALUE_AT), 'caf\ufffd cr\ufffdme');
    harness.send(enumerateRequest(1, 4), 2);
    assert.is(harness.read()[4], 4, 'the records behind it can be asked for');
  });
  test('a GET whose value is not UTF-8 is shown too', () => {
    const { status, body } = answered(hostRequest(0, { key: 'k' }), [[GET_VALUE_AT, Buffer.from([0x61, 0xc3])]]);
    assert.is(status, STATUS_OK);
    assert.is(textAt(body, 12, GET_VALUE_AT), 'a\ufffd');
  });
  test('replacement characters stay within the limits of a host, at any length of garbage', () => {
    const { status, body } = answered(enumerateRequest(1, 0), [
      [ENUMERATE_KEY_AT, Buffer.alloc(512, 0xff)],
      [ENUMERATE_VALUE_AT, Buffer.alloc(2048, 0xff)],
    ]);
    assert.is(status, STATUS_OK);
    assert.is(textAt(body, 12, ENUMERATE_KEY_AT), '\ufffd'.repeat(254));
    assert.is(textAt(body, 16, ENUMERATE_VALUE_AT), '\ufffd'.repeat(1022));
  });
  test('a status of the daemon is never overruled', () => {
    const message = Buffer.alloc(4);
    message.writeUInt32LE(STATUS_FAIL);
    const { status, body } = answered(enumerateRequest(1, 3), [
      [0, message],
      [ENUMERATE_VALUE_AT, Buffer.from([0xff])],
    ]);
    assert.is(status, STATUS_FAIL);
    assert.equal(body, enumerateRequest(1, 3).subarray(28));
  });
  test('IP texts that are not UTF-8 fail the request, which is echoed', () => {
    const request = hostRequest(4, { pool: 1, adapter: '00:15:5D:01:02:03' });
    const { status, body } = answered(request, [[262, Buffer.from([0xff])]]);
    assert.is(status, STATUS_FAIL);
    assert.equal(body, request.subarray(28));
  });
  test('a legacy daemon’s first word is no status, and its empty key ends an enumeration and nothing else', () => {
    const ended = answered(enumerateRequest(1, 3), [[0, Buffer.from([3, 1])]], 4);
    assert.is(ended.status, 0x80070103);
    const found = answered(
      enumerateRequest(1, 3),
      [
        [0, Buffer.from([3, 1])],
        [ENUMERATE_KEY_AT, 'key'],
      ],
      4,
    );
    assert.is(found.status, STATUS_OK);
    const set = answered(hostRequest(1, { key: 'Foo', value: 'bar' }), [[0, Buffer.from([1, 0])]], 4);
    assert.is(set.status, STATUS_OK);
  });
  test('what a legacy daemon wrote is not changed under its hands', () => {
    const harness = new DriverHarness();
    harness.register(1, 4);
    harness.send(enumerateRequest(1, 3));
    harness.read();
    const message = Buffer.from(harness.message());
    message.set([3, 1]);
    harness.write(message);
    assert.equal([...message.subarray(0, 4)], [3, 1, 0, 0]);
    assert.is(harness.answer().status, 0x80070103);
  });
  test('an answer shows nothing of the answer before it, or of the request’s fields', () => {
    const harness = new DriverHarness();
    harness.register();
    const message = Buffer.from(harness.message()).fill(0x53, 4);
    message.fill(0, 4, 20);
    harness.send(enumerateRequest(1, 0));
    harness.read();
    harness.write(message);
    harness.received();
    const dirty = enumerateRequest(1, 1);
    dirty.fill(0x54, 28 + 20);
    harness.send(dirty);
    const read = harness.read();
    assert.ok(
      read.subarray(8).every((byte) => byte === 0),
      'the daemon sees a clean message',
    );
    const short = Buffer.from(harness.message());
    short.write('k', 20);
    short.write('v', 532);
    harness.write(short);
    const body = Buffer.from(harness.answer().payload.subarray(28));
    assert.is(textAt(body, 12, 20), 'k');
    assert.ok(body.subarray(24, 532).every((byte) => byte === 0));
    assert.ok(body.subarray(536, 2580).every((byte) => byte === 0));
  });
});
