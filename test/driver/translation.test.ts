/**
 * The recorded translations and negotiations of both kernels' drivers, through the session with the profile of each.
 *
 * A vector without a quirk must come out as recorded. For one with a quirk the codec decides, whose own tests hold it
 * to the vector by a named rule for each quirk; here its bytes must pass through the session unchanged, unless a rule
 * of the session says otherwise.
 */
import { readFileSync } from 'node:fs';
import type { ProfileName } from 'hv-kvp/driver';
import { codec, DriverHarness } from '../_support/driver-harness.js';
import { assert, suite } from '../_support/suite.js';
import { bytesOf, hexOf } from '../_support/vector-hex.js';
import { GET_WORKS, INTERFACE_NAMES, REFUSAL_RULES, REPLACEMENT, type RefusalRule } from './translation-rules.js';

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

const interfaceName = (adapterId: string) =>
  adapterId === INTERFACE_NAMES.adapterId ? INTERFACE_NAMES.interfaceName : undefined;

const refusalOf = (file: string, { name }: Vector): RefusalRule | undefined =>
  REFUSAL_RULES.find((rule) => rule.vectors[file]?.includes(name));

function driver(profile: ProfileName, { registered_op, before = [] }: Vector): DriverHarness {
  const harness = new DriverHarness(profile, 4, profile === 'freebsd' ? { interfaceName } : {});
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

function daemonMessage(profile: ProfileName, file: string, vector: Vector): Uint8Array {
  const recorded = vector.daemon_msg_hex == null ? undefined : bytesOf(vector.daemon_msg_hex);
  if (vector.quirk === undefined && recorded !== undefined)
    return GET_WORKS.vectors[file]?.includes(vector.name) ? GET_WORKS.expected(recorded) : recorded;
  const message = codec.hostToDaemon(bytesOf(vector.request_hex), { dialect: profile });
  return recorded !== undefined && used(INTERFACE_NAMES, INTERFACE_NAMES.applies(recorded))
    ? INTERFACE_NAMES.expected(message)
    : message;
}

function response(profile: ProfileName, vector: Vector): Uint8Array {
  if (vector.quirk === undefined) return bytesOf(vector.response_hex!);
  const request = bytesOf(vector.request_hex);
  const answer = bytesOf(vector.daemon_reply_hex!);
  const translated = codec.daemonToHost(request, answer, { dialect: profile });
  return used(REPLACEMENT, REPLACEMENT.applies(request, answer, translated))
    ? REPLACEMENT.expected(request, answer)
    : translated;
}

const uses = new Map<string, number>();

function used({ name }: { name: string }, applies: boolean): boolean {
  if (applies) uses.set(name, (uses.get(name) ?? 0) + 1);
  return applies;
}

suite('driver: recorded translations', ({ test }) => {
  for (const profile of ['linux', 'freebsd'] as const) {
    const [toDaemon, toHost] = [`${profile}-host-to-daemon`, `${profile}-daemon-to-host`];
    for (const vector of read(toDaemon)) {
      const rule = refusalOf(toDaemon, vector);
      if (rule !== undefined) {
        test(`${toDaemon}: ${vector.name} (${rule.name})`, () => refused(profile, vector, rule));
      } else {
        test(`${toDaemon}: ${vector.name}`, () => {
          const harness = driver(profile, vector);
          harness.send(bytesOf(vector.request_hex));
          assert.is(hexOf(harness.read()), hexOf(daemonMessage(profile, toDaemon, vector)));
        });
      }
    }
    for (const vector of read(toHost)) {
      const rule = refusalOf(toHost, vector);
      if (rule !== undefined) {
        test(`${toHost}: ${vector.name} (${rule.name})`, () => refused(profile, vector, rule));
      } else {
        test(`${toHost}: ${vector.name}`, () => {
          const harness = driver(profile, vector);
          harness.send(bytesOf(vector.request_hex));
          harness.read();
          assert.is(harness.writeErrno(bytesOf(vector.daemon_reply_hex!)), 'ok');
          assert.is(hexOf(harness.answer().payload), hexOf(response(profile, vector)));
        });
      }
    }
  }
  test('every rule that goes by what it sees was needed', () => {
    for (const { name } of [INTERFACE_NAMES, REPLACEMENT]) assert.ok((uses.get(name) ?? 0) > 1, name);
  });
  test('every recorded negotiation is answered as recorded, or as the codec answers it', () => {
    for (const profile of ['linux', 'freebsd'] as const) {
      for (const vector of read(`${profile}-negotiate`)) {
        const harness = new DriverHarness(profile);
        harness.register();
        const request = bytesOf(vector.request_hex);
        const { transaction_id = '0x0', type = 6 } = vector.vmbus ?? {};
        harness.send(request, Number(BigInt(transaction_id) & 0xffffffffn), type);
        const [sent] = harness.received();
        // A message of another service is no negotiation; the session's own rule answers it.
        if (request[12] !== 0 && request.length >= 28) assert.is(harness.events.at(-1)?.what, 'answer', vector.name);
        else if (vector.response_hex === null) assert.is(sent, undefined, vector.name);
        else if (vector.quirk === undefined)
          assert.is(hexOf(sent!.payload), hexOf(bytesOf(vector.response_hex!)), vector.name);
        else assert.is(sent!.payload.length, request.length, vector.name);
      }
    }
  });
  test('every rule names vectors that exist, once, and stands in docs/differences.md', () => {
    const text = readFileSync('docs/differences.md', 'utf8');
    for (const { name } of [INTERFACE_NAMES, REPLACEMENT]) assert.ok(text.includes(name), name);
    for (const { name, vectors } of [...REFUSAL_RULES, GET_WORKS]) {
      assert.ok(text.includes(name), name);
      for (const [file, names] of Object.entries(vectors)) {
        const known = read(file).map((vector) => vector.name);
        for (const wanted of names) assert.is(known.filter((each) => each === wanted).length, 1, wanted);
      }
    }
  });
});
