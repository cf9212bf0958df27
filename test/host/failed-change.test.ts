/** A change that fails leaves memory, state file and guest as they were, wherever it fails. */
import { type PersistentState, VirtualMachine } from 'hv-kvp/host';
import { rejectionCode } from '../_support/error-code.js';
import { ScriptedGuest } from '../_support/scripted-guest.js';
import { assert, suite } from '../_support/suite.js';
import { VirtualClock } from '../_support/virtual-clock.js';

const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';

/** A machine with the item `old` and a stored failover setting, whose state file fails when the test says so. */
async function machine({ boots }: { boots: boolean }) {
  const guest = new ScriptedGuest();
  const file = { kept: undefined as PersistentState | undefined, saves: 0, fails: (_save: number) => false };
  const vm = new VirtualMachine({
    channel: guest.channel.host,
    clock: new VirtualClock(),
    refreshIntervalMs: 0,
    persist: async (state) => {
      if (file.fails(file.saves++)) throw new Error('no space left on device');
      file.kept = structuredClone(state);
    },
  });
  if (boots) {
    vm.boot();
    await vm.ready();
  }
  await vm.add('old', '1');
  await vm.setFailover(GUID, { dhcp: true });
  file.saves = 0;
  const everything = () => ({
    items: vm.list(),
    failover: vm.failoverSettings(),
    guest: [...guest.pools[0]!],
    kept: file.kept,
  });
  return { vm, guest, file, everything };
}

const CHANGES: Record<string, (vm: VirtualMachine) => Promise<unknown>> = {
  add: (vm) => vm.add('new', '2'),
  modify: (vm) => vm.modify('old', '2'),
  remove: (vm) => vm.remove('old'),
};
const SETTINGS: typeof CHANGES = {
  'set failover settings': (vm) => vm.setFailover(GUID, { dhcp: false }),
  'forget failover settings': (vm) => vm.setFailover(GUID, undefined),
};

suite('host: a change that fails', ({ test }) => {
  for (const [name, change] of Object.entries({ ...CHANGES, ...SETTINGS })) {
    for (const boots of [true, false]) {
      const where = boots ? 'a guest that listens' : 'no guest yet';
      test(`${name} with ${where}: a state file that cannot be written leaves everything as it was`, async () => {
        const { vm, file, everything } = await machine({ boots });
        const before = everything();
        file.fails = () => true;
        assert.is.not(await rejectionCode(change(vm)), 'resolved');
        assert.equal(everything(), before);
        file.fails = () => false;
        await change(vm);
        assert.is.not(JSON.stringify(everything()), JSON.stringify(before), 'the same change works afterwards');
        assert.equal(
          file.kept?.items,
          vm.list().map(({ key, value }) => ({ key, value })),
        );
        assert.equal(file.kept?.failover, vm.failoverSettings());
      });
    }
  }

  for (const [name, change] of Object.entries(CHANGES)) {
    test(`${name} that the guest refuses is taken back out of the state file`, async () => {
      const { vm, guest, everything } = await machine({ boots: true });
      const before = everything();
      guest.refuse = () => 0x80004005;
      assert.is(await rejectionCode(change(vm)), 'ERR_HOST_STATUS');
      assert.equal(everything(), before);
    });

    test(`${name} that the guest refuses and the file then keeps: the error says so, the next change mends it`, async () => {
      const { vm, guest, file, everything } = await machine({ boots: true });
      const { items } = everything();
      guest.refuse = () => 0x80004005;
      file.fails = (save) => save > 0;
      const error = await change(vm).then(
        () => undefined,
        (failure: Error & { code: string }) => failure,
      );
      assert.is(error?.code, 'ERR_HOST_STATE_FILE');
      assert.match(String(error?.message), /0x80004005.*no space left/);
      assert.equal(vm.list(), items);
      guest.refuse = () => undefined;
      file.fails = () => false;
      await vm.add('third', '3');
      assert.equal(
        file.kept?.items.map(({ key }) => key),
        ['old', 'third'],
      );
    });
  }

  test('a description that no guest can be told is refused before anything changes', async () => {
    const { vm, guest } = await machine({ boots: true });
    const long = 'h'.repeat(1_024);
    assert.throws(
      () => vm.migrate({ HostName: long }),
      (error: { code: string }) => error.code === 'ERR_LIMIT_VALUE',
    );
    assert.throws(
      () => new VirtualMachine({ channel: guest.channel.host, name: long }),
      (error: { code: string }) => error.code === 'ERR_LIMIT_VALUE',
    );
    vm.boot();
    await vm.ready();
    assert.is(guest.pools[3]!.get('HostName'), 'host.example');
  });
});
