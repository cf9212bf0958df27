/** What a caller gets wrong is refused by name, in a batch as in a single message: nothing is cut, nothing becomes something else. */
import {
  type Codec,
  createCodec,
  type EncodeItem,
  encodeDaemonRequest,
  encodeKvp,
  encodeKvpRequest,
  encodeRegistration,
  type KvpMessageInput,
  measureText,
} from 'hv-kvp/codec';
import { createEngine } from 'hv-kvp/ring';
import { ENGINES } from '../_support/golden.js';
import { assert, suite } from '../_support/suite.js';

function errorOf(work: () => unknown): { code: string; message: string } {
  try {
    work();
    return { code: 'ok', message: '' };
  } catch (error) {
    return error as { code: string; message: string };
  }
}

const asText = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));

/** A batch item → the same message for the single encoder, as far as there is one. */
function single({ operation, pool, index, key, value, type }: EncodeItem): KvpMessageInput {
  const typed =
    typeof value === 'number'
      ? { type: type ?? 4, number: value }
      : typeof value === 'bigint'
        ? { type: type ?? 11, bigint: value }
        : { type: type ?? 1, text: value };
  return {
    operation,
    pool,
    key,
    ...(index === undefined ? {} : { index }),
    ...(value === undefined ? {} : { value: typed }),
  } as never;
}

const SET = { operation: 1, pool: 0, key: 'k', value: 'v' };
const WRONG: [item: Record<string, unknown>, code: string, named: string][] = [
  [{ ...SET, value: 2 ** 32 + 5 }, 'ERR_MISUSE', 'value'],
  [{ ...SET, value: -1 }, 'ERR_MISUSE', 'value'],
  [{ ...SET, value: 1.5 }, 'ERR_MISUSE', 'value'],
  [{ ...SET, value: Number.NaN }, 'ERR_MISUSE', 'value'],
  [{ ...SET, value: 2n ** 64n }, 'ERR_MISUSE', 'value'],
  [{ ...SET, value: -1n }, 'ERR_MISUSE', 'value'],
  [{ ...SET, value: undefined }, 'ERR_MISUSE', ''],
  [{ ...SET, pool: 300 }, 'ERR_MISUSE', 'pool'],
  [{ ...SET, pool: Number.NaN }, 'ERR_MISUSE', 'pool'],
  [{ ...SET, operation: 257 }, 'ERR_MISUSE', 'operation'],
  [{ ...SET, operation: -1 }, 'ERR_MISUSE', 'operation'],
  [{ ...SET, key: 5 }, 'ERR_MISUSE', 'key'],
  [{ ...SET, key: ['a', 'b'] }, 'ERR_MISUSE', 'key'],
  [{ ...SET, key: undefined }, 'ERR_MISUSE', ''],
  [{ operation: 0, pool: 0 }, 'ERR_MISUSE', ''],
  [{ operation: 2, pool: 0 }, 'ERR_MISUSE', ''],
  [{ operation: 3, pool: 0, index: 2 ** 32 }, 'ERR_MISUSE', 'index'],
  [{ operation: 3, pool: 0, index: -1 }, 'ERR_MISUSE', 'index'],
  [{ ...SET, type: 4 }, 'ERR_MISUSE', 'type'],
  [{ ...SET, type: 2 ** 32 }, 'ERR_MISUSE', 'type'],
  [{ ...SET, value: 7, type: 1 }, 'ERR_MISUSE', 'type'],
  [{ ...SET, value: 7n, type: 4 }, 'ERR_MISUSE', 'type'],
  [{ ...SET, key: 'a\0b' }, 'ERR_CODEC_INNER_NUL', 'key'],
  [{ ...SET, value: 'v\0' }, 'ERR_CODEC_INNER_NUL', 'value'],
  [{ ...SET, key: 'a\ud800' }, 'ERR_CODEC_UTF16', 'key'],
  [{ ...SET, key: 'k\ud83d', value: '\ude00' }, 'ERR_CODEC_UTF16', 'key'],
  [{ ...SET, key: 'k'.repeat(256) }, 'ERR_LIMIT_KEY', 'key'],
  [{ ...SET, key: '€'.repeat(171) }, 'ERR_LIMIT_KEY', 'key'],
  [{ ...SET, value: 'v'.repeat(1024) }, 'ERR_LIMIT_VALUE', 'value'],
  [{ ...SET, value: '€'.repeat(683) }, 'ERR_LIMIT_VALUE', 'value'],
];

