/** Message version 5.0: the host's binary IP block and the device's texts (protocol.md 3.6, 9.8.2, 9.9). */
import { DriverHarness, STATUS_FAIL, STATUS_INVALID, STATUS_OK } from '../_support/driver-harness.js';
import { hostRequest, negotiateRequest } from '../_support/host-requests.js';
import { assert, suite } from '../_support/suite.js';

const MAC = '00:15:5D:01:02:03';
const BODY = 28;
/** Offsets in the binary block. */
const ADAPTER_AT = 28;
const FAMILY_AT = 284;

function agreedOn5(): DriverHarness {
  const harness = new DriverHarness('linux', 5);
  harness.register();
  harness.send(negotiateRequest(3, 4, 5));
  assert.is(harness.answer().payload[40], 5);
  return harness;
}

function getIp(): Buffer {
  const request = hostRequest(4, { pool: 1, major: 5 });
  request.write(MAC, BODY + ADAPTER_AT, 'utf16le');
  return request;
}

function ipAnswer(harness: DriverHarness): Buffer {
  const message = Buffer.from(harness.message());
  message.write(MAC, 4);
  message[260] = 3;
  message[261] = 1;
  message.write('10.0.0.5;fe80::215:5dff:fe01:203', 262);
  message.write('255.255.255.0;/64', 2310);
  message.write('10.0.0.1;', 4358);
  message.write('10.0.0.2;10.0.0.3;', 5382);
  return message;
}

suite('driver: binary IP block', ({ test }) => {
  test('the highest version is agreed on that both allow', () => {
    for (const [own, offered, agreed] of [
      [5, [3, 4, 5], 5],
      [4, [3, 4, 5], 4],
      [3, [1, 3, 4, 5], 3],
      [5, [1], 1],
    ] as const) {
      const harness = new DriverHarness('linux', own);
      harness.register();
      harness.send(negotiateRequest(...offered));
      assert.is(harness.answer().payload[40], agreed);
    }
  });
  test('GET_IP_INFO reaches the daemon as texts and comes back as numbers, byte for byte as in protocol.md 9.9', () => {
    const harness = agreedOn5();
    harness.send(getIp(), 8);
    const read = Buffer.from(harness.read());
    const expected = Buffer.alloc(7432);
    expected.set([4, 1]);
    expected.write(MAC, 4);
    assert.equal(read, expected);
    assert.is(harness.writeErrno(ipAnswer(harness)), 'ok');
    const { status, payload, transaction } = harness.answer();
    assert.equal([status, transaction], [STATUS_OK, 8]);
    const image = Buffer.alloc(7456);
    image.set(getIp());
    image[25] = 5;
    for (const [at, hex] of [
      [0x20, '010000000100000001000000000000000200000000000000'],
      [0x138, '030100000a000005'],
      [0x23c, 'fe8000000000000002155dfffe010203'],
      [0x63c, 'ffffff00'],
      [0x73c, '40000000'],
      [0x83c, '0a000001'],
      [0x8a0, '0a0000020a000003'],
      [0xda0, '01000100'],
    ] as const)
      image.write(hex, at, 'hex');
    assert.is(Buffer.from(payload).toString('hex'), image.toString('hex'));
  });
  test('a request that is only as long as its block gets an answer of that length', () => {
    const harness = agreedOn5();
    const request = Buffer.from(getIp().subarray(0, BODY + 3716));
    request.writeUInt32LE(20 + 3716, 4);
    request.writeUInt16LE(3716, 18);
    harness.send(request);
    harness.read();
    harness.write(ipAnswer(harness));
    const { status, payload } = harness.answer();
    assert.is(status, STATUS_OK);
    assert.is(payload.length, BODY + 3716);
    assert.equal([...payload.subarray(BODY + 288, BODY + 292)], [10, 0, 0, 5]);
  });
  test('SET_IP_INFO becomes texts and its answer is the request', () => {
    const harness = agreedOn5();
    const request = hostRequest(5, { pool: 1, major: 5 });
    const body = request.subarray(BODY);
    body.writeUInt32LE(1, 4);
    body.writeUInt32LE(1, 8);
    body.writeUInt32LE(1, 12);
    body.writeUInt32LE(1, 20);
    body.write('{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}', ADAPTER_AT, 'utf16le');
    body[FAMILY_AT] = 3;
    body.set([192, 168, 10, 20], 288);
    body.set([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 544);
    body.set([255, 255, 255, 0], 1568);
    body.writeUInt32LE(64, 1824);
    body.set([192, 168, 10, 1], 2080);
    body.set([192, 168, 10, 2], 2180);
    harness.send(request, 9);
    const read = Buffer.from(harness.read());
    const text = (at: number) => read.toString('utf8', at, read.indexOf(0, at));
    assert.equal([read[0], read[1], read[260], read[261]], [5, 1, 3, 0]);
    assert.equal(
      [text(4), text(262), text(2310), text(4358), text(5382)],
      [
        '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}',
        '192.168.10.20;fd00::1',
        '255.255.255.0;64',
        '192.168.10.1',
        '192.168.10.2',
      ],
    );
    harness.write(harness.message());
    const { status, payload } = harness.answer();
    assert.is(status, STATUS_OK);
    assert.equal(Buffer.from(payload.subarray(BODY)), request.subarray(BODY));
  });
  test('a status of the daemon goes back with the request', () => {
    const harness = agreedOn5();
    harness.send(getIp());
    harness.read();
    const message = ipAnswer(harness);
    message.writeUInt32LE(STATUS_FAIL, 0);
    harness.write(message);
    const { status, payload } = harness.answer();
    assert.is(status, STATUS_FAIL);
    assert.equal(Buffer.from(payload.subarray(BODY)), getIp().subarray(BODY));
  });
  test('texts that are no addresses fail the request', () => {
    const harness = agreedOn5();
    harness.send(getIp());
    harness.read();
    const message = ipAnswer(harness);
    message.write('not an address', 262);
    assert.is(harness.writeErrno(message), 'ok');
    assert.is(harness.answer().status, STATUS_FAIL);
  });
  test('a block with impossible counts is refused without asking the daemon', () => {
    for (const [at, count] of [
      [4, 65],
      [8, 0xffffffff],
      [12, 6],
      [16, 6],
      [20, 65],
      [24, 65],
    ] as const) {
      const harness = agreedOn5();
      const request = hostRequest(5, { pool: 1, major: 5 });
      request.writeUInt32LE(count, BODY + at);
      harness.send(request);
      assert.is(harness.answer().status, STATUS_INVALID, `count at ${at}`);
      assert.is(harness.readOutcome(), 'blocks');
    }
  });
  test('the string form is served to a host of 4.0 by the same driver', () => {
    const harness = new DriverHarness('linux', 5);
    harness.register();
    harness.send(hostRequest(4, { pool: 1, adapter: MAC, major: 4 }));
    assert.is(Buffer.from(harness.read()).toString('utf8', 4, 4 + MAC.length), MAC);
    harness.write(ipAnswer(harness));
    const body = Buffer.from(harness.answer().payload.subarray(BODY));
    assert.is(body.toString('utf16le', 260, 260 + 2 * 8), '10.0.0.5');
  });
});
