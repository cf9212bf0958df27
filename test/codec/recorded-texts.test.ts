/**
 * Text policies against the vectors in which a driver's sizes or layout have a quirk: the texts must still be the ones
 * that the driver made, but for what a named rule computes from the vector.
 */
import { readFileSync } from 'node:fs';
import { decodeKvp, decodeUtf8, Operation, truncate, valueText } from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';
import { bytesOf } from '../_support/vector-hex.js';

interface Vector {
  name: string;
  request_hex: string;
  daemon_msg_hex: string | null;
  before?: unknown;
  quirk?: string;
}

interface Texts {
  key: string;
  value: string;
}

interface Rule {
  why: string;
  vectors: readonly string[];
  /** What we read instead, from what the driver made and what the host sent. */
  expected(recorded: Texts, body: Buffer): Texts;
}

const KEY_UNITS = 256;
const VALUE_UNITS = 1024;
const VALUE = 528;

const KEY_ENDS: Omit<Rule, 'vectors'> = {
  why: 'a key without a NUL ends with its field; the driver reads on into what stands behind it',
  expected: ({ key, value }) => ({ key: key.slice(0, KEY_UNITS), value }),
};
const TYPE_2: Omit<Rule, 'vectors'> = {
  why: 'an expandable string is a string; the driver knows no conversion and makes it empty',
  expected: ({ key }, body) => ({ key, value: body.toString('utf16le', VALUE, body.indexOf('\0\0\0', VALUE) + 1) }),
};
const TYPE_11: Omit<Rule, 'vectors'> = {
  why: 'Windows numbers a 64-bit value 11; the driver knows only 8 and makes it empty',
  expected: ({ key }, body) => ({ key, value: String(body.readBigUInt64LE(VALUE)) }),
};

const RULES: Record<'linux' | 'freebsd', Record<string, Rule>> = {
  linux: {
    'key-ends-with-its-field': {
      ...KEY_ENDS,
      vectors: ['SET key 256 ascii units no NUL, value text', 'DELETE 256-unit key no NUL, bytes behind'],
    },
    'type-2-is-text': { ...TYPE_2, vectors: ['SET value type 2 (string bytes)', 'SET value type 2 with %VAR%'] },
    'type-11-is-a-number': { ...TYPE_11, vectors: ['SET value type 11 (string bytes)'] },
  },
  freebsd: {
    'key-ends-with-its-field': { ...KEY_ENDS, vectors: ['SET key 256 ascii units no NUL, value text'] },
    'value-ends-with-its-field': {
      why: 'a value without a NUL ends with its field',
      vectors: ['SET value 1024 units no NUL, non-zero bytes behind'],
      expected: ({ key, value }) => ({ key, value: value.slice(0, VALUE_UNITS) }),
    },
    'u32-is-unsigned': {
      why: 'the type is u32; FreeBSD prints it signed',
      vectors: ['SET u32 2147483648'],
      expected: ({ key, value }) => ({ key, value: String(Number(value) >>> 0) }),
    },
    'type-2-is-text': { ...TYPE_2, vectors: ['SET value type 2 with %VAR%'] },
    'type-11-is-a-number': { ...TYPE_11, vectors: ['SET value type 11 (string bytes)'] },
  },
};

function quirkyTexts(driver: string): Vector[] {
  const lines = readFileSync(`test/vectors/driver/${driver}-host-to-daemon.jsonl`, 'utf8').trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as Vector)
    .filter(({ quirk, before, daemon_msg_hex, request_hex }) => {
      const body = bytesOf(request_hex).subarray(28);
      const hasText = body[0] === Operation.Set || body[0] === Operation.Delete;
      return quirk !== undefined && before === undefined && daemon_msg_hex !== null && hasText && body.length >= 2576;
    });
}

function recordedTexts({ daemon_msg_hex, request_hex }: Vector): Texts {
  const message = bytesOf(daemon_msg_hex!);
  const isSet = bytesOf(request_hex)[28] === Operation.Set;
  const keyAt = isSet ? 16 : 8;
  return {
    key: decodeUtf8(message.subarray(keyAt, keyAt + 512)),
    value: isSet ? decodeUtf8(message.subarray(VALUE, VALUE + 2048)) : '',
  };
}

for (const driver of ['linux', 'freebsd'] as const) {
  suite(`codec/recorded-texts ${driver}`, ({ test }) => {
    const vectors = quirkyTexts(driver);
    const needed = new Set<string>();
    for (const vector of vectors) {
      const [name, rule] = Object.entries(RULES[driver]).find(([, { vectors }]) => vectors.includes(vector.name)) ?? [];
      test(name === undefined ? vector.name : `${vector.name} [${name}]`, () => {
        const body = Buffer.from(bytesOf(vector.request_hex).subarray(28));
        const message = decodeKvp(body, { text: driver });
        assert.ok('key' in message && message.key !== undefined);
        const value = 'value' in message && message.value !== undefined ? valueText(message.value) : '';
        const fitting = truncate(value, { units: VALUE_UNITS, bytes: 2047 });
        const recorded = recordedTexts(vector);
        const expected = rule?.expected(recorded, body) ?? recorded;
        if (rule !== undefined && JSON.stringify(expected) !== JSON.stringify(recorded)) needed.add(vector.name);
        assert.equal({ key: message.key, value: fitting }, expected);
      });
    }
    test('every rule is needed by each of its vectors', () => {
      const ruled = Object.values(RULES[driver]).flatMap(({ vectors }) => vectors);
      assert.equal([...needed].sort(), [...ruled].sort());
    });
  });
}
