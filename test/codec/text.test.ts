/** Text policies and limits, with and without Buffer. */

import {
  decodeUtf8,
  decodeUtf16,
  encodeUtf8,
  encodeUtf16,
  GUEST_VALUE_LIMIT,
  HOST_KEY_LIMIT,
  HOST_VALUE_LIMIT,
  measureText,
  requireWithin,
  truncate,
} from 'hv-kvp/codec';
import * as internal from '#internal';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const units = (...codes: number[]) => new Uint8Array(codes.flatMap((code) => [code & 0xff, code >> 8]));
const codeOf = (code: string, offset?: number) => (error: { code?: string; offset?: number }) =>
  error.code === code && (offset === undefined || error.offset === offset);

suite('codec/text', ({ test }) => {
  test('UTF-16 by policy: a lone surrogate', () => {
    const bytes = units(0x41, 0xd83d, 0x42, 0xde00, 0x43);
    assert.throws(() => decodeUtf16(bytes), codeOf('ERR_CODEC_UTF16', 2));
    assert.is(decodeUtf16(bytes, 'replace'), 'A\ufffdB\ufffdC');
    assert.is(decodeUtf16(bytes, 'linux'), 'ABC');
    assert.is(decodeUtf16(bytes, 'freebsd'), 'ABC');
  });

  test('UTF-16 by policy: what FreeBSD loses and nobody else', () => {
    const bytes = units(0xfeff, 0x41, 0xd83d, 0xde00, 0xf7ff, 0xf800, 0xfffd);
    for (const policy of ['strict', 'replace', 'linux'] as const)
      assert.is(decodeUtf16(bytes, policy), '\ufeffA😀\uf7ff\uf800\ufffd');
    assert.is(decodeUtf16(bytes, 'freebsd'), 'A\uf7ff');
  });

  test('every text ends at its first NUL', () => {
    assert.is(decodeUtf16(units(0x41, 0, 0x42)), 'A');
    assert.is(decodeUtf16(units(0x41, 0, 0xd800)), 'A', 'what stands behind is not looked at');
    assert.is(decodeUtf8(new Uint8Array([0x41, 0, 0xff])), 'A');
    for (const encode of [encodeUtf8, encodeUtf16]) {
      for (const policy of ['strict', 'replace'] as const)
        assert.throws(() => encode('AB\0C', policy), codeOf('ERR_CODEC_INNER_NUL', 4));
      for (const policy of ['linux', 'freebsd'] as const) assert.equal(encode('A\0B', policy), encode('A'), policy);
    }
    assert.is(decodeUtf16(new Uint8Array([0x41, 0, 0x42])), 'A', 'an odd last byte is ignored');
  });

  test('UTF-8 by policy', () => {
    const cases: [number[], number][] = [
      [[0x41, 0xff, 0x42], 1],
      [[0xc0, 0x80, 0x42], 0],
      [[0x41, 0xed, 0xa0, 0x80], 1],
      [[0xf4, 0x90, 0x80, 0x80], 0],
      [[0x41, 0x42, 0xe2, 0x82], 2],
      [[0xe0, 0x9f, 0xbf], 0],
      [[0xf0, 0x8f, 0xbf, 0xbf], 0],
    ];
    for (const [bytes, offset] of cases) {
      const input = new Uint8Array(bytes);
      assert.throws(() => decodeUtf8(input), codeOf('ERR_CODEC_UTF8', offset));
      assert.throws(() => decodeUtf8(input, 'linux'), codeOf('ERR_CODEC_UTF8', offset));
      assert.ok(decodeUtf8(input, 'replace').includes('\ufffd'));
      assert.ok(!decodeUtf8(input, 'freebsd').includes('\ufffd'));
    }
    assert.is(decodeUtf8(encodeUtf8('\ufeffBär €😀')), '\ufeffBär €😀', 'a byte order mark is text');
  });

  test('our check for UTF-8 agrees with the platform on every start of every kind of sequence', () => {
    const fatal = new TextDecoder('utf-8', { fatal: true });
    const platform = (bytes: Uint8Array) => {
      try {
        fatal.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const interesting = [
      0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff,
    ];
    for (let first = 1; first < 256; first++) {
      for (const second of interesting) {
        for (const rest of [[], [0x80], [0x80, 0x80], [0x41]]) {
          const bytes = new Uint8Array([first, second, ...rest]);
          assert.is(internal.firstInvalidUtf8(bytes) < 0, platform(bytes), `${bytes}`);
        }
      }
    }
  });

  test('without Buffer the same strings come out, lone surrogates included', () => {
    const seed = seedOfRun();
    const random = new Random(seed);
    const pool = [0x41, 0, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfffd, 0xfeff, 0xfffe, 0x20ac];
    for (let round = 0; round < 2_000; round++) {
      const bytes = units(...Array.from({ length: random.below(12) }, () => random.pick(pool)));
      assert.is(internal.utf16ToStringPortably(bytes), internal.utf16ToString(bytes), `seed ${seed}, ${bytes}`);
    }
  });

  test('all policies and fields work where there is no Buffer', () => {
    const { Buffer } = globalThis;
    const bytes = units(0x41, 0xd83d, 0x42);
    const run = () => [decodeUtf16(bytes, 'replace'), decodeUtf16(bytes, 'linux'), decodeUtf16(units(0xd83d, 0xde00))];
    const expected = run();
    try {
      Reflect.deleteProperty(globalThis, 'Buffer');
      assert.is(globalThis.Buffer, undefined);
      assert.equal(run(), expected);
    } finally {
      globalThis.Buffer = Buffer;
    }
  });

  test('a limit is reached exactly and passed by one, in units and in bytes', () => {
    requireWithin('x'.repeat(255), HOST_KEY_LIMIT);
    assert.throws(
      () => requireWithin('x'.repeat(256), HOST_KEY_LIMIT),
      /key is 1 UTF-16 units over.*expected 255, got 256/,
    );
    requireWithin('€'.repeat(170), HOST_KEY_LIMIT);
    assert.throws(
      () => requireWithin('€'.repeat(171), HOST_KEY_LIMIT),
      /key is 2 UTF-8 bytes over.*expected 511, got 513/,
    );
    requireWithin('ä'.repeat(1023), HOST_VALUE_LIMIT);
    assert.throws(() => requireWithin('x'.repeat(1024), HOST_VALUE_LIMIT), codeOf('ERR_LIMIT_VALUE'));
    assert.throws(() => requireWithin('€'.repeat(683), HOST_VALUE_LIMIT), /2 UTF-8 bytes over/);
  });

  test('truncate fills the limit, never over it, never through a pair', () => {
    for (const character of ['x', 'ä', '€', '😀']) {
      for (let length = 0; length < 1_200; length += 7) {
        const text = character.repeat(length);
        const cut = truncate(text, GUEST_VALUE_LIMIT);
        const size = measureText(cut);
        assert.ok(text.startsWith(cut) && size.units <= 1022 && size.bytes <= 2047);
        assert.ok(!/\p{Surrogate}/u.test(cut));
        const next = measureText(text.slice(0, cut.length + character.length));
        assert.ok(cut === text || next.units > 1022 || next.bytes > 2047, 'one more character would not fit');
      }
    }
    assert.is(truncate('a😀', { units: 2, bytes: 100 }), 'a');
    assert.is(truncate('a😀', { units: 100, bytes: 4 }), 'a');
  });

  test('measure agrees with the platform', () => {
    for (const text of ['', 'x', 'ä', '€', '😀', '\ud800', 'a\udc00b'])
      assert.equal(measureText(text), { units: text.length, bytes: new TextEncoder().encode(text).length });
  });
});
