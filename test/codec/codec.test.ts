/** The codec object: single calls, batches, hostile lengths and caller-owned output. */
import { createCodec, type DecodedBatch, decodeKvp, encodeKvpRequest } from 'hv-kvp/codec';
import { createCodec as createJsCodec } from 'hv-kvp/codec/js';
import { ENGINES, unhex, vectors } from '../_support/golden.js';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const seed = seedOfRun();

interface Vector {
  name: string;
  request_hex: string;
  daemon_reply_hex?: string;
}

const PAYLOAD = 2608;
const E_FAIL = 0x80004005;
const statusOf = (response: Uint8Array): number =>
  new DataView(response.buffer, response.byteOffset).getUint32(20, true);
const set = (key: string, value: string | number | bigint) =>
  encodeKvpRequest({
    operation: 1,
    pool: 0,
    key,
    value:
      typeof value === 'string'
        ? { type: 1, text: value }
        : typeof value === 'number'
          ? { type: 4, number: value }
          : { type: 11, bigint: value },
  });
const kinds = [
  set('Schlüssel', 'Wert'),
  encodeKvpRequest({ operation: 2, pool: 1, key: 'Schlüssel' }),
  encodeKvpRequest({ operation: 3, pool: 1, index: 7, key: 'Schlüssel', value: { type: 1, text: 'Wert' } }),
  encodeKvpRequest({ operation: 0, pool: 1, key: 'Schlüssel' }),
];

