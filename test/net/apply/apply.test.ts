import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { KvpError } from 'hv-kvp';
import type { Backend } from '#internal';
import { assert, suite } from '../../_support/suite.js';
import {
  type Behaviour,
  backend,
  configuration,
  copyOfState,
  FILE,
  ImaginaryManager,
  NEW,
  OLD,
} from './imaginary-manager.js';

const apply = (manager: ImaginaryManager, wanted = NEW, signal?: AbortSignal) =>
  manager.changer.apply('eth0', wanted, signal);
const OTHER = configuration({ addresses: [{ family: 4, text: '192.0.2.30', prefix: 24 }] });
/** Of a file that it does not understand it says that there is nothing. */
const careless: Backend = { ...backend, read: () => undefined };
const contentOf = (file: string): string => {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? readFileSync(file, 'latin1') : String(stats?.mode);
};
const fails: Behaviour = () => {
  throw new KvpError('ERR_NET_COMMAND', { detail: 'manager' });
};
const doesNothing: Behaviour = () => {};
/** The new address beside the old gateway of another network: neither this nor that. */
const halfApplies: Behaviour = (_, manager) => {
  manager.inForce = configuration({ addresses: NEW.addresses, gateways: [] });
};
const losesTheInterface: Behaviour = (_, manager) => {
  manager.inForce = undefined;
};

function assertAsBefore(manager: ImaginaryManager): void {
  assert.equal(manager.inForce, OLD);
  assert.equal(manager.file, OLD);
  assert.is(manager.hasJournal, false);
}

