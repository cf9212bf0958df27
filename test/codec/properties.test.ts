/** Round trips over generated messages, and any bytes at all into every reader. Repeat a run with HV_KVP_SEED. */

import fc from 'fast-check';
import {
  compareVersions,
  decodeDaemonRequest,
  decodeIpBinary,
  decodeIpString,
  decodeKvp,
  decodeNegotiate,
  decodePayload,
  decodeRecord,
  decodeUtf8,
  encodeDaemonRequest,
  encodeIpBinary,
  encodeIpString,
  encodeKvp,
  encodeKvpRequest,
  encodeNegotiateRequest,
  encodePayload,
  encodeRecord,
  formatIpv4,
  formatIpv6,
  type IpInfo,
  inspectHostRequest,
  type KvpMessage,
  type KvpValue,
  operationNames,
  parseIpv4,
  parseIpv6,
  poolNames,
  Status,
  statusNames,
  type Version,
  valueTypeNames,
  version,
} from 'hv-kvp/codec';
import ipaddr from 'ipaddr.js';
import { seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const seed = seedOfRun();
/** fast-check prints the seed and the shrunk counterexample with a failure. */
const holds = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void, numRuns = 200) =>
  fc.assert(fc.property(arbitrary, property), { seed, numRuns });

/** Well-formed text without NUL that fits `units` and `bytes`. */
const text = (units: number, bytes: number) =>
  fc
    .string({ unit: 'binary', maxLength: units })
    .map((raw) => raw.replaceAll('\0', ''))
    .filter((each) => each.length <= units && new TextEncoder().encode(each).length <= bytes);
/** Plain objects only: what the codec returns has the usual prototype, and comparisons look at it. */
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(fields, { noNullPrototype: true });
const key = text(255, 511);
const byte = fc.nat(255);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const versions = record({ major: u16, minor: u16 });
const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength });

