/** Every truncation, every flipped header byte, poisoned outputs, every length around each limit. */
import {
  answerEnumerate,
  answerGet,
  answerIpInfo,
  answerNegotiation,
  answerStatus,
  decodeDaemonAnswer,
  decodeDaemonRequest,
  decodeIpBinary,
  decodeKvp,
  decodeKvpAnswer,
  decodeNegotiate,
  decodeNegotiateAnswer,
  decodePayload,
  decodeRecord,
  decodeRegistrationReply,
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
  FRAMEWORK_VERSIONS,
  freebsdPolicy,
  inspectHostRequest,
  ipInfoRequest,
  type KvpMessageInput,
  linuxPolicy,
  MESSAGE_VERSIONS,
  readDaemonStatus,
  version,
} from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';
import { hexOf } from '../_support/vector-hex.js';

const offer = { frameworks: [...FRAMEWORK_VERSIONS], messages: [...MESSAGE_VERSIONS] };
const value = { type: 1, text: 'Bär' } as const;
const ip = {
  adapterId: '00:15:5D:01:02:03',
  family: 3,
  dhcp: false,
  addresses: ['10.0.0.5', 'fe80::1'],
  subnets: ['255.0.0.0', '64'],
  gateways: ['10.0.0.1'],
  dns: ['10.0.0.2'],
  origins: [2, 2],
};
const MESSAGES: KvpMessageInput[] = [
  { operation: 0, pool: 1, key: 'Foo' },
  { operation: 1, pool: 0, key: 'Foo', value },
  { operation: 1, pool: 0, key: 'N', value: { type: 4, number: 0xfedcba98 } },
  { operation: 1, pool: 0, key: 'Q', value: { type: 8, bigint: 0xfedcba9876543210n } },
  { operation: 1, pool: 0, key: 'Q', value: { type: 11, bigint: 1n } },
  { operation: 1, pool: 3, key: 'B', value: { type: 3, bytes: new Uint8Array([1, 2, 3]) } },
  { operation: 2, pool: 0, key: 'Foo' },
  { operation: 3, pool: 2, index: 0xffffffff },
  { operation: 3, pool: 2, index: 5, key: 'OSName', value },
  { operation: 4, pool: 1, ip: ipInfoRequest('00:15:5D:01:02:03') },
  { operation: 5, pool: 1, ip },
  { operation: 77, pool: 9, body: new Uint8Array([1, 2, 3]) },
];
const POLICIES = ['strict', 'replace', 'linux', 'freebsd'] as const;

/** Runs it; any error but a typed one fails the test. Returns the code, or undefined. */
function typedError(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    const { code, name } = error as { code?: string; name?: string };
    if (name !== 'KvpError' || !/^ERR_(CODEC|LIMIT)_/.test(code ?? '')) throw error;
    return code;
  }
}

/** Everything that a host's or a guest's payload can meet. */
const READERS: ((payload: Uint8Array) => unknown)[] = [
  decodePayload,
  decodeNegotiate,
  (payload) => answerNegotiation(payload, linuxPolicy()),
  (payload) => answerNegotiation(payload, freebsdPolicy()),
  (payload) => decodeNegotiateAnswer(payload, offer),
  ...[3, 5].flatMap((major) => [
    (payload: Uint8Array) => inspectHostRequest(payload, version(major)),
    ...[0, 1, 2, 3, 4, 5, 77].map(
      (operation) => (payload: Uint8Array) => decodeKvpAnswer(payload, operation, { version: version(major) }),
    ),
    ...POLICIES.map(
      (text) => (payload: Uint8Array) => decodeKvp(decodePayload(payload).body, { text, version: version(major) }),
    ),
  ]),
];

const payloads = (): Uint8Array[] => [
  encodeNegotiateRequest(offer),
  answerNegotiation(encodeNegotiateRequest(offer), linuxPolicy()).response,
  ...MESSAGES.map((message) => encodeKvpRequest(message)),
  ...MESSAGES.filter((message) => 'ip' in message).map((message) => encodeKvpRequest(message, { version: version(5) })),
  encodeKvpResponse({ operation: 3, pool: 2, index: 5, key: 'OSName', value }),
];

/** Pipe and IC header, and of the body what states operation, pool, type and sizes. */
const HEADER_BYTES = 48;

/** Lengths worth trying: all short ones, all around the edge of a field, some between. */
function lengthsBelow(length: number): number[] {
  const edges = [520, 528, 532, 2576, 2580, 259, 260, 3716, 7428].map((edge) => edge + 28);
  const near = (at: number) => at < 80 || length - at < 40 || edges.some((edge) => Math.abs(edge - at) < 4);
  return Array.from({ length }, (_, at) => at).filter((at) => near(at) || at % 293 === 0);
}

