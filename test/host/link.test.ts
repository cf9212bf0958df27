import { KvpError } from 'hv-kvp';
import { version } from 'hv-kvp/codec';
import {
  type HostEvent,
  oversizedPayload,
  type TapRecord,
  transcriptLine,
  VirtualMachine,
  type VirtualMachineOptions,
  virtualAdapter,
} from 'hv-kvp/host';
import { ScriptedGuest } from '../_support/scripted-guest.js';
import { assert, suite } from '../_support/suite.js';
import { settle, VirtualClock } from '../_support/virtual-clock.js';

async function booted(options: Partial<VirtualMachineOptions> = {}) {
  const guest = new ScriptedGuest({ newest: version(4) });
  const clock = new VirtualClock();
  const events: HostEvent[] = [];
  const vm = new VirtualMachine({ channel: guest.channel.host, clock, refreshIntervalMs: 0, ...options });
  vm.onEvent((event) => events.push(event));
  vm.boot();
  await vm.ready();
  return { vm, guest, clock, events };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}

suite('host link: time and channel', ({ test }) => {
  test('a guest that never reads: the request times out, waiting ones are told, and the next boot works', async () => {
    const { vm, guest, clock } = await booted({ requestTimeoutMs: 5_000 });
    guest.deaf = true;
    const codes = [codeOf(vm.guestItems()), codeOf(vm.intrinsics())];
    await clock.pass(4_999);
    assert.is(vm.state, 'busy');
    await clock.pass(1);
    assert.equal(await Promise.all(codes), ['ERR_HOST_TIMEOUT', 'ERR_HOST_INTERRUPTED']);
    assert.is(vm.state, 'negotiating');
    guest.deaf = false;
    guest.serve();
    await vm.ready();
    guest.pools[1]!.set('a', '1');
    assert.equal(await vm.guestItems(), [{ key: 'a', value: '1' }], 'the late answer was taken for no other');
  });

  test('a broken answer fails the channel: requests are rejected, and a new channel heals it', async () => {
    const { vm, guest, events } = await booted();
    guest.bend = (answer) => {
      answer[24] = 1;
      return answer;
    };
    assert.is(await codeOf(vm.guestItems()), 'ERR_HOST_CHANNEL_FAILED');
    assert.is(vm.state, 'failed');
    assert.match(String(vm.failure?.message), 'transaction id');
    assert.is(await codeOf(vm.guestItems()), 'ERR_HOST_CHANNEL_FAILED');
    assert.ok(events.some(({ kind }) => kind === 'failed'));
    assert.equal(await vm.add('k', 'v'), { delivered: false }, 'what the host keeps can still be changed');
    const fresh = new ScriptedGuest();
    vm.connect(fresh.channel.host);
    await vm.ready();
    assert.is(fresh.pools[0]!.get('k'), 'v');
  });

  test('ready() rejects when the channel fails or closes', async () => {
    const guest = new ScriptedGuest();
    guest.bend = () => new Uint8Array(10);
    const vm = new VirtualMachine({ channel: guest.channel.host, clock: new VirtualClock() });
    vm.boot();
    assert.is(await codeOf(vm.ready()), 'ERR_HOST_CHANNEL_FAILED');
    const off = new VirtualMachine({ channel: new ScriptedGuest().channel.host, clock: new VirtualClock() });
    off.boot();
    const waiting = codeOf(off.ready());
    off.stop();
    assert.is(await waiting, 'ERR_HOST_STATE');
  });

  test('a corrupt ring fails the channel', async () => {
    const { vm, guest } = await booted();
    guest.channel.broken = new KvpError('ERR_RING_INDEX');
    guest.channel.ring();
    assert.is(vm.failure?.code, 'ERR_RING_INDEX');
  });

  test('a full ring is waited out', async () => {
    const { vm, guest } = await booted();
    guest.channel.full = true;
    const items = vm.guestItems();
    await settle();
    guest.channel.full = false;
    guest.channel.ring();
    assert.equal(await items, []);
  });

  test('a negotiation that cuts in interrupts what is in flight and what waits', async () => {
    const { vm, guest } = await booted();
    guest.deaf = true;
    const codes = [codeOf(vm.guestItems()), codeOf(vm.guestItems())];
    vm.saveRestore();
    assert.equal(await Promise.all(codes), ['ERR_HOST_INTERRUPTED', 'ERR_HOST_INTERRUPTED']);
    guest.deaf = false;
    guest.serve();
    await vm.ready();
    assert.is(vm.state, 'ready');
  });

  test('a guest that floods the ring while negotiating cannot hold the process', async () => {
    const guest = new ScriptedGuest();
    const clock = new VirtualClock();
    const vm = new VirtualMachine({ channel: guest.channel.host, clock, refreshIntervalMs: 0 });
    guest.deaf = true;
    vm.boot();
    const stale = new Uint8Array(28);
    new DataView(stale.buffer).setUint32(0, 1, true);
    new DataView(stale.buffer).setUint32(4, 20, true);
    stale[12] = 2;
    stale[25] = 5;
    const silent = guest.channel.ring;
    guest.channel.ring = () => {};
    for (let index = 0; index < 200; index++) guest.channel.sendToHost(stale);
    guest.channel.ring = silent;
    let dropped = 0;
    vm.onEvent((event) => (dropped += event.kind === 'dropped' ? 1 : 0));
    guest.channel.ring();
    assert.is(dropped, 64, 'one turn');
    await clock.pass(1);
    assert.is(dropped, 200);
  });
});