function outcome(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** The payload with one UTF-16 unit of it replaced, which no encoder of ours would write. */
function withUnit(payload: Uint8Array, at: number, unit: number): Uint8Array {
  new DataView(payload.buffer).setUint16(at, unit, true);
  return payload;
}

/** Around every length that decoding asks for. */
const LENGTHS = [0, 1, 20, 29, 30, 547, 548, 549, 2603, 2604, 2605, 2607];

/** All that a decoded message tells. */
function read(batch: DecodedBatch, i: number): unknown[] {
  const { code, offset } = batch.fault(i) ?? {};
  return [
    [code, offset],
    [batch.operation(i), batch.pool(i), batch.index(i), batch.valueType(i), batch.status(i), batch.transaction(i)],
    [batch.key(i), batch.value(i)],
  ];
}

for (const engine of [...ENGINES, 'js without WebAssembly'] as const) {
  const codec = engine === 'js without WebAssembly' ? createJsCodec() : createCodec({ engine });

  suite(`codec ${engine}`, ({ test }) => {
    test('every truncation of every kind is translated or refused with its length', () => {
      for (const payload of kinds) {
        const whole = codec.hostToDaemon(payload);
        let refused = 0;
        for (let length = 0; length < payload.length; length++) {
          const result = outcome(() => assert.equal(codec.hostToDaemon(payload.subarray(0, length)), whole));
          if (result === 'ok') continue;
          assert.is(result, 'ERR_CODEC_SHORT', `length ${length}`);
          refused++;
        }
        assert.ok(refused >= 36);
        assert.equal(codec.hostToDaemon(payload), whole);
      }
    });

    test('every flipped bit of the headers gives bytes or a typed error, and the codec stays good', () => {
      const whole = codec.hostToDaemon(kinds[0]!);
      for (const payload of kinds) {
        for (let bit = 0; bit < 44 * 8; bit++) {
          const flipped = payload.slice();
          flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
          const result = outcome(() => codec.hostToDaemon(flipped));
          assert.match(result, /^(ok|ERR_CODEC_[A-Z0-9]+)$/);
        }
      }
      assert.equal(codec.hostToDaemon(kinds[0]!), whole);
    });

    test('no byte of an earlier message survives, in fresh, poisoned or caller-owned output', () => {
      const longest = set('k'.repeat(255), 'v'.repeat(1023));
      const short = set('a', 'b');
      for (const dialect of ['linux', 'freebsd'] as const) {
        const into = new Uint8Array(8000).fill(0xa5);
        const length = dialect === 'linux' ? 7432 : 7430;
        codec.hostToDaemon(longest, { dialect });
        const message = codec.hostToDaemon(short, { dialect, into });
        assert.is(message.length, length);
        assert.is(
          message.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0),
          5,
        );
        assert.ok(into.subarray(length).every((byte) => byte === 0xa5));
      }
      assert.is(
        outcome(() => codec.hostToDaemon(short, { into: new Uint8Array(7431) })),
        'ERR_MISUSE',
      );
    });

    test('a batch is its single messages, and one bad message spoils no other', () => {
      for (const count of [1, 2, 100, 1000]) {
        const payloads = Array.from({ length: count }, (_, i) =>
          i % 10 === 9 ? kinds[0]!.subarray(0, 40) : set(`key ${i}`, 'ä'.repeat(i % 300)),
        );
        const batch = codec.hostToDaemonBatch(payloads);
        for (const [i, payload] of payloads.entries()) {
          if (i % 10 === 9) assert.is(batch.faults.get(i)?.code, 'ERR_CODEC_SHORT');
          else assert.is(Buffer.compare(batch.messages[i]!, codec.hostToDaemon(payload)), 0);
        }
        assert.is(batch.faults.size, Math.floor(count / 10));
      }
      assert.is(
        outcome(() => codec.hostToDaemonBatch([])),
        'ERR_MISUSE',
      );
    });

    test('a batch may hold messages of version 5.0', () => {
      const version = { major: 5, minor: 0 };
      const ip = {
        adapterId: '00:15:5D:01:02:03',
        family: 1,
        dhcp: false,
        addresses: ['10.0.0.5'],
        subnets: ['255.255.255.0'],
      };
      const whole = encodeKvpRequest(
        { operation: 5, pool: 1, ip: { ...ip, gateways: ['10.0.0.1'], dns: [] } },
        { version },
      );
      const broken = whole.slice();
      broken[28 + 4] = 65;
      const payloads = [whole, set('key', 'value'), broken, whole];
      const batch = codec.hostToDaemonBatch(payloads);
      for (const i of [0, 1, 3]) assert.equal(batch.messages[i], codec.hostToDaemon(payloads[i]!));
      assert.is(
        outcome(() => codec.hostToDaemon(broken)),
        batch.faults.get(2)?.code,
      );
      const ask = encodeKvpRequest(
        { operation: 4, pool: 1, ip: { ...ip, addresses: [], subnets: [], gateways: [], dns: [] } },
        { version },
      );
      const answer = codec.hostToDaemon(whole);
      answer.fill(0, 0, 4);
      const [response] = codec.daemonToHostBatch([ask], [answer]).messages;
      assert.equal(response, codec.daemonToHost(ask, answer));
      assert.is(statusOf(response!), 0);
    });

    test('a batch of answers is its single answers', () => {
      const exchanges = vectors<Vector>('linux-daemon-to-host').map((vector) => ({
        request: unhex(vector.request_hex),
        answer: unhex(vector.daemon_reply_hex!).slice(0, 7432),
      }));
      const batch = codec.daemonToHostBatch(
        exchanges.map(({ request }) => request),
        exchanges.map(({ answer }) => answer),
      );
      for (const [i, { request, answer }] of exchanges.entries()) {
        assert.is(Buffer.compare(batch.messages[i]!, codec.daemonToHost(request, answer)), 0);
      }
    });

    test('an answer of any length around the limits is cut at a character', () => {
      const request = encodeKvpRequest({ operation: 3, pool: 1, index: 0 });
      for (const [character, units] of [
        ['a', 1],
        ['ж', 1],
        ['虚', 1],
        ['😀', 2],
      ] as const) {
        for (let count = 1016 / units; count <= 1030 / units; count++) {
          const answer = new Uint8Array(7432);
          const text = Buffer.from(character.repeat(count)).subarray(0, 2047);
          if (text.toString('utf8').includes('\ufffd')) continue;
          answer.set(text, 532);
          const response = codec.daemonToHost(request, answer);
          const message = decodeKvp(response.subarray(28));
          if (message.operation !== 3 || !('value' in message)) throw new Error('not an answer');
          const written = Math.min(text.toString('utf8').length, Math.floor(1022 / units) * units);
          assert.is((message.value as { text: string }).text.length, written);
        }
      }
    });

    test('a request too short for its answer is answered with E_FAIL', () => {
      const request = encodeKvpRequest({ operation: 3, pool: 1, index: 0 }).subarray(0, 100);
      assert.is(statusOf(codec.daemonToHost(request, new Uint8Array(7432))), E_FAIL);
      assert.is(
        outcome(() => codec.daemonToHost(request, new Uint8Array(7431))),
        'ERR_CODEC_SHORT',
      );
    });

    test('a decoded batch has keys, values of every type and faults', () => {
      const values = ['x', 'Größe 虚拟机 😀', '', 0xffffffff, 0xffffffffffffffffn];
      const payloads: Uint8Array[] = Array.from({ length: 70 }, (_, i) =>
        i === 33
          ? new Uint8Array(20)
          : codec.encodeBatch([{ operation: 1, pool: i % 4, key: `key ${i}`, value: values[i % 5]! }])[0]!.slice(),
      );
      const batch = codec.decodeBatch(payloads);
      assert.is(batch.count, 70);
      for (let i = 0; i < 70; i++) {
        if (i === 33) {
          assert.is(batch.fault(i)?.code, 'ERR_CODEC_SHORT');
          continue;
        }
        assert.is(batch.fault(i), undefined);
        assert.equal(
          [batch.operation(i), batch.pool(i), batch.key(i), batch.value(i)],
          [1, i % 4, `key ${i}`, values[i % 5]],
        );
      }
      assert.is(
        outcome(() => batch.key(70)),
        'ERR_MISUSE',
      );
    });

    test('a payload is decoded alone as it is among others: whole, cut off and changed', () => {
      const random = new Random(seed);
      const whole = [
        ...kinds,
        set('n', 0xfedcba98),
        set('q', 0xfedcba9876543210n),
        withUnit(set('s', 'a?'), 28 + 528 + 2, 0xd800),
        set('', ''),
      ];
      const payloads = whole.flatMap((payload) => [
        payload,
        ...LENGTHS.map((length) => payload.slice(0, length)),
        ...Array.from({ length: 150 }, () => {
          const changed = payload.slice();
          // Headers, sizes and the first units of both texts are what decoding looks at.
          const at = random.pick([random.below(64), 528 + random.below(64)]);
          changed[at] = random.pick([0, 1, 2, 3, 4, 8, 11, 0xff, random.below(256)]);
          return changed;
        }),
      ]);
      const together = codec.decodeBatch(payloads);
      for (const [i, payload] of payloads.entries()) {
        assert.equal(read(codec.decodeBatch([payload]), 0), read(together, i), `payload ${i}, HV_KVP_SEED=${seed}`);
      }
      assert.is(
        outcome(() => codec.decodeBatch([set('k', 'v')]).key(1)),
        'ERR_MISUSE',
      );
    });

    test('a decoded payload keeps nothing of the bytes it was made from', () => {
      const payload = set('Schlüssel', 'Wert');
      const decoded = codec.decodeBatch([payload]);
      payload.fill(0xa5);
      assert.equal([decoded.operation(0), decoded.key(0), decoded.value(0)], [1, 'Schlüssel', 'Wert']);
    });

    test('encoded batches are the bytes of the single encoder', () => {
      const [encoded, number, wide, gone, asked] = codec.encodeBatch([
        { operation: 1, pool: 0, key: 'Schlüssel', value: 'Wert' },
        { operation: 1, pool: 3, key: 'n', value: 7 },
        { operation: 1, pool: 3, key: 'n', value: 7n },
        { operation: 2, pool: 0, key: 'Schlüssel' },
        { operation: 3, pool: 1, index: 9 },
      ]);
      assert.is(Buffer.compare(encoded!, set('Schlüssel', 'Wert')), 0);
      assert.is(
        Buffer.compare(number!, encodeKvpRequest({ operation: 1, pool: 3, key: 'n', value: { type: 4, number: 7 } })),
        0,
      );
      assert.is(
        Buffer.compare(wide!, encodeKvpRequest({ operation: 1, pool: 3, key: 'n', value: { type: 11, bigint: 7n } })),
        0,
      );
      assert.is(Buffer.compare(gone!, encodeKvpRequest({ operation: 2, pool: 0, key: 'Schlüssel' })), 0);
      assert.is(Buffer.compare(asked!, encodeKvpRequest({ operation: 3, pool: 1, index: 9 })), 0);
      assert.is(asked!.length, PAYLOAD);
      assert.is(
        outcome(() => codec.encodeBatch([{ operation: 1, pool: 0, key: 'k'.repeat(256), value: '' }])),
        'ERR_LIMIT_KEY',
      );
    });
  });
}
