/** Mutated packets and mutated answers, many of them: nothing throws, one answer a request, the channel always goes on. */
import type { ProfileName } from 'hv-kvp/driver';
import { DriverHarness } from '../_support/driver-harness.js';
import { hostRequest, icMessage, negotiateRequest } from '../_support/host-requests.js';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const seed = seedOfRun();
const ROUNDS = 15_000;
const WORDS = [0, 1, 2, 3, 63, 64, 65, 255, 512, 513, 2048, 2049, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

const REQUESTS = [4, 5].flatMap((major) => [
  ...[0, 1, 2].map((operation) => hostRequest(operation, { key: 'key', value: 'välue', major })),
  hostRequest(3, { pool: 2, index: 3, major }),
  ...[4, 5].map((operation) => hostRequest(operation, { pool: 1, adapter: '{guid}', major })),
  negotiateRequest(3, 4, 5),
  icMessage(1, 16, major),
]);
const REFUSALS = ['ERR_CODEC_PIPE', 'ERR_CODEC_UNSUPPORTED', 'ERR_CODEC_SHORT', 'ERR_CODEC_SIZE'];
/** What may be cut or set in a message: the offsets that mean something, headers and fields. */
const OFFSETS = [0, 4, 8, 12, 14, 18, 20, 24, 28, 29, 32, 36, 40, 44, 48, 52, 56, 312, 313, 316, 556, 560];

function mutated(random: Random, template: Buffer): Buffer {
  const bytes = Buffer.from(template);
  for (let change = random.below(4); change > 0; change--) {
    const at = Math.min(random.oneIn(3) ? random.below(bytes.length) : random.pick(OFFSETS), bytes.length - 4);
    const word = random.pick(WORDS);
    if (random.oneIn(2)) bytes.writeUInt32LE(word, at);
    else bytes[at] = word & 0xff;
  }
  if (random.oneIn(8)) bytes.fill(random.below(256), random.below(bytes.length));
  return random.oneIn(4) ? cut(random, bytes, random.below(bytes.length)) : bytes;
}

/** Half of the cut packets say so in their headers. */
function cut(random: Random, bytes: Buffer, length: number): Buffer {
  const short = bytes.subarray(0, length);
  if (length >= 28 && random.oneIn(2)) {
    short.writeUInt32LE(length - 8, 4);
    short.writeUInt16LE(length - 28, 18);
  }
  return short;
}

function answer(random: Random, length: number): Buffer {
  const message = Buffer.alloc(length);
  if (random.oneIn(4)) message.writeUInt32LE(random.pick(WORDS), 0);
  if (random.oneIn(2)) for (let at = 4; at < length; at += 1 + random.below(64)) message[at] = random.below(256);
  if (random.oneIn(3)) message.fill(0x41, 4, 4 + random.below(length - 4));
  if (random.oneIn(3)) for (const at of [262, 2310, 4358, 5382]) message.write('10.0.0.1;fe80::1;/64', at);
  return message;
}

suite(`driver: mutated messages (HV_KVP_SEED=${seed})`, ({ test }) => {
  for (const profile of ['linux', 'freebsd'] satisfies ProfileName[]) {
    test(`${profile}: ${ROUNDS} packets and their answers`, () => {
      const random = new Random(seed);
      const harness = new DriverHarness(profile, 5);
      harness.register();
      const outcomes = new Map<string, number>();
      for (let round = 0; round < ROUNDS; round++) {
        harness.events.length = 0;
        harness.send(mutated(random, random.pick(REQUESTS)), round);
        if (harness.session.state === 'handed') {
          harness.read();
          assert.is(harness.writeErrno(answer(random, harness.messageBytes)), 'ok');
        }
        assert.is(harness.session.state, 'ready', `round ${round}`);
        const sent = harness.received();
        const dropped = harness.events.some(({ what }) => what === 'dropped');
        assert.is(sent.length, dropped ? 0 : 1, `round ${round}`);
        if (sent[0] !== undefined) assert.equal([sent[0].transactionLow, sent[0].payload[25]], [round, 5]);
        const last = harness.events.findLast(({ what }) => what !== 'state')!;
        const outcome = last.what === 'answer' ? (last.error?.code ?? last.reason) : last.what;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      for (const outcome of ['daemon', 'negotiated', 'dropped', ...REFUSALS])
        assert.ok((outcomes.get(outcome) ?? 0) > 50, `${outcome}: ${outcomes.get(outcome)} of ${ROUNDS}`);
    });
  }
});