suite('host link: faults and transcript', ({ test }) => {
  test('a dropped request times out; the channel works afterwards', async () => {
    const { vm, guest, clock } = await booted({ requestTimeoutMs: 1_000 });
    vm.fault({ kind: 'drop' });
    const before = guest.payloads.length;
    const asked = codeOf(vm.guestItems());
    await clock.pass(1_000);
    assert.is(await asked, 'ERR_HOST_TIMEOUT');
    await vm.ready();
    assert.is(guest.payloads.length, before + 1, 'only the negotiation arrived');
    assert.equal(await vm.guestItems(), []);
  });

  test('a delayed request arrives late, and still counts', async () => {
    const { vm, guest, clock } = await booted();
    vm.fault({ kind: 'delay', ms: 300 });
    const before = guest.requests.length;
    const asked = vm.guestItems();
    await clock.pass(299);
    assert.is(guest.requests.length, before);
    await clock.pass(1);
    assert.equal(await asked, []);
  });

  test('a corrupt request differs in one byte', async () => {
    const { vm, guest } = await booted();
    vm.fault({ kind: 'corrupt', offset: 29, mask: 1 });
    assert.equal(await vm.enumerate(3), [], 'the guest was asked for pool 2, which is empty');
    assert.is(guest.payloads.at(-1)?.[29], 2);
    assert.is((await vm.enumerate(3)).length, 16);
    assert.equal(vm.faults, []);
  });

  test('a fault waits for the request that it names, and by default for one of an administrator', async () => {
    const { vm, guest, events } = await booted({ adapters: [virtualAdapter('00:15:5D:01:02:03')] });
    const hit = () => events.filter(({ kind }) => kind === 'fault').length;
    vm.fault({ kind: 'corrupt', offset: 0xffff });
    await vm.refresh();
    vm.boot();
    await vm.ready();
    assert.is(hit(), 0, 'neither a refresh nor what a guest is told at its boot takes it away');
    for (const [on, request] of [
      [undefined, () => vm.add('a', '1')],
      ['get', () => vm.get('a')],
      ['set', () => vm.modify('a', '2')],
      ['delete', () => vm.remove('a')],
      ['enumerate', () => vm.guestItems()],
      ['set-ip', () => vm.setIp('{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}', { dhcp: true })],
      ['get-ip', () => codeOf(vm.getIp('00:15:5D:01:02:03'))],
      ['any', () => vm.guestItems()],
    ] as const) {
      vm.clearFaults();
      const before = hit();
      // The other operations are asked for first: none of them may take it.
      vm.fault({ kind: 'corrupt', offset: 0xffff, ...(on === undefined ? {} : { on }) });
      for (const other of ['get', 'enumerate'] as const) {
        if (on !== other && on !== 'any' && on !== undefined)
          await (other === 'get' ? vm.get('none') : vm.enumerate(4));
      }
      assert.is(hit(), before, `${on}: not yet`);
      await request();
      assert.is(hit(), before + 1, `${on}: now`);
    }
    assert.equal(guest.negotiations, 2);
  });

  test('a negotiation that a fault dropped is sent again by the next boot', async () => {
    const { vm, guest } = await booted();
    vm.fault({ kind: 'drop', on: 'negotiate' });
    vm.boot();
    await settle();
    assert.is(vm.state, 'negotiating');
    assert.is(guest.negotiations, 1);
    vm.boot();
    await vm.ready();
    assert.is(guest.negotiations, 2);
  });

  test('no more requests wait than somebody can mean', async () => {
    const { vm, guest } = await booted();
    guest.deaf = true;
    const asked = Array.from({ length: 1_030 }, () => codeOf(vm.guestItems()));
    vm.stop();
    const codes = await Promise.all(asked);
    assert.is(codes.filter((code) => code === 'ERR_HOST_BUSY').length, 1_030 - 1 - 1_024);
  });

  test('faults that make no sense are refused, and no more than 64 wait', async () => {
    const { vm } = await booted();
    assert.throws(() => vm.fault({ kind: 'delay', ms: -1 }));
    assert.throws(() => vm.fault({ kind: 'corrupt', offset: 0, mask: 0 }));
    assert.throws(() => vm.fault({ kind: 'meteor' } as never));
    assert.throws(() => vm.fault({ kind: 'drop', on: 'reboot' } as never));
    for (let index = 0; index < 64; index++) vm.fault({ kind: 'drop' });
    assert.throws(() => vm.fault({ kind: 'drop' }));
    vm.clearFaults();
    assert.equal(vm.faults, []);
  });

  test('raw bytes get whatever comes back', async () => {
    const { vm, guest } = await booted();
    guest.raw = () => Uint8Array.of(1, 2, 3);
    assert.equal([...(await vm.sendRaw(oversizedPayload(4000)))], [1, 2, 3]);
    assert.is(guest.payloads.at(-1)?.length, 4000);
    assert.is(vm.state, 'ready');
    assert.is(await codeOf(vm.sendRaw(new Uint8Array(12_249))), 'ERR_MISUSE');
  });

  test('a transcript holds every payload of both directions', async () => {
    const records: string[] = [];
    const { guest } = await booted({ tap: (record: TapRecord) => records.push(transcriptLine(record)) });
    const parsed = records.map((line) => JSON.parse(line) as { direction: string; bytes: number; payload: string });
    const toGuest = parsed.filter(({ direction }) => direction === 'host-to-guest');
    assert.equal(
      toGuest.map(({ payload }) => payload),
      guest.payloads.map((payload) => Buffer.from(payload).toString('hex')),
    );
    assert.is(parsed.length, 2 * toGuest.length);
    assert.is(toGuest[0]?.bytes, 52);
  });
});

