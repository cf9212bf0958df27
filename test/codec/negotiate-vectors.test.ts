/** Negotiation against what the real drivers answered. Where we differ, a named rule computes our bytes and says why. */
import { readFileSync } from 'node:fs';
import { answerNegotiation, formatVersion, freebsdPolicy, linuxPolicy, type NegotiationPolicy } from 'hv-kvp/codec';
import { assert, suite } from '../_support/suite.js';
import { bytesOf, hexOf } from '../_support/vector-hex.js';

interface Vector {
  name: string;
  request_hex: string;
  response_hex: string | null;
  negotiated: { fw: string; msg: string } | null;
  quirk?: string;
}

/** What we answer to a vector whose reference has a quirk. */
interface Rule {
  why: string;
  /** Vectors by their whole names. */
  vectors: readonly string[];
  expected(vector: Vector): { response: Uint8Array; agreed: boolean };
}

const FLAGS = 25;
const STATUS = 20;
const SIZE = 18;
const COUNTS = 28;
const SLOTS = 36;

/** Everything Linux does to a request it refuses, written from protocol.md 2.4. */
function linuxRefusal({ request_hex }: Vector): Uint8Array {
  const response = Buffer.from(bytesOf(request_hex));
  const counts = [response.readUInt16LE(COUNTS), response.readUInt16LE(COUNTS + 2)];
  response[FLAGS] = 5;
  response.writeUInt16LE(16, SIZE);
  response.fill(0, COUNTS, COUNTS + 4);
  counts.forEach((count, index) => void response.writeUInt32LE(count, SLOTS + 4 * index));
  return response;
}

function freebsdRefusal({ request_hex }: Vector): Uint8Array {
  const response = Buffer.from(bytesOf(request_hex));
  response[FLAGS] = 5;
  response.writeUInt32LE(0x80004005, STATUS);
  return response;
}

const asRecorded = (vector: Vector) => ({
  response: bytesOf(vector.response_hex ?? ''),
  agreed: vector.negotiated !== null,
});

const LINUX_RULES: Record<string, Rule> = {
  'refusal-keeps-the-slots': {
    why: 'hosts look at the counts alone, so the slots are free; a host that logs them sees what Linux shows',
    vectors: [
      'fw 3.0 only msg 5.0 only',
      'msg 5.0 5.1',
      'fw 2.0 4.0',
      'fw 3.1 only (minor mismatch)',
      'msg 4.1 only (minor mismatch)',
      'fw after msg confusion: 3.0 only inside msg list',
      'counts 0 and 0 with slots present',
      'fw count 0 msg count 1',
      'fw count 2 msg count 0',
      'fw count 0 msg count 3',
      'msg count 101',
      'both counts 101',
      'msg count 65535',
      'fw count 255 truncated list',
      'count says 10+10 in 56 bytes',
      'truncated to 48 bytes',
    ],
    expected: asRecorded,
  },
  'nothing-behind-the-packet': {
    why: 'Linux writes slots behind the received bytes into its static buffer, but sends only what it received',
    vectors: [
      'truncated to 40 bytes (one slot)',
      'no body: 28 bytes padded to 32, counts 0',
      '32-byte packet with counts 1 and 1',
      '40-byte packet with counts 1 and 1 after a longer packet',
    ],
    expected: asRecorded,
  },
  'pipe-header-checked': {
    why: 'a pipe length outside the packet is a forged length: the offer is refused, not served',
    vectors: ['pipe type 2 and wrong pipe length'],
    expected: (vector) => ({ response: linuxRefusal(vector), agreed: false }),
  },
};

const FREEBSD_RULES: Record<string, Rule> = {
  'pipe-header-checked': {
    why: LINUX_RULES['pipe-header-checked']!.why,
    vectors: ['pipe type 2 and wrong pipe length'],
    expected: (vector) => ({ response: freebsdRefusal(vector), agreed: false }),
  },
};

function read(file: string): Vector[] {
  const lines = readFileSync(`test/vectors/driver/${file}.jsonl`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Vector);
}

function check(vector: Vector, policy: NegotiationPolicy, rule: Rule | undefined): void {
  const request = bytesOf(vector.request_hex);
  const untouched = hexOf(request);
  if (vector.response_hex === null) {
    assert.throws(
      () => answerNegotiation(request, policy),
      (error: { code?: string }) => ['ERR_CODEC_SHORT', 'ERR_CODEC_IC'].includes(error.code ?? ''),
    );
    return;
  }
  const expected = (rule?.expected ?? asRecorded)(vector);
  const { response, agreed } = answerNegotiation(request, policy);
  assert.is(hexOf(response), hexOf(expected.response));
  assert.is(hexOf(request), untouched, 'the request is left alone');
  if (!expected.agreed) assert.is(agreed, undefined);
  else {
    assert.is(formatVersion(agreed!.framework), vector.negotiated!.fw);
    assert.is(formatVersion(agreed!.message), vector.negotiated!.msg);
  }
}

for (const { file, policy, rules } of [
  { file: 'linux-negotiate', policy: linuxPolicy(), rules: LINUX_RULES },
  { file: 'freebsd-negotiate', policy: freebsdPolicy(), rules: FREEBSD_RULES },
]) {
  suite(`codec/${file}`, ({ test }) => {
    const vectors = read(file);
    for (const vector of vectors) {
      const rule = Object.entries(rules).find(([, { vectors }]) => vectors.includes(vector.name));
      test(rule === undefined ? vector.name : `${vector.name} [${rule[0]}]`, () => check(vector, policy, rule?.[1]));
    }

    test('every quirk has a rule, every rule its vectors, and no other vector has one', () => {
      const quirks = vectors.filter(({ quirk }) => quirk !== undefined).map(({ name }) => name);
      const ruled = Object.values(rules).flatMap(({ vectors }) => vectors);
      assert.equal([...ruled].sort(), quirks.sort());
      assert.ok(Object.values(rules).every(({ vectors, why }) => vectors.length > 0 && why !== ''));
    });
  });
}
