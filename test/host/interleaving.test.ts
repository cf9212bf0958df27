/** Random interleavings of host, guest and clock: every request ends exactly once, and the machine is always itself. */
import fc from 'fast-check';
import {
  answerNegotiation,
  decodePayload,
  encodeKvp,
  encodePayload,
  type KvpMessage,
  linuxPolicy,
  version,
} from 'hv-kvp/codec';
import { HostMachine, type HostRequest, type MachineOutput, offerUpTo } from 'hv-kvp/host';
import { seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const TIMEOUT = 10;
const STATES = ['closed', 'negotiating', 'ready', 'busy', 'failed'];

type Step =
  | { do: 'open' | 'renegotiate' | 'close' | 'request' | 'answer' | 'stale' | 'swallow' }
  | { do: 'pass'; ms: number }
  | { do: 'garble'; at: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>({ do: 'request' }, { do: 'answer' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>(
      { do: 'open' },
      { do: 'renegotiate' },
      { do: 'close' },
      { do: 'stale' },
      { do: 'swallow' },
    ),
  },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }).map((ms): Step => ({ do: 'pass', ms })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 60 }).map((at): Step => ({ do: 'garble', at })) },
);

/** Each request asks for an index of its own, so that an answer shows whose it is. */
class Run {
  readonly machine = new HostMachine({ offer: offerUpTo('5.0'), timeoutMs: TIMEOUT });
  readonly ends = new Map<HostRequest, number>();
  readonly inRing: Uint8Array[] = [];
  now = 0;
  index = 0;

  take(step: Step): void {
    this.play(this.outputsOf(step));
  }

  outputsOf(step: Step): MachineOutput[] {
    switch (step.do) {
      case 'open':
        this.inRing.length = 0;
        return this.machine.open();
      case 'renegotiate':
        return this.machine.renegotiate();
      case 'close':
        return this.machine.close();
      case 'request':
        return this.request();
      case 'answer':
        return this.answer((payload) => payload);
      case 'garble':
        return this.answer((payload) => payload.map((byte, at) => (at === step.at ? byte ^ 0x55 : byte)));
      case 'stale':
        return this.machine.receive(new Uint8Array(28));
      case 'swallow':
        this.inRing.shift();
        return [];
      case 'pass':
        this.now += step.ms;
        return this.machine.tick(this.now);
    }
  }

  request(): MachineOutput[] {
    if (this.machine.state.name !== 'ready') return [];
    const request: HostRequest = { kind: 'kvp', message: { operation: 3, pool: 1, index: this.index++ } };
    this.ends.set(request, 0);
    return this.machine.request(request, this.now);
  }

  answer(bend: (payload: Uint8Array) => Uint8Array): MachineOutput[] {
    const payload = this.inRing.shift();
    if (payload === undefined) return [];
    const { ic, body } = decodePayload(payload);
    if (ic.type === 0) return this.machine.receive(bend(answerNegotiation(payload, linuxPolicy()).response));
    const index = new DataView(body.buffer, body.byteOffset).getUint32(4, true);
    const item: KvpMessage = { operation: 3, pool: 1, index, key: 'k', value: { type: 1, text: String(index) } };
    return this.machine.receive(bend(encodePayload({ ...ic, flags: 5 }, encodeKvp(item, { version: version(4) }))));
  }

  play(outputs: MachineOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'send') this.inRing.push(output.payload);
      if (output.kind === 'answered' || output.kind === 'unanswered') {
        this.ends.set(output.request, (this.ends.get(output.request) ?? 0) + 1);
      }
    }
    const { state } = this.machine;
    assert.ok(STATES.includes(state.name));
    const open = [...this.ends].filter(([, ends]) => ends === 0).map(([request]) => request);
    assert.equal(open, state.name === 'busy' ? [state.request] : [], 'what has no end yet is in flight');
    assert.ok(
      [...this.ends.values()].every((ends) => ends <= 1),
      'no request ends twice',
    );
    assert.is(this.machine.deadline !== undefined, state.name === 'busy');
  }
}

suite('host machine: interleavings', ({ test }) => {
  test('every request ends exactly once, and after any history the machine can be made ready again', () => {
    const seed = seedOfRun();
    console.log(`seed ${seed}`);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const run = new Run();
        for (const each of steps) run.take(each);
        run.take({ do: 'open' });
        run.take({ do: 'answer' });
        assert.is(run.machine.state.name, 'ready');
        run.take({ do: 'request' });
        run.take({ do: 'answer' });
        assert.is(run.machine.state.name, 'ready');
      }),
      { seed, numRuns: 2_000 },
    );
  });

  test('an answer in order is never taken for another request', () => {
    const seed = seedOfRun();
    console.log(`seed ${seed}`);
    const honest = step.filter((each) => each.do !== 'garble' && each.do !== 'swallow' && each.do !== 'stale');
    fc.assert(
      fc.property(fc.array(honest, { minLength: 1, maxLength: 40 }), (steps) => {
        const run = new Run();
        const play = run.play.bind(run);
        run.play = (outputs) => {
          for (const output of outputs) {
            if (output.kind !== 'answered' || output.request.kind !== 'kvp') continue;
            const { message } = output.answer;
            const text = message !== undefined && 'value' in message && message.value && 'text' in message.value;
            assert.ok(text !== false && 'index' in output.request.message);
            assert.is(
              'value' in message! && message.value && 'text' in message.value && message.value.text,
              String((output.request.message as { index: number }).index),
            );
          }
          play(outputs);
        };
        for (const each of steps) run.take(each);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});