suite('codec/sweeps', ({ test }) => {
  test('a truncated payload gives a typed error or a shorter truth, in every reader', () => {
    for (const payload of payloads()) {
      for (const length of lengthsBelow(payload.length)) {
        const cut = payload.slice(0, length);
        for (const read of READERS) typedError(() => read(cut));
        if (length < 28)
          assert.is(
            typedError(() => decodePayload(cut)),
            'ERR_CODEC_SHORT',
          );
        else
          assert.is(
            typedError(() => decodePayload(cut)),
            'ERR_CODEC_PIPE',
            `${length} of ${payload.length}`,
          );
      }
    }
  });

  test('a truncated body gives ERR_CODEC_SHORT below its operation’s minimum and never anything untyped', () => {
    const minima = [2576, 2576, 520, 8, 259, 7428];
    for (const message of MESSAGES) {
      const whole = encodeKvp(message);
      for (const length of lengthsBelow(whole.length)) {
        const code = typedError(() => decodeKvp(whole.slice(0, length)));
        const minimum = length < 2 ? 2 : (minima[message.operation] ?? 2);
        assert.is(code, length < minimum ? 'ERR_CODEC_SHORT' : undefined, `operation ${message.operation}, ${length}`);
      }
    }
  });

  test('every value of every header byte gives a typed error or a reading', () => {
    for (const payload of payloads()) {
      const untouched = payload.slice();
      for (let at = 0; at < HEADER_BYTES; at++) {
        for (let bit = 0; bit < 8; bit++) {
          payload[at]! ^= 1 << bit;
          for (const read of READERS) typedError(() => read(payload));
          payload[at]! ^= 1 << bit;
        }
      }
      assert.equal(payload, untouched, 'no reader writes into what it reads');
    }
  });

  test('a flipped header byte that strict hosts look at fails the answer', () => {
    const answer = encodeKvpResponse({ operation: 3, pool: 2, index: 5, key: 'OSName', value });
    const checked: Record<number, string> = { 0: 'PIPE', 7: 'PIPE', 19: 'IC', 24: 'IC', 25: 'IC' };
    for (const [at, code] of Object.entries(checked)) {
      const flipped = answer.slice();
      flipped[Number(at)]! ^= 0xff;
      assert.is(
        typedError(() => decodeKvpAnswer(flipped, 3)),
        `ERR_CODEC_${code}`,
        `offset ${at}`,
      );
    }
    const body: [number, number, string][] = [
      [28 + 8, 3, 'ERR_CODEC_VALUE_TYPE'],
      [28 + 12, 13, 'ERR_CODEC_SIZE'],
      [28 + 12, 12, 'ERR_CODEC_NUL'],
      [28 + 12, 514, 'ERR_CODEC_SIZE'],
      [28 + 16, 2050, 'ERR_CODEC_SIZE'],
      [28 + 20, 0xd800, 'ERR_CODEC_UTF16'],
    ];
    for (const [at, word, code] of body) {
      const wrong = answer.slice();
      new DataView(wrong.buffer).setUint16(at, word, true);
      assert.is(
        typedError(() => decodeKvpAnswer(wrong, 3)),
        code,
        `offset ${at}`,
      );
    }
  });

  test('an output full of 0xA5 comes out as a fresh one, and no byte behind the message changes', () => {
    const poisoned = (encode: (into: Uint8Array) => Uint8Array, fresh: Uint8Array) => {
      const into = new Uint8Array(8000).fill(0xa5);
      const output = encode(into);
      assert.is(hexOf(output), hexOf(fresh));
      assert.is(output.buffer, into.buffer, 'written in place');
      assert.ok(
        into.subarray(output.length).every((byte) => byte === 0xa5),
        'nothing behind it',
      );
    };
    for (const message of MESSAGES) {
      for (const each of [version(4), version(5)]) {
        poisoned((into) => encodeKvp(message, { version: each, into }), encodeKvp(message, { version: each }));
        poisoned(
          (into) => encodeKvpRequest(message, { version: each, into }),
          encodeKvpRequest(message, { version: each }),
        );
        poisoned(
          (into) => encodeKvpResponse(message, { version: each, into }),
          encodeKvpResponse(message, { version: each }),
        );
      }
    }
    poisoned((into) => encodeNegotiateRequest(offer, { into }), encodeNegotiateRequest(offer));
    for (const dialect of ['linux', 'freebsd'] as const) {
      const set = { operation: 1, pool: 0, key: 'Foo', value: 'Bär' } as const;
      poisoned((into) => encodeDaemonRequest(set, { dialect, into }), encodeDaemonRequest(set, { dialect }));
      poisoned((into) => encodeRegistration({ dialect, into }), encodeRegistration({ dialect }));
    }
    poisoned((into) => encodeRegistrationReply(100, '3.1', { into }), encodeRegistrationReply());
    poisoned((into) => encodeRecord({ key: 'Foo', value: '' }, { into }), encodeRecord({ key: 'Foo', value: '' }));
    const ic = { framework: version(3), type: 2, message: version(4), status: 0, transaction: 0, flags: 3 };
    poisoned((into) => encodePayload(ic, new Uint8Array(9), { into }), encodePayload(ic, new Uint8Array(9)));
  });

  test('an answer over a poisoned request leaves nothing of it behind a text', () => {
    const fill = () => {
      const message = new Uint8Array(7432).fill(0xa5);
      message.fill(0, 0, 4);
      return message;
    };
    const get = answerGet(fill(), encodeUtf8('x'));
    assert.ok(get.subarray(529, 528 + 2048).every((byte) => byte === 0));
    const record = answerEnumerate(fill(), encodeUtf8('key'), encodeUtf8(''));
    assert.ok(record.subarray(23, 532 + 2048).every((byte) => byte === 0));
    const lists = { family: 1, dhcp: true, addresses: 'a', subnets: '', gateways: 'b', dns: '' };
    const info = answerIpInfo(fill(), lists);
    assert.equal(Array.from(info.subarray(260, 264)), [1, 1, 0x61, 0]);
    assert.ok(
      info.subarray(263, 4358).every((byte) => byte === 0) && info.subarray(4359, 7430).every((byte) => byte === 0),
    );
    const full = fill();
    assert.is(
      typedError(() => answerGet(full, new Uint8Array(2048).fill(0x61))),
      'ERR_LIMIT_VALUE',
    );
    assert.equal(full, fill(), 'a value without room for its NUL changes nothing');
  });

  test('every length of key and value around its limits', () => {
    for (let length = 0; length <= 300; length++) {
      const key = 'k'.repeat(length);
      const message = { operation: 1, pool: 0, key, value } as const;
      assert.is(
        typedError(() => assert.equal(decodeKvp(encodeKvp(message)), message)),
        length > 255 ? 'ERR_LIMIT_KEY' : undefined,
      );
      assert.is(
        typedError(() => encodeKvpResponse(message)),
        length > 254 ? 'ERR_LIMIT_KEY' : undefined,
      );
      const utf8 = '€'.repeat(length);
      assert.is(
        typedError(() => encodeKvp({ ...message, key: utf8 })),
        length > 170 ? 'ERR_LIMIT_KEY' : undefined,
      );
    }
    for (const length of [0, 1, 2, 681, 682, 683, 1021, 1022, 1023, 1024, 1025, 5000]) {
      const long = { operation: 1, pool: 0, key: 'k', value: { type: 1, text: 'v'.repeat(length) } } as const;
      assert.is(
        typedError(() => assert.equal(decodeKvp(encodeKvp(long)), long)),
        length > 1023 ? 'ERR_LIMIT_VALUE' : undefined,
      );
      assert.is(
        typedError(() => encodeKvpResponse(long)),
        length > 1022 ? 'ERR_LIMIT_VALUE' : undefined,
      );
      const cut = decodeKvp(encodeKvp(long, { text: 'linux', limits: 'guest' }));
      assert.is(
        'value' in cut && cut.value && 'text' in cut.value ? cut.value.text.length : -1,
        Math.min(length, 1022),
      );
    }
    for (let length = 505; length <= 515; length++) {
      const request = { operation: 2, pool: 0, key: 'k'.repeat(length) } as const;
      assert.is(
        typedError(() => encodeDaemonRequest(request)),
        length > 511 ? 'ERR_LIMIT_KEY' : undefined,
      );
    }
  });

  test('a failed encode leaves nothing in the output that could be sent', () => {
    const key = 'k'.repeat(600);
    const failing: KvpMessageInput[] = [
      { operation: 1, pool: 1, key, value },
      { operation: 2, pool: 1, key },
      { operation: 3, pool: 1, index: 5, key, value },
      { operation: 3, pool: 1, index: 5, key: 'k', value: { type: 1, text: 'v'.repeat(1024) } },
      { operation: 5, pool: 1, ip: { ...ip, dns: 'x'.repeat(2000) } },
    ];
    for (const message of failing) {
      const into = new Uint8Array(8000).fill(0xa5);
      assert.ok(typedError(() => encodeKvpRequest(message, { into }))?.startsWith('ERR_LIMIT_'));
      assert.is(
        typedError(() => decodePayload(into)),
        'ERR_CODEC_PIPE',
      );
      into.fill(0xa5);
      assert.ok(typedError(() => encodeKvp(message, { into }))?.startsWith('ERR_LIMIT_'));
      assert.ok(typedError(() => decodeKvp(into)) !== undefined, `operation ${message.operation}`);
    }
    const daemon = new Uint8Array(7432).fill(0xa5);
    for (const operation of [0, 2] as const)
      assert.is(
        typedError(() => encodeDaemonRequest({ operation, pool: 0, key }, { into: daemon })),
        'ERR_LIMIT_KEY',
      );
    assert.is(
      typedError(() => decodeDaemonRequest(daemon)),
      'ERR_CODEC_SIZE',
    );
  });

  test('a number that its field would cut is misuse', () => {
    const misuse = (run: () => unknown) =>
      assert.throws(run, (error: { code?: string }) => error.code === 'ERR_MISUSE');
    for (const pool of [-1, 256, 1.5, Number.NaN]) misuse(() => encodeKvp({ operation: 2, pool, key: 'k' }));
    misuse(() => encodeKvp({ operation: 256, pool: 0, body: new Uint8Array(2) }));
    misuse(() => encodeKvp({ operation: 77, pool: 0, key: 'k' } as never));
    misuse(() => encodeKvp({ operation: 3, pool: 0, index: 2 ** 32 }));
    misuse(() => encodeKvp({ operation: 1, pool: 0, key: 'k', value: { type: 4, number: -1 } }));
    misuse(() => encodeKvp({ operation: 1, pool: 0, key: 'k', value: { type: 8, bigint: 2n ** 64n } }));
    misuse(() => encodeKvpResponse({ operation: 2, pool: 0, key: 'k' }, { status: -1 }));
    misuse(() => encodeKvpRequest({ operation: 2, pool: 0, key: 'k' }, { version: version(65_536) }));
    misuse(() => encodeKvp({ operation: 2, pool: 0, key: 'k' }, { into: new Uint8Array(2579) }));
  });

  test('sizes of the daemon’s key and value: 0, the field, one more, all ones', () => {
    const sizes = (at: number, size: number, operation = 1) => {
      const message = encodeDaemonRequest({ operation: 1, pool: 0, key: 'Foo', value: 'Bar' });
      message[0] = operation;
      new DataView(message.buffer).setUint32(at, size, true);
      return typedError(() => decodeDaemonRequest(message));
    };
    for (const wrong of [0, 513, 0x80000000, 0xffffffff]) {
      assert.is(sizes(8, wrong), 'ERR_CODEC_SIZE');
      assert.is(sizes(8, wrong, 0), 'ERR_CODEC_SIZE');
      assert.is(sizes(4, wrong, 2), 'ERR_CODEC_SIZE');
    }
    assert.is(sizes(12, 2049), 'ERR_CODEC_SIZE');
    assert.is(sizes(12, 2048), undefined);
    assert.is(sizes(8, 512), undefined);
  });

  test('daemon messages and records that end early', () => {
    const message = encodeDaemonRequest({ operation: 5, pool: 1, ip });
    for (const length of [0, 1, 3, 7429, 7430, 7431]) {
      const cut = message.slice(0, length);
      assert.is(
        typedError(() => decodeDaemonRequest(cut)),
        'ERR_CODEC_SHORT',
      );
      assert.is(
        typedError(() => decodeDaemonAnswer(cut, 4)),
        'ERR_CODEC_SHORT',
      );
      assert.is(
        typedError(() => decodeDaemonRequest(cut, { dialect: 'freebsd' })),
        length < 7430 ? 'ERR_CODEC_SHORT' : undefined,
      );
    }
    for (const length of [0, 3, 7429]) {
      const short = new Uint8Array(length);
      const key = encodeUtf8('k');
      const lists = { family: 1, dhcp: true, addresses: '', subnets: '', gateways: '', dns: '' };
      const writers = [
        () => answerStatus(short),
        () => answerGet(short, key),
        () => answerEnumerate(short, key, key),
        () => answerIpInfo(short, lists),
        () => readDaemonStatus(short),
        () => decodeRegistrationReply(short),
      ];
      for (const run of writers) assert.is(typedError(run), 'ERR_CODEC_SHORT');
      assert.is(
        typedError(() => decodeIpBinary(short.subarray(0, 3715))),
        'ERR_CODEC_SHORT',
      );
    }
    for (const length of [0, 512, 2559])
      assert.is(
        typedError(() => decodeRecord(new Uint8Array(length))),
        'ERR_CODEC_SHORT',
      );
    assert.is(
      typedError(() => decodeRecord(new Uint8Array(5119), 2560)),
      'ERR_CODEC_SHORT',
    );
  });
});
