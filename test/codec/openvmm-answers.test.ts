/** Every answer that OpenVMM's host was given: what it made of it, and what our reader makes of it. */
import { decodeKvpAnswer, type Remark, Status } from 'hv-kvp/codec';
import { messageOf, payloadOf, recorded, recordedForm, type Step, versionsOf } from '../_support/openvmm.js';
import { assert, suite } from '../_support/suite.js';

interface Verdict {
  name: string;
  versions: string;
  steps: Step[];
}

/** OpenVMM's words → our codes. A text of size 0 and a body without a header have one word there and two codes here. */
const CODES: readonly [words: RegExp, codes: readonly string[]][] = [
  [/^missing (header|message body|response)$/, ['ERR_CODEC_SHORT', 'ERR_CODEC_IC', 'ERR_CODEC_PIPE']],
  [/^invalid transaction response$/, ['ERR_CODEC_IC']],
  [/^(invalid string length|string length too large)$/, ['ERR_CODEC_SIZE']],
  [/^missing null terminator$/, ['ERR_CODEC_NUL', 'ERR_CODEC_SIZE']],
  [/^invalid utf-16/, ['ERR_CODEC_UTF16']],
  [/^invalid value type/, ['ERR_CODEC_VALUE_TYPE']],
  [/^invalid [dq]word value size$/, ['ERR_CODEC_SIZE']],
  [/^invalid ipv[46] address count$/, ['ERR_CODEC_IP']],
];

/** OpenVMM's host does not ask for addresses below 5.0; ours does, in the string form that real guests answer. */
const ASKED_BY_US_ALONE = new Set(['get-ip at 3.0', 'get-ip at 4.0', 'set-ip at 4.0']);

/** What our reader must remark on, by the name of the recording: what the recording says was odd. */
const ODD: readonly [name: RegExp, what: string][] = [
  [/framework version (?!3\.0)/, 'framework version'],
  [/message type (?!2$)/, 'message type'],
  [/flags 0x(?!05)/, 'flags'],
  [/reserved bytes set/, 'reserved bytes'],
  [/message version (?!5\.0)/, 'message version'],
  [/^(enumerate body: operation (?!3$)|get-ip body: operation (?!4$))/, 'operation'],
  [/body: pool (?!1$)/, 'pool'],
  [/body: index (?!0$)/, 'index'],
  [/key (size (12|14|510|512)|NUL inside)$/, 'key'],
  [/value (size (14|2048)|NUL inside)$/, 'value'],
  [/body: family (?![0123]$)/, 'address family'],
  [/body: dhcp [^01]/, 'DHCP'],
  [/body: padding/, 'padding'],
  [/adapter 128 units/, 'adapter id'],
  [/origin (?![012]$)/, 'origin'],
  [/prefix (129|4294967295|0xffffffff)/, 'IPv6 prefix'],
  [/mask (255\.0\.255\.0|1\.2\.3\.4)/, 'mask'],
];
const expectedRemarks = ({ name }: Verdict): string[] =>
  ODD.filter(([pattern]) => pattern.test(name)).map(([, what]) => what);

interface Outcome {
  outcome: Step['outcome'];
  value?: unknown;
  code?: string;
  remarks?: Remark[];
}

function outcomeOf({ request }: Step, payload: Uint8Array, versions: string): Outcome {
  const asked = messageOf(request);
  const index = 'index' in asked ? { index: asked.index } : {};
  try {
    const options = { ...versionsOf(versions), pool: asked.pool, ...index };
    const { status, message, remarks } = decodeKvpAnswer(payload, asked.operation, options);
    if (status === Status.NoMoreItems && request.op === 'enumerate')
      return { outcome: 'accepted', value: 'no more items', remarks };
    return { outcome: status === Status.Ok ? 'accepted' : 'refused', value: recordedForm(message), remarks };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined || !code.startsWith('ERR_CODEC')) throw error;
    return { outcome: 'channel failed', code };
  }
}

suite('codec/answers that OpenVMM was given', ({ test }) => {
  for (const verdict of recorded<Verdict>('verdicts')) {
    test(verdict.name, () => {
      // OpenVMM reads only while it waits: what comes too early answers the next request.
      const arrived: Uint8Array[] = [];
      for (const step of verdict.steps) {
        arrived.push(...step.answers.map(payloadOf));
        const payload = arrived.shift();
        if (ASKED_BY_US_ALONE.has(verdict.name)) {
          assert.is(step.error, 'non-binary protocol not supported');
          continue;
        }
        const { outcome, value, code, remarks } = outcomeOf(step, payload!, verdict.versions);
        assert.is(outcome, step.outcome);
        if (outcome === 'channel failed') {
          const [, codes] = CODES.find(([words]) => words.test(step.error!))!;
          assert.ok(codes.includes(code!), `${code} for "${step.error}"`);
          return;
        }
        if (outcome === 'accepted') assert.equal(value, step.value);
        assert.equal([...new Set(remarks!.map(({ what }) => what))], expectedRemarks(verdict));
      }
    });
  }
});