suite('a plan', ({ test }) => {
  test('is carried out: files, programs, verified', async () => {
    const manager = new ImaginaryManager();
    assert.equal(await apply(manager), { kind: 'applied' });
    assert.equal(manager.inForce, NEW);
    assert.equal(manager.file, NEW);
    assert.equal(manager.started, ['pause', 'take-up']);
    assert.is(manager.hasJournal, false);
    assert.equal(
      manager.events.map(({ what }) => what),
      ['gateways', 'command', 'written', 'command', 'verified'],
    );
  });

  test('that is empty is answered at once: no journal, no program', async () => {
    const manager = new ImaginaryManager();
    assert.equal(await apply(manager, OLD), { kind: 'unchanged' });
    assert.equal(manager.started, []);
    assert.equal(manager.events, []);
  });

  for (const [title, behaviours, code] of [
    ['whose first program fails', [fails], 'ERR_NET_COMMAND'],
    ['whose last program fails', [undefined, fails], 'ERR_NET_COMMAND'],
    ['that changes nothing', [undefined, doesNothing], 'ERR_NET_VERIFY'],
    ['that takes half effect', [undefined, halfApplies], 'ERR_NET_VERIFY'],
  ] as const)
    test(`${title} is taken back`, async () => {
      const manager = new ImaginaryManager();
      manager.behaviours = [...behaviours];
      const outcome = await apply(manager);
      assert.is(outcome.kind, 'rolled-back');
      assert.is('error' in outcome && outcome.error.code, code);
      assertAsBefore(manager);
    });

  test('after which the gateway is silent is taken back; one that was silent before does not count', async () => {
    const manager = new ImaginaryManager();
    manager.answering = [['192.0.2.1'], []];
    const outcome = await apply(manager);
    assert.is(outcome.kind, 'rolled-back');
    assert.match('error' in outcome ? outcome.error.message : '', /gateway 192\.0\.2\.1/);
    assertAsBefore(manager);

    const silent = new ImaginaryManager();
    silent.answering = [[]];
    assert.equal(await apply(silent), { kind: 'applied' });
  });

  test('for which there is no journal is refused before anything happens', async () => {
    const manager = new ImaginaryManager();
    mkdirSync(join(manager.stateDir, 'net-journal', 'in-the-way'), { recursive: true });
    await apply(manager).then(
      () => assert.unreachable(),
      (error: KvpError) => assert.is(error.code, 'ERR_NET_JOURNAL'),
    );
    assert.equal(manager.started, []);
    assert.equal(manager.file, OLD);
  });

  test('whose files cannot be written is taken back', async () => {
    const manager = new ImaginaryManager();
    // Somebody edits the file after the plan was made.
    manager.behaviours = [(_, { root }) => writeFileSync(join(root, FILE), `${JSON.stringify(OLD)}\n`)];
    const outcome = await apply(manager);
    assert.is('error' in outcome && outcome.error.code, 'ERR_NET_CHANGED');
    assert.equal(manager.inForce, OLD);
    assert.is(manager.fileText, `${JSON.stringify(OLD)}\n`);
    assert.is(manager.hasJournal, false);
  });

  test('whose time is over is taken back, and whoever waits hears of both', async () => {
    const manager = new ImaginaryManager();
    const control = new AbortController();
    manager.behaviours = [
      undefined,
      async (_, __, signal) => {
        manager.takeUp();
        control.abort();
        signal?.throwIfAborted();
      },
    ];
    const outcome = await apply(manager, NEW, control.signal);
    assert.is(outcome.kind, 'rolled-back');
    assertAsBefore(manager);
    assert.is((await apply(manager, NEW, AbortSignal.abort()).catch(() => ({ kind: 'thrown' }))).kind, 'thrown');
    assertAsBefore(manager);
  });

  test('whose manager does not bring everything back has the rest put back by the kernel’s own messages', async () => {
    const saved = { takenAt: 0, addresses: [], routes: [] };
    const restored: unknown[] = [];
    const manager: ImaginaryManager = new ImaginaryManager({
      kernel: {
        read: () => saved,
        restore(index, state, exactly) {
          restored.push([index, state, exactly]);
          manager.inForce = OLD;
        },
        differences: () => [],
      },
    });
    manager.behaviours = [undefined, halfApplies, undefined, halfApplies];
    assert.is((await apply(manager)).kind, 'rolled-back');
    assertAsBefore(manager);
    // What is more than there was may be the manager's.
    assert.equal(restored, [[2, saved, false]]);
  });

  test('that cannot be taken back says so, and the files are as before', async () => {
    const manager = new ImaginaryManager();
    manager.behaviours = [undefined, losesTheInterface, fails, fails];
    const outcome = await apply(manager);
    assert.is(outcome.kind, 'failed');
    assert.is('rollback' in outcome && outcome.rollback.code, 'ERR_NET_ROLLBACK');
    assert.equal(manager.file, OLD);
    assert.is(manager.hasJournal, false);
    const error = await manager.changer.change('eth0', NEW, AbortSignal.timeout(10_000)).then(
      () => undefined,
      (reason: KvpError) => reason,
    );
    assert.is(error?.code, 'ERR_NET_UNKNOWN');
  });

  test('whose file cannot be restored leaves the manager with what is there, and the journal for the next', async () => {
    const manager = new ImaginaryManager();
    const temporary = join(manager.root, '/etc/netplan/.eth0.yaml.hv-kvp-new');
    const inTheWay = (): void => {
      mkdirSync(join(temporary, 'in-the-way'), { recursive: true });
      throw new KvpError('ERR_NET_COMMAND', { detail: 'manager' });
    };
    manager.behaviours = [undefined, inTheWay, undefined, doesNothing];
    const outcome = await apply(manager);
    assert.is(outcome.kind, 'failed');
    assert.match('rollback' in outcome ? outcome.rollback.message : '', FILE);
    assert.equal(manager.started, ['pause', 'take-up', 'pause', 'take-up']);
    assert.is(manager.hasJournal, true);
    rmSync(temporary, { recursive: true });
    assert.is(await manager.changer.recover(), 'undone');
    assertAsBefore(manager);
  });

  test('whose files cannot be prepared starts no program', async () => {
    const manager = new ImaginaryManager();
    mkdirSync(join(manager.root, '/etc/netplan/.eth0.yaml.hv-kvp-new/in-the-way'), { recursive: true });
    const outcome = await apply(manager);
    assert.is(outcome.kind, 'refused');
    assert.is('error' in outcome && outcome.error.code, 'ERR_NET_WRITE');
    assert.equal(manager.started, []);
    assertAsBefore(manager);
  });

  test('can be gone back on, as a change of its own, and forth again', async () => {
    const manager = new ImaginaryManager();
    assert.is(await manager.changer.rollBack(), undefined);
    await apply(manager);
    assert.equal((await manager.changer.planBack())?.wanted, OLD);
    assert.equal(await manager.changer.rollBack(), { kind: 'applied' });
    assertAsBefore(manager);
    assert.equal(await manager.changer.rollBack(), { kind: 'applied' });
    assert.equal([manager.file, manager.inForce], [NEW, NEW]);
  });
});

