/** Every worked example of the protocol, encoded and decoded byte for byte. */
import {
  answerEnumerate,
  answerNegotiation,
  answerStatus,
  daemonToIpBinary,
  decodeDaemonAnswer,
  decodeDaemonRequest,
  decodeKvp,
  decodeKvpAnswer,
  decodeNegotiate,
  decodeNegotiateAnswer,
  decodePayload,
  decodeRecord,
  decodeRegistrationReply,
  decodeUtf8,
  encodeDaemonRequest,
  encodeKvp,
  encodeKvpRequest,
  encodeKvpResponse,
  encodeNegotiateRequest,
  encodePayload,
  encodeRecord,
  encodeRegistration,
  encodeRegistrationReply,
  encodeUtf8,
  freebsdPolicy,
  ipBinaryToDaemon,
  ipInfoRequest,
  type KvpMessageInput,
  linuxPolicy,
  Operation,
  Pool,
  Status,
  version,
} from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';
import { hexOf } from '../_support/vector-hex.js';
import { workedExamples } from '../_support/worked-examples.js';

const examples = workedExamples();
const used = new Set<string>();

function example(name: string): Uint8Array {
  const bytes = examples.get(name);
  if (bytes === undefined) throw new Error(`no worked example ${name}`);
  used.add(name);
  return bytes;
}

/** The payload of a ring image: what stands between descriptor and padding. Checks all that surrounds it. */
function payloadOf(name: string, start = 0): Uint8Array {
  const image = example(name);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  assert.is(view.getUint16(0, true), 6, 'in-band');
  assert.is(view.getUint16(2, true), 2, 'payload offset');
  assert.is(view.getUint16(4, true) * 8 + 8, image.length, 'length');
  const end = 16 + 8 + view.getUint32(20, true);
  assert.ok(
    image.subarray(end, image.length - 4).every((byte) => byte === 0),
    'padding and trailer',
  );
  assert.is(view.getUint32(image.length - 4, true), start, 'start offset in the trailer');
  return image.subarray(16, end);
}

const same = (actual: Uint8Array, expected: Uint8Array) => assert.is(hexOf(actual), hexOf(expected));
const string = (text: string) => ({ type: 1 as const, text });
const offered = { frameworks: [version(1), version(3)], messages: [version(3), version(4), version(5)] };
const bothVersions = (message: number) => ({ framework: version(3), message: version(message) });

const MAC = '00:15:5D:01:02:03';
const ADAPTER = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
const CONFIGURATION = {
  adapterId: MAC,
  family: 3,
  dhcp: true,
  addresses: ['10.0.0.5', 'fe80::215:5dff:fe01:203'],
  subnets: ['255.255.255.0', '/64'],
  gateways: ['10.0.0.1'],
  dns: ['10.0.0.2', '10.0.0.3'],
};

/** Encodes to the example and decodes back to the message. */
function exact(payload: Uint8Array, message: KvpMessageInput, kvpVersion = version(4)): void {
  same(encodeKvpRequest(message, { version: kvpVersion }), payload);
  assert.equal(decodeKvp(decodePayload(payload).body, { version: kvpVersion }), message);
}

