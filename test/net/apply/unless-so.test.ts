/** A command for an interface that does not come to be as wanted without it. */
import { assert, suite } from '../../_support/suite.js';
import { type Behaviour, backend, ImaginaryManager, NEW, OLD } from './imaginary-manager.js';

const twoWays = {
  ...backend,
  activate: () => ({
    before: [],
    after: [{ argv: ['manager', 'reload'] as const }, { argv: ['manager', 'take-up'] as const, unlessSo: true }],
  }),
};
/** The manager goes on after its program has ended, as networkd does. */
const soon: Behaviour = (_, manager) => void setImmediate(() => manager.takeUp());
const never: Behaviour = () => {};

suite('a command unless it is so', ({ test }) => {
  test('is left out where the one before it does the work in time', async () => {
    const manager = new ImaginaryManager({ backends: [twoWays] });
    manager.behaviours = [soon];
    assert.equal(await manager.changer.apply('eth0', NEW), { kind: 'applied' });
    assert.equal(manager.started, ['reload']);
  });

  test('is started where that one does not', async () => {
    const manager = new ImaginaryManager({ backends: [twoWays] });
    manager.behaviours = [never];
    assert.equal(await manager.changer.apply('eth0', NEW), { kind: 'applied' });
    assert.equal(manager.started, ['reload', 'take-up']);
  });

  test('is started on the way back in any case, but only when the first has done its work', async () => {
    const manager = new ImaginaryManager({ backends: [twoWays] });
    const inForce: unknown[] = [];
    // Half of it is done, so that there is something to come back from.
    const half: Behaviour = (_, one) => {
      one.inForce = { ...NEW, dns: [] };
    };
    manager.behaviours = [never, half, soon, (_, one) => void inForce.push(one.inForce)];
    assert.is((await manager.changer.apply('eth0', NEW)).kind, 'rolled-back');
    assert.equal(manager.started, ['reload', 'take-up', 'reload', 'take-up']);
    assert.equal(inForce, [OLD]);
  });
});
