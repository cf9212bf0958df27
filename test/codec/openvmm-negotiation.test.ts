/** Every answer to the negotiate request that OpenVMM's host was given, and what our reader makes of it. */
import { decodeNegotiateAnswer, encodeNegotiateRequest, type NegotiateAnswer, version } from 'hv-kvp/codec';
import { difference } from '../_support/golden.js';
import { bytesOfRuns, payloadOf, type RecordedOutcome, recorded, versionsOf } from '../_support/openvmm.js';
import { assert, suite } from '../_support/suite.js';

interface Negotiation {
  name: string;
  answers: string[];
  outcome: RecordedOutcome;
  versions?: string;
  error?: string;
}

const OFFER = { frameworks: [version(1), version(3)], messages: [version(3), version(4), version(5)] };
const REQUEST = '0*10+1c00000000000003000002000300000000000100000003000000030000000400000005000000';

/** OpenVMM's words → our codes. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  'no supported versions': ['ERR_CODEC_NEGOTIATE'],
  'invalid transaction response': ['ERR_CODEC_IC'],
  'missing header': ['ERR_CODEC_SHORT', 'ERR_CODEC_PIPE'],
  'missing message body': ['ERR_CODEC_IC'],
  'missing negotiate message': ['ERR_CODEC_SHORT'],
  'missing version table': ['ERR_CODEC_SHORT'],
};

/** What is odd about a recording that OpenVMM takes, by its name. */
function expectedRemarks({ name, versions }: Negotiation): string[] {
  const { framework, version: message } = versionsOf(versions!);
  const remarks: string[] = [];
  if (/^flags /.test(name)) remarks.push('flags');
  if (/^status /.test(name)) remarks.push('status');
  if (/^reserved /.test(name)) remarks.push('reserved field');
  if (![1, 3].includes(framework.major) || framework.minor !== 0)
    remarks.push('framework version that was not offered');
  if (![3, 4, 5].includes(message.major) || message.minor !== 0) remarks.push('message version that was not offered');
  return remarks;
}

/** Messages of other types are dropped; the first that is none of them decides. */
function outcomeOf(answers: readonly string[]): NegotiateAnswer | string {
  try {
    for (const answer of answers) {
      const agreed = decodeNegotiateAnswer(payloadOf(answer), OFFER);
      if (agreed !== undefined) return agreed;
    }
    return 'waiting';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

suite('codec/negotiations of OpenVMM', ({ test }) => {
  test('our request is the same', () => {
    assert.is(difference(encodeNegotiateRequest(OFFER).subarray(8), bytesOfRuns(REQUEST)), undefined);
  });
  for (const line of recorded<Negotiation>('negotiation')) {
    test(line.name, () => {
      const outcome = outcomeOf(line.answers);
      if (line.outcome === 'waiting') assert.is(outcome, 'waiting');
      else if (line.outcome === 'channel failed')
        assert.ok(CODES[line.error!]!.includes(outcome as string), `${outcome} for "${line.error}"`);
      else if (typeof outcome === 'string') throw new Error(outcome);
      else {
        const { framework, version: message } = versionsOf(line.versions!);
        assert.equal([outcome.framework, outcome.message], [framework, message]);
        assert.equal(
          outcome.remarks.map(({ what }) => what),
          expectedRemarks(line),
        );
      }
    });
  }
});