const value: fc.Arbitrary<KvpValue> = fc.oneof(
  record({ type: fc.constantFrom(1 as const, 2 as const), text: text(1023, 2047) }),
  record({ type: fc.constant(4 as const), number: u32 }),
  record({ type: fc.constantFrom(8 as const, 11 as const), bigint: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  record({ type: fc.constantFrom(3, 5, 7, 100, 0xffffffff), bytes: anyBytes(2048) }),
);

const ipv4 = fc.ipV4();
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIpv6);
const list = (max: number) =>
  fc.tuple(fc.array(ipv4, { maxLength: max }), fc.array(ipv6, { maxLength: max })).map((both) => both.flat());
const addresses = fc.tuple(
  fc.array(record({ address: ipv4, subnet: ipv4, origin: u16 }), { maxLength: 12 }),
  fc.array(record({ address: ipv6, subnet: fc.nat(128).map(String), origin: u16 }), { maxLength: 12 }),
);
/** IPv4 before IPv6, as the binary form keeps them. */
const ipInfo: fc.Arbitrary<IpInfo & { origins: number[] }> = record({
  id: text(60, 127),
  family: fc.nat(3),
  dhcp: fc.boolean(),
  entries: addresses,
  gateways: list(5),
  dns: list(8),
}).map(({ id, family, dhcp, entries, gateways, dns }) => ({
  adapterId: id,
  family,
  dhcp,
  addresses: entries.flat().map(({ address }) => address),
  subnets: entries.flat().map(({ subnet }) => subnet),
  gateways,
  dns,
  origins: entries.flat().map(({ origin }) => origin),
}));

const message: fc.Arbitrary<KvpMessage> = fc.oneof(
  record({ operation: fc.constant(0 as const), pool: byte, key }),
  record({ operation: fc.constant(0 as const), pool: byte, key, value }),
  record({ operation: fc.constant(1 as const), pool: byte, key, value }),
  record({ operation: fc.constant(2 as const), pool: byte, key }),
  record({ operation: fc.constant(3 as const), pool: byte, index: u32 }),
  record({ operation: fc.constant(3 as const), pool: byte, index: u32, key, value }),
  record({ operation: fc.constantFrom(4 as const, 5 as const), pool: byte, ip: ipInfo }),
  record({ operation: fc.integer({ min: 6, max: 255 }), pool: byte, body: anyBytes(3000) }),
);

const withoutOrigins = (each: KvpMessage): KvpMessage => {
  if (!('ip' in each)) return each;
  const { origins: _, ...ip } = each.ip;
  return { ...each, ip };
};

suite(`codec/properties (seed ${seed})`, ({ test }) => {
  test('a KVP message comes back from its payload, at every version', () => {
    holds(fc.tuple(message, fc.constantFrom(1, 3, 4, 5)), ([each, major]) => {
      const kvpVersion = version(major);
      const payload = encodeKvpRequest(each, { version: kvpVersion });
      const { ic, body } = decodePayload(payload);
      assert.equal(ic.message, kvpVersion);
      assert.equal(decodeKvp(body, { version: kvpVersion }), major < 5 ? withoutOrigins(each) : each);
      assert.equal(encodeKvp(decodeKvp(body, { version: kvpVersion }), { version: kvpVersion }), body);
    });
  });

  test('a payload keeps every header field, however odd', () => {
    const ic = record({
      framework: versions,
      type: u16,
      message: versions,
      status: u32,
      transaction: byte,
      flags: byte,
    });
    holds(fc.tuple(ic, anyBytes(200)), ([header, body]) => {
      const decoded = decodePayload(encodePayload(header, body));
      assert.equal(decoded.ic, { ...header, size: body.length });
      assert.equal(decoded.body, body);
    });
  });

  test('version lists come back', () => {
    const versionList = fc.array(versions, { maxLength: 100 });
    holds(record({ frameworks: versionList, messages: versionList }), (lists) => {
      assert.equal(decodeNegotiate(encodeNegotiateRequest(lists)), lists);
    });
  });

  test('both IP forms come back', () => {
    holds(ipInfo, (info) => {
      assert.equal(decodeIpBinary(encodeIpBinary(info)), info);
      const { origins: _, ...rest } = info;
      assert.equal(decodeIpString(encodeIpString(info)), rest);
    });
  });

  test('daemon requests come back, in both dialects', () => {
    holds(
      fc.tuple(key, text(2047, 2047), fc.constantFrom('linux' as const, 'freebsd' as const)),
      ([name, content, dialect]) => {
        const bytes = encodeDaemonRequest({ operation: 1, pool: 0, key: name, value: content }, { dialect });
        const request = decodeDaemonRequest(bytes, { dialect });
        assert.ok('key' in request && 'value' in request);
        if ('key' in request && 'value' in request)
          assert.equal([decodeUtf8(request.key), decodeUtf8(request.value)], [name, content]);
      },
    );
  });

  test('pool records come back', () => {
    holds(fc.tuple(key, text(2047, 2047)), ([name, content]) => {
      const record = decodeRecord(encodeRecord({ key: name, value: content }));
      assert.equal([decodeUtf8(record.key), decodeUtf8(record.value)], [name, content]);
    });
  });

  test('IPv6 text agrees with ipaddr.js, both ways', () => {
    // ipaddr.js takes the deprecated "::1.2.3.4" for "::ffff:1.2.3.4"; every platform's parser keeps them apart.
    const plain = fc.ipV6().filter((address) => !address.startsWith('::') || !address.includes('.'));
    holds(plain, (address) => {
      assert.equal(Array.from(parseIpv6(address)!), ipaddr.parse(address).toByteArray(), address);
    });
    holds(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      assert.equal(parseIpv6(formatIpv6(bytes)), bytes);
      assert.equal(ipaddr.parse(formatIpv6(bytes)).toByteArray(), Array.from(bytes));
    });
    for (const wrong of ['', ':', '::1%eth0', '1::2::3', '1.2.3.4', 'g::', '::1]/x[', '::1/64', `${'0:'.repeat(8)}0`])
      assert.is(parseIpv6(wrong), undefined, wrong);
  });

  test('IPv4 text is four decimal bytes and nothing else', () => {
    holds(ipv4, (address) => assert.is(formatIpv4(parseIpv4(address)!), address));
    for (const wrong of ['', '1.2.3', '256.1.1.1', '1.2.3.4.5', '0x1.2.3.4', '1.2.3.4 ', '127.1', '-1.2.3.4'])
      assert.is(parseIpv4(wrong), undefined, wrong);
  });

  test('names lead to their numbers and back, and unknown numbers stay', () => {
    for (const names of [operationNames, poolNames, valueTypeNames, statusNames])
      holds(fc.oneof(fc.nat(20), u32), (number) => assert.is(names.find(names.of(number)), number));
    assert.is(operationNames.of(4), 'get-ip-info');
    assert.is(poolNames.find('Auto-External'), 3);
    assert.is(statusNames.of(Status.NoMoreItems), 'no-more-items');
    assert.is(statusNames.of(0xffffffff), '0xffffffff');
    for (const wrong of ['', 'nobody', '-1', '1.5', '0x', ' 1']) assert.is(poolNames.find(wrong), undefined, wrong);
  });

  test('whatever a host sends, a guest accepts it, refuses it or drops it', () => {
    const start = encodeKvpRequest({ operation: 1, pool: 0, key: 'Foo', value: { type: 1, text: 'Bar' } });
    const patches = fc.array(fc.tuple(fc.nat(start.length - 1), byte), { maxLength: 6 });
    holds(
      fc.tuple(patches, fc.nat(start.length), fc.constantFrom(3, 4, 5)),
      ([changes, length, major]) => {
        const payload = start.slice();
        for (const [at, to] of changes) payload[at] = to;
        inspectAll(payload.slice(0, length), version(major));
      },
      2_000,
    );
  });

  test('any bytes at all give a typed error or a reading', () => {
    holds(anyBytes(200), (payload) => inspectAll(payload, version(4)), 2_000);
  });

  test('versions sort by major, then minor', () => {
    holds(fc.tuple(versions, versions), ([a, b]) => {
      const packed = (each: Version) => each.major * 0x10000 + each.minor;
      assert.is(Math.sign(compareVersions(a, b)), Math.sign(packed(a) - packed(b)));
    });
  });
});

function inspectAll(payload: Uint8Array, kvpVersion: Version): void {
  try {
    const request = inspectHostRequest(payload, kvpVersion);
    if (request.kind === 'refused') {
      assert.ok(request.status !== 0);
      return;
    }
    for (const policy of ['replace', 'linux', 'freebsd'] as const)
      decodeKvp(request.body, { version: kvpVersion, text: policy });
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    if (name !== 'KvpError' || !code?.startsWith('ERR_CODEC_')) throw error;
  }
}