suite('host refresh', ({ test }) => {
  const MAC = '00:15:5D:01:02:03';

  test('the first comes with the boot, the next ones every interval, and none overlaps', async () => {
    const { vm, guest, clock, events } = await booted({
      refreshIntervalMs: 5_000,
      adapters: [virtualAdapter(MAC)],
    });
    const refreshes = () => events.filter(({ kind }) => kind === 'refreshed').length;
    await clock.pass(0);
    assert.is(refreshes(), 1);
    guest.pools[1]!.set('status', 'up');
    await clock.pass(4_999);
    assert.is(refreshes(), 1);
    await clock.pass(1);
    assert.is(refreshes(), 2);
    assert.equal(vm.observed.guest, [{ key: 'status', value: 'up' }]);
    assert.is(vm.observed.ip.size, 0, 'the guest does not know the adapter');
    guest.deaf = true;
    await clock.pass(5_000);
    await clock.pass(50_000);
    assert.is(guest.channel.toGuest.length, 1, 'a slow guest is asked once, however long it takes');
    guest.deaf = false;
    guest.serve();
    await clock.pass(0);
    assert.is(refreshes(), 3);
  });

  test('a refresh asked for joins the one under way', async () => {
    const { vm, guest } = await booted();
    const before = guest.requests.length;
    await Promise.all([vm.refresh(), vm.refresh()]);
    assert.is(guest.requests.length - before, 2);
  });

  test('it stops with the machine, and goes on after a failure of the guest', async () => {
    const { vm, guest, clock, events } = await booted({ refreshIntervalMs: 1_000 });
    await clock.pass(0);
    guest.refuse = () => 0x80004005;
    await clock.pass(1_000);
    const last = events.filter((event) => event.kind === 'refreshed').at(-1);
    assert.is(last?.kind === 'refreshed' && last.error?.code, 'ERR_HOST_STATUS');
    guest.refuse = () => undefined;
    await clock.pass(1_000);
    assert.is(vm.state, 'ready');
    vm.stop();
    const requests = guest.requests.length;
    await clock.pass(10_000);
    assert.is(guest.requests.length, requests);
    assert.is(clock.pending, 0, 'no timer is left');
  });
});
