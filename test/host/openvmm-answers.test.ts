/** The simulated host decides on every recorded answer as OpenVMM's host does: taken, refused, or the channel failed. */
import { encodePayload, version } from 'hv-kvp/codec';
import { HostMachine, type MachineOutput, offerUpTo } from 'hv-kvp/host';
import { messageOf, payloadOf, recorded, type Step, versionsOf } from '../_support/openvmm.js';
import { assert, suite } from '../_support/suite.js';

interface Verdict {
  name: string;
  versions: string;
  steps: Step[];
}

/** A negotiate answer that chooses these versions; the host takes any. */
function agreement(versions: string): Uint8Array {
  const { framework, version: message } = versionsOf(versions);
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  for (const [at, word] of [1, 1, 0, 0, framework.major, framework.minor, message.major, message.minor].entries())
    view.setUint16(2 * at, word, true);
  const none = version(0);
  return encodePayload({ framework: none, type: 0, message: none, status: 0, transaction: 0, flags: 5 }, body);
}

function outcomeOf(outputs: MachineOutput[], { request }: Step): Step['outcome'] {
  const answered = outputs.find((output) => output.kind === 'answered');
  if (answered?.kind !== 'answered') return 'channel failed';
  const { status } = answered.answer;
  const ended = request.op === 'enumerate' && status === 0x80070103;
  return status === 0 || ended ? 'accepted' : 'refused';
}

suite('host/answers that OpenVMM was given', ({ test }) => {
  for (const { name, versions, steps } of recorded<Verdict>('verdicts')) {
    // Ours asks for addresses in the string form too, where OpenVMM's host sends nothing.
    if (steps.some(({ error }) => error === 'non-binary protocol not supported')) continue;
    // Ours fails the channel at a second answer: it is not taken for the answer to the next request.
    if (steps.some(({ answers }) => answers.length !== 1)) continue;
    test(name, () => {
      const machine = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: 1000 });
      machine.open();
      machine.receive(agreement(versions));
      for (const step of steps) {
        if (machine.state.name === 'failed') {
          assert.is(step.outcome, 'channel failed');
          continue;
        }
        machine.request({ kind: 'kvp', message: messageOf(step.request) }, 0);
        assert.is(outcomeOf(machine.receive(payloadOf(step.answers[0]!)), step), step.outcome);
      }
    });
  }

  test('a second answer to one request fails the channel instead of answering the next one', () => {
    const [first] = recorded<Verdict>('verdicts').find(({ name }) => name.includes('an answer twice'))!.steps;
    const machine = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: 1000 });
    machine.open();
    machine.receive(agreement('3.0/5.0'));
    machine.request({ kind: 'kvp', message: messageOf(first!.request) }, 0);
    for (const answer of first!.answers) machine.receive(payloadOf(answer));
    assert.is(machine.state.name, 'failed');
  });
});