suite('codec/worked-examples', ({ test }) => {
  test('9.1 negotiate request', () => {
    const payload = payloadOf('9.1');
    same(encodeNegotiateRequest(offered), payload);
    assert.equal(decodeNegotiate(payload), offered);
    assert.equal(decodePayload(payload).ic, {
      framework: version(0),
      type: 0,
      message: version(0),
      size: 28,
      status: 0,
      transaction: 0,
      flags: 3,
    });
  });

  test('9.2 Linux answers 3.0 and 4.0', () => {
    const answer = payloadOf('9.2');
    const { response, agreed } = answerNegotiation(payloadOf('9.1'), linuxPolicy());
    same(response, answer);
    assert.equal(agreed, bothVersions(4));
    assert.equal(decodeNegotiateAnswer(answer, offered), { ...agreed, remarks: [] });
    same(answerNegotiation(payloadOf('9.1'), freebsdPolicy()).response, answer);
  });

  test('9.3 the shortest answer that selects 3.0 and 5.0', () => {
    const answer = payloadOf('9.3');
    assert.equal(decodeNegotiateAnswer(answer, offered), { ...bothVersions(5), remarks: [] });
    const none = version(0);
    const ic = { framework: none, type: 0, message: none, status: 0, transaction: 0, flags: 5 };
    same(encodePayload(ic, answer.subarray(28)), answer);
    const longer = answerNegotiation(payloadOf('9.1'), linuxPolicy({ maxMessage: version(5) }));
    assert.equal(longer.agreed, bothVersions(5));
    same(decodePayload(longer.response).body, decodePayload(answer).body);
  });

  test('9.4 Linux refuses 5.0', () => {
    const only5 = { frameworks: offered.frameworks, messages: [version(5)] };
    same(encodeNegotiateRequest(only5), example('9.4'));
    const { response, agreed } = answerNegotiation(example('9.4'), linuxPolicy());
    same(response, example('9.4b'));
    assert.is(agreed, undefined);
    assert.throws(() => decodeNegotiateAnswer(response, only5), /ERR_CODEC_NEGOTIATE|version lists/);
  });

  test('9.5 SET a string', () => {
    exact(payloadOf('9.5', 0x50), { operation: Operation.Set, pool: Pool.External, key: 'Foo', value: string('Bär') });
  });

  test('9.5.1 the daemon reads the SET', () => {
    const message = example('9.5.1');
    same(encodeDaemonRequest({ operation: Operation.Set, pool: 0, key: 'Foo', value: 'Bär' }), message);
    const request = decodeDaemonRequest(message);
    assert.equal(request, { operation: 1, pool: 0, key: encodeUtf8('Foo'), value: encodeUtf8('Bär') });
  });

  test('9.5.2 SET a number', () => {
    const head = example('9.5.2');
    const message = {
      operation: Operation.Set,
      pool: 0,
      key: 'Count',
      value: { type: 4, number: 0x12345678 },
    } as const;
    same(encodeKvp(message).subarray(0, head.length), head);
    assert.equal(decodeKvp(encodeKvp(message)), message);
  });

  test('9.6 ENUMERATE and its answer', () => {
    exact(payloadOf('9.6'), { operation: Operation.Enumerate, pool: Pool.Auto, index: 5 });
    const answer = payloadOf('9.6.1');
    const message = { operation: 3, pool: 2, index: 5, key: 'OSName', value: string('Debian GNU/Linux') } as const;
    same(encodeKvpResponse(message), answer);
    assert.equal(decodeKvpAnswer(answer, Operation.Enumerate), { status: 0, message, remarks: [] });
  });

  test('9.6.2 the daemon answers the ENUMERATE', () => {
    const request = encodeDaemonRequest({ operation: Operation.Enumerate, pool: 2, index: 5 });
    same(answerEnumerate(request, encodeUtf8('OSName'), encodeUtf8('Debian GNU/Linux')), example('9.6.2'));
    const { status, key, value } = decodeDaemonAnswer(example('9.6.2'), Operation.Enumerate);
    assert.equal([status, decodeUtf8(key!), decodeUtf8(value!)], [0, 'OSName', 'Debian GNU/Linux']);
  });

  test('9.7 the end of an enumeration', () => {
    const message = { operation: Operation.Enumerate, pool: 2, index: 10 } as const;
    same(encodeKvpResponse(message, { status: Status.NoMoreItems }), example('9.7'));
    assert.equal(decodeKvpAnswer(example('9.7'), Operation.Enumerate), { status: Status.NoMoreItems, remarks: [] });
    same(answerStatus(encodeDaemonRequest(message), Status.NoMoreItems), example('9.7b'));
  });

  test('9.8 GET_IP_INFO as text, and its answer', () => {
    const request = { operation: Operation.GetIpInfo, pool: 1, ip: ipInfoRequest(MAC) } as const;
    exact(payloadOf('9.8'), request);
    // A Linux daemon ends these two lists with a separator: given as texts they are written as they are.
    const ip = { ...CONFIGURATION, gateways: '10.0.0.1;', dns: '10.0.0.2;10.0.0.3;' };
    same(encodeKvpResponse({ operation: 4, pool: 1, ip }), example('9.8.1'));
    const answer = decodeKvpAnswer(example('9.8.1'), Operation.GetIpInfo);
    assert.equal(answer, { status: 0, message: { operation: 4, pool: 1, ip: CONFIGURATION }, remarks: [] });
  });

  test('9.8.2 the daemon reads the GET_IP_INFO', () => {
    const message = example('9.8.2');
    same(encodeDaemonRequest({ operation: Operation.GetIpInfo, pool: 1, adapterId: MAC }), message);
    assert.equal(decodeDaemonRequest(message), { operation: 4, pool: 1, adapterId: MAC, family: 0 });
  });

  test('9.9 the binary IP block, made from what the daemon answers', () => {
    const answer = example('9.9');
    const ip = { ...CONFIGURATION, subnets: ['255.255.255.0', '64'], origins: [1, 1] };
    const five = { version: version(5) };
    same(encodeKvpResponse({ operation: 4, pool: 1, ip }, five), answer);
    assert.equal(decodeKvpAnswer(answer, Operation.GetIpInfo, five).message, { operation: 4, pool: 1, ip });

    const request = encodeKvp({ operation: 4, pool: 1, ip: ipInfoRequest(MAC) }, five);
    same(ipBinaryToDaemon(request), example('9.8.2'));
    const answered = encodeDaemonRequest({ operation: Operation.SetIpInfo, pool: 1, ip: CONFIGURATION });
    same(daemonToIpBinary(request, answerStatus(answered)), decodePayload(answer).body);
  });

  test('9.10 DELETE', () => exact(example('9.10'), { operation: Operation.Delete, pool: 0, key: 'Foo' }));

  test('9.11 registration and its reply', () => {
    same(encodeRegistration(), example('9.11'));
    same(encodeRegistrationReply(), example('9.11b'));
    assert.is(decodeRegistrationReply(example('9.11b')), '3.1');
  });

  test('9.12 the negotiate request around the end of a ring', () => {
    const image = Buffer.concat([example('9.12'), example('9.12b')]);
    same(image.subarray(16, 72), payloadOf('9.1'));
    assert.is(image.readUInt32LE(76), 0x2fd0);
  });

  test('9.13 a pool record', () => {
    same(encodeRecord({ key: 'Foo', value: 'Bär' }), example('9.13'));
    const { key, value } = decodeRecord(example('9.13'));
    assert.equal([decodeUtf8(key), decodeUtf8(value)], ['Foo', 'Bär']);
  });

  test('9.14 SET_IP_INFO as text', () => {
    const ip = {
      adapterId: ADAPTER,
      family: 1,
      dhcp: false,
      addresses: ['192.168.10.20', '192.168.10.21'],
      subnets: ['255.255.255.0', '255.255.255.0'],
      gateways: ['192.168.10.1'],
      dns: ['192.168.10.2'],
    };
    exact(example('9.14'), { operation: Operation.SetIpInfo, pool: 1, ip });
  });

  test('every example is used', () => assert.equal([...used].sort(), [...examples.keys()].sort()));
});
