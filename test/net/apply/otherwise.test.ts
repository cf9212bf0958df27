import { assert, suite } from '../../_support/suite.js';
import { backend, ImaginaryManager, NEW } from './imaginary-manager.js';

const fails = () => {
  throw new Error('not so');
};
const gentle = {
  ...backend,
  activate: () => ({
    before: [],
    after: [{ argv: ['manager', 'reapply'] as const, otherwise: ['manager', 'take-up'] as const }],
  }),
  warnings: () => ['somebody else has a say in it.'],
};

suite('a command with another way', ({ test }) => {
  test('the other way is gone where the first one fails, and only there', async () => {
    const manager = new ImaginaryManager({ backends: [gentle] });
    manager.behaviours = [fails];
    assert.equal(await manager.changer.apply('eth0', NEW), { kind: 'applied' });
    assert.equal(manager.started, ['reapply', 'take-up']);
    const mattered = manager.events.flatMap((event) => (event.what === 'command' ? [event.mattered] : []));
    assert.equal(mattered, [false, true]);

    const other = new ImaginaryManager({ backends: [gentle] });
    other.behaviours = [(_, one) => one.takeUp()];
    assert.equal(await other.changer.apply('eth0', NEW), { kind: 'applied' });
    assert.equal(other.started, ['reapply']);
  });

  test('where both fail the change is taken back', async () => {
    const manager = new ImaginaryManager({ backends: [gentle] });
    manager.behaviours = [fails, fails];
    assert.is((await manager.changer.apply('eth0', NEW)).kind, 'rolled-back');
  });

  test("the plan's notes are heard when the change begins", async () => {
    const manager = new ImaginaryManager({ backends: [gentle] });
    manager.behaviours = [(_, one) => one.takeUp()];
    await manager.changer.apply('eth0', NEW);
    const at = manager.events.findIndex(({ what }) => what === 'note');
    assert.equal(manager.events[at], { what: 'note', text: 'somebody else has a say in it.' });
    assert.ok(at < manager.events.findIndex(({ what }) => what === 'written'));
  });
});