suite('several changes', ({ test }) => {
  test('come one after the other, and one that was overtaken is answered without being begun', async () => {
    const manager = new ImaginaryManager();
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    manager.behaviours = [() => held];
    const other = configuration({ dns: ['192.0.2.54'] });
    const first = apply(manager, NEW);
    while (manager.started.length === 0) await nextTurn();
    const [second, third] = [apply(manager, other), apply(manager, OLD)];
    await nextTurn();
    assert.equal(manager.started, ['pause']);
    release();
    assert.equal(await first, { kind: 'applied' });
    const overtaken = await second;
    assert.is('error' in overtaken && overtaken.error.code, 'ERR_NET_OVERTAKEN');
    assert.equal(await third, { kind: 'applied' });
    assertAsBefore(manager);
    assert.equal(manager.started, ['pause', 'take-up', 'pause', 'take-up']);
  });

  test('of two programs exclude one another', async () => {
    const manager = new ImaginaryManager();
    const other = manager.anotherChanger();
    let release: () => void = () => {};
    manager.behaviours = [
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    ];
    const first = apply(manager, NEW);
    while (manager.started.length === 0) await nextTurn();
    const busy = await other.apply('eth0', OLD, AbortSignal.timeout(200)).catch((error: KvpError) => error);
    assert.is('code' in busy && busy.code, 'ERR_NET_BUSY');
    release();
    assert.equal(await first, { kind: 'applied' });
    assert.equal(await other.apply('eth0', OLD), { kind: 'applied' });
  });
});

suite('a process that dies', ({ test }) => {
  /** The change stops for ever at this start of the program, with the journal as it is then. */
  async function diesAt(start: number): Promise<ImaginaryManager> {
    const manager = new ImaginaryManager();
    manager.behaviours = [...Array<undefined>(start), () => new Promise<void>(() => {})];
    void apply(manager);
    while (manager.started.length <= start) await nextTurn();
    return manager;
  }

  for (const start of [0, 1])
    test(`at start ${start} of the manager's program: the next one takes the change back`, async () => {
      const manager = await diesAt(start);
      assert.is(manager.hasJournal, true);
      if (start === 1) {
        assert.equal(manager.file, NEW);
        manager.takeUp();
      }
      // The lock is the dead process's; the kernel would have let go of it.
      const next = manager.anotherChanger({ stateDir: copyOfState(manager) });
      assert.is(await next.recover(), 'undone');
      assert.equal([manager.file, manager.inForce], [OLD, OLD]);
      assert.is(await next.recover(), 'nothing-to-do');
    });

  test('leaves nothing that it had prepared beside the files', async () => {
    const manager = await diesAt(0);
    const prepared = join(manager.root, '/etc/netplan/.eth0.yaml.hv-kvp-new');
    assert.ok(existsSync(prepared));
    await manager.anotherChanger({ stateDir: copyOfState(manager) }).recover();
    assert.not.ok(existsSync(prepared));
  });

  test('and a recovery that dies too is repeated', async () => {
    const manager = await diesAt(1);
    manager.takeUp();
    const stateDir = copyOfState(manager);
    manager.behaviours = [undefined, () => new Promise<void>(() => {})];
    void manager.anotherChanger({ stateDir }).recover();
    while (manager.started.length < 4) await nextTurn();
    assert.is(await manager.anotherChanger({ stateDir: copyOfState(manager, stateDir) }).recover(), 'undone');
    assert.equal([manager.file, manager.inForce], [OLD, OLD]);
  });

  const others: [title: string, change: (file: string) => void][] = [
    ['edited', (file) => writeFileSync(file, JSON.stringify(OTHER))],
    ['removed', (file) => rmSync(file)],
    ['replaced by bytes that are no text', (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 0]))],
    [
      'replaced by a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    [
      'replaced by a FIFO',
      (file) => {
        rmSync(file);
        execFileSync('mkfifo', [file]);
      },
    ],
    ['emptied', (file) => writeFileSync(file, '')],
  ];
  for (const start of [0, 1])
    for (const [title, change] of others)
      test(`at start ${start}, and its file is ${title} since: the file stays, that is said, and the journal goes`, async () => {
        const manager = await diesAt(start);
        const file = join(manager.root, FILE);
        change(file);
        const seen = contentOf(file);
        manager.inForce = OTHER;
        manager.behaviours = [doesNothing, doesNothing];
        const next = manager.anotherChanger({ stateDir: copyOfState(manager), backends: [careless] });
        assert.is(await next.recover(), 'files-only');
        assert.is(contentOf(file), seen);
        assert.equal(
          manager.events.filter(({ what }) => what === 'foreign'),
          [{ what: 'foreign', paths: [FILE] }],
        );
        assert.is(await next.recover(), 'nothing-to-do');
      });

  test('a journal that cannot be believed stops every change until somebody has looked', async () => {
    const manager = new ImaginaryManager();
    mkdirSync(manager.stateDir, { mode: 0o700 });
    writeFileSync(join(manager.stateDir, 'net-journal'), '{}', { mode: 0o600 });
    for (const act of [() => manager.changer.recover(), () => apply(manager)])
      assert.is(((await act().catch((error: KvpError) => error)) as KvpError).code, 'ERR_NET_JOURNAL');
    assert.equal(manager.started, []);
  });
});