suite('codec/caller mistakes', ({ test }) => {
  for (const engine of ENGINES) {
    test(`a batch refuses what a single message refuses, by name and place, ${engine}`, () => {
      const codec: Codec = createCodec({ engine });
      for (const [item, code, named] of WRONG) {
        const where = Object.entries(item)
          .map(([field, value]) => `${field} ${asText(value)}`.slice(0, 40))
          .join(', ');
        const alone = errorOf(() => encodeKvpRequest(single(item as never)));
        const among = errorOf(() => codec.encodeBatch([SET, item as never]));
        assert.equal([alone.code, among.code], [code, code], where);
        assert.match(alone.message, named, where);
        assert.match(among.message, named, where);
        assert.match(among.message, /items\[1\]|message 1/, where);
      }
      const [first, second] = codec.encodeBatch([SET, { ...SET, key: 'k\ud83d\ude00', value: 0xffffffff }]);
      assert.equal(first, encodeKvpRequest(single(SET)));
      assert.equal(second, encodeKvpRequest(single({ ...SET, key: 'k\ud83d\ude00', value: 0xffffffff })));
    });
  }

  test('versions and transaction of a batch are numbers of their fields', () => {
    const codec = createCodec();
    for (const options of [
      { framework: { major: 65536, minor: 0 } },
      { version: { major: 4, minor: -1 } },
      { version: { major: 4 } },
      { version: 4 },
      { transaction: 256 },
      { transaction: Number.NaN },
    ])
      assert.is(errorOf(() => codec.encodeBatch([SET], options as never)).code, 'ERR_MISUSE', JSON.stringify(options));
  });

  test('a word that is none of the choices is refused with the choices', () => {
    const codec = createCodec();
    const payload = encodeKvpRequest({ operation: 3, pool: 2, index: 0 });
    const dialect = 'windows' as 'linux';
    for (const work of [
      () => codec.hostToDaemon(payload, { dialect }),
      () => codec.hostToDaemonBatch([payload], { dialect }),
      () => codec.daemonToHost(payload, new Uint8Array(7432), { dialect }),
      () => codec.daemonToHostBatch([payload], [new Uint8Array(7432)], { dialect }),
      () => encodeRegistration({ dialect }),
      () => encodeDaemonRequest({ operation: 3, pool: 0, index: 0 }, { dialect }),
    ])
      assert.match(errorOf(work).message, 'dialect is one of linux, freebsd, not "windows"');
    for (const work of [
      () => createCodec({ engine: 'nonsense' as 'js' }),
      () => createEngine({ engine: 'nonsense' as 'js' }),
    ])
      assert.match(errorOf(work).message, 'engine is one of auto, wasm, wasm-scalar, js, not "nonsense"');
    const message = { operation: 2, pool: 0, key: 'k' } as const;
    assert.match(errorOf(() => encodeKvp(message, { text: 'lenient' as 'replace' })).message, 'text is one of strict');
    assert.match(
      errorOf(() => encodeKvp(message, { limits: 'none' as 'host' })).message,
      'limits is one of host, guest',
    );
  });

  test('a message whose key is there and undefined is no message without a key', () => {
    for (const operation of [0, 1, 2])
      assert.is(
        errorOf(() => encodeKvp({ operation, pool: 0, key: undefined, value: { type: 1, text: 'v' } } as never)).code,
        'ERR_MISUSE',
      );
  });

  test('bytes are bytes: an array, a text or another view is refused, a Buffer and a foreign Uint8Array are not', () => {
    const codec = createCodec();
    const payload = encodeKvpRequest(single(SET));
    for (const wrong of [[...payload], 'payload', { length: 2608 }, new Uint16Array(payload.buffer), payload.buffer])
      for (const work of [
        () => codec.hostToDaemon(wrong as never),
        () => codec.hostToDaemonBatch([payload, wrong as never]),
        () => codec.decodeBatch([wrong as never]),
        () => codec.decodeBatch([payload, wrong as never]),
      ])
        assert.is(errorOf(work).code, 'ERR_MISUSE');
    assert.is(codec.hostToDaemon(Buffer.from(payload)).length, 7432);
    assert.is(measureText('€').bytes, 3);
  });
});
