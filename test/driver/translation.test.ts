/** The recorded translations and negotiations of both kernels' drivers, through the session with the profile of each. */
import { readFileSync } from 'node:fs';
import type { ProfileName } from 'hv-kvp/driver';
import { DriverHarness } from '../_support/driver-harness.js';
import { assert, suite } from '../_support/suite.js';
import { bytesOf, hexOf } from '../_support/vector-hex.js';
import { GET_WORKS, REFUSAL_RULES, type RefusalRule } from './translation-rules.js';

interface Exchange {
  request_hex: string;
  daemon_reply_hex: string;
}
interface Vector {
  name: string;
  quirk?: string;
  request_hex: string;
  response_hex?: string | null;
  daemon_msg_hex?: string | null;
  daemon_reply_hex?: string;
  registered_op?: number;
  before?: Exchange[];
  before_hex?: string;
  vmbus?: { transaction_id: string; type: number; flags: number };
}

const read = (file: string): Vector[] =>
  readFileSync(`test/vectors/driver/${file}.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));

const refusalOf = (file: string, { name }: Vector): RefusalRule | undefined =>
  REFUSAL_RULES.find((rule) => rule.vectors[file]?.includes(name));

function driver(profile: ProfileName, { registered_op, before = [] }: Vector): DriverHarness {
  const harness = new DriverHarness(profile);
  harness.register(1, registered_op);
  for (const { request_hex, daemon_reply_hex } of before) {
    harness.send(bytesOf(request_hex));
    harness.read();
    harness.write(bytesOf(daemon_reply_hex));
    harness.received();
  }
  return harness;
}

function refused(profile: ProfileName, vector: Vector, { status }: RefusalRule): void {
  const harness = driver(profile, vector);
  harness.send(bytesOf(vector.request_hex), 7);
  const answer = harness.answer();
  assert.equal([answer.status, answer.transaction, answer.payload[25]], [status, 7, 5]);
  assert.is(harness.readOutcome(), 'blocks');
}

/** Every vector is checked here but those whose translation is the codec's own, better one. */
suite('driver: recorded translations', ({ test }) => {
  for (const profile of ['linux', 'freebsd'] as const) {
    const [toDaemon, toHost] = [`${profile}-host-to-daemon`, `${profile}-daemon-to-host`];
    for (const vector of read(toDaemon)) {
      const rule = refusalOf(toDaemon, vector);
      if (rule !== undefined) {
        test(`${toDaemon}: ${vector.name} (${rule.name})`, () => refused(profile, vector, rule));
      } else if (vector.quirk === undefined) {
        test(`${toDaemon}: ${vector.name}`, () => {
          const harness = driver(profile, vector);
          harness.send(bytesOf(vector.request_hex));
          const recorded = bytesOf(vector.daemon_msg_hex!);
          const works = GET_WORKS.vectors[toDaemon]?.includes(vector.name);
          assert.is(hexOf(harness.read()), hexOf(works ? GET_WORKS.expected(recorded) : recorded));
        });
      }
    }
    for (const vector of read(toHost)) {
      const rule = refusalOf(toHost, vector);
      if (rule !== undefined) {
        test(`${toHost}: ${vector.name} (${rule.name})`, () => refused(profile, vector, rule));
      } else if (vector.quirk === undefined) {
        test(`${toHost}: ${vector.name}`, () => {
          const harness = driver(profile, vector);
          harness.send(bytesOf(vector.request_hex));
          harness.read();
          assert.is(harness.writeErrno(bytesOf(vector.daemon_reply_hex!)), 'ok');
          assert.is(hexOf(harness.answer().payload), hexOf(bytesOf(vector.response_hex!)));
        });
      }
    }
  }
  test('every rule names vectors that exist, once, and stands in docs/differences.md', () => {
    const text = readFileSync('docs/differences.md', 'utf8');
    for (const { name, vectors } of [...REFUSAL_RULES, GET_WORKS]) {
      assert.ok(text.includes(name), name);
      for (const [file, names] of Object.entries(vectors)) {
        const known = read(file).map((vector) => vector.name);
        for (const wanted of names) assert.is(known.filter((each) => each === wanted).length, 1, wanted);
      }
    }
  });
});
