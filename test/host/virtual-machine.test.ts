import { version } from 'hv-kvp/codec';
import { type HostEvent, VirtualMachine, type VirtualMachineOptions, virtualAdapter } from 'hv-kvp/host';
import { ScriptedGuest } from '../_support/scripted-guest.js';
import { assert, suite } from '../_support/suite.js';
import { settle, VirtualClock } from '../_support/virtual-clock.js';

const MAC = '00:15:5D:01:02:03';
const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
const CONFIGURATION = {
  addresses: ['192.168.10.20', 'fd00::20'],
  subnets: ['255.255.255.0', '64'],
  gateways: ['192.168.10.1'],
  dns: ['192.168.10.2'],
};

function machine(options: Partial<VirtualMachineOptions> = {}, guest = new ScriptedGuest()) {
  const clock = new VirtualClock();
  const vm = new VirtualMachine({
    channel: guest.channel.host,
    clock,
    adapters: [virtualAdapter(MAC, GUID)],
    refreshIntervalMs: 0,
    ...options,
  });
  const events: HostEvent[] = [];
  vm.onEvent((event) => events.push(event));
  return { vm, guest, clock, events };
}

async function booted(options: Partial<VirtualMachineOptions> = {}, guest = new ScriptedGuest()) {
  const all = machine(options, guest);
  all.vm.boot();
  await all.vm.ready();
  return all;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'resolved';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

suite('virtual machine: boot', ({ test }) => {
  test('the sixteen keys go into pool 3, in their order, numbers as numbers', async () => {
    const { guest } = await booted({ name: 'web', host: 'sv1504.nova.zz' });
    const keys = [...guest.pools[3]!.keys()];
    assert.is(keys.length, 16);
    assert.is(keys[0], 'HostName');
    assert.is(keys[15], 'VirtualMachineName');
    assert.is(guest.pools[3]!.get('PhysicalHostName'), 'SV1504');
    assert.is(guest.pools[3]!.get('VirtualMachineName'), 'web');
    assert.is(guest.pools[3]!.get('HostingSystemOsMajor'), '{"type":4,"number":10}');
  });

  test('items added before the boot wait for it, in their order, and are pushed once a boot', async () => {
    const { vm, guest } = machine();
    assert.equal(await vm.add('b', '1'), { delivered: false });
    assert.equal(await vm.add('a', '2'), { delivered: false });
    vm.boot();
    await vm.ready();
    assert.equal(
      [...guest.pools[0]!],
      [
        ['b', '1'],
        ['a', '2'],
      ],
    );
    const pushes = () => guest.requests.filter((r) => r.operation === 1 && r.pool === 0).length;
    assert.is(pushes(), 2);
    vm.saveRestore();
    await vm.ready();
    assert.is(pushes(), 2, 'a restore pushes nothing again');
    guest.pools[0]!.clear();
    vm.boot();
    await vm.ready();
    assert.is(pushes(), 4);
    assert.is(guest.pools[0]!.get('b'), '1', 'deleted in the guest, pushed again at the next boot');
  });

  test('a migration tells the guest its new host, and pushes no item again', async () => {
    const { vm, guest } = await booted();
    await vm.add('k', 'v');
    const before = guest.requests.length;
    vm.migrate({ HostName: 'other.example' });
    await vm.ready();
    assert.is(guest.pools[3]!.get('HostName'), 'other.example');
    assert.is(guest.requests.slice(before).filter((r) => r.pool === 0).length, 0);
  });

  test('a guest that refuses an item keeps it undelivered and gets the others', async () => {
    const { vm, guest } = machine();
    guest.refuse = (request) => ('key' in request && request.key === 'bad' ? 0x80070103 : undefined);
    await vm.add('bad', '1');
    await vm.add('good', '2');
    vm.boot();
    await vm.ready();
    assert.equal(
      vm.list().map(({ key, delivered }) => [key, delivered]),
      [
        ['bad', false],
        ['good', true],
      ],
    );
  });

  test('failover settings go out first, right after the negotiation', async () => {
    const { vm, guest } = await booted();
    await vm.setFailover(GUID, CONFIGURATION);
    const before = guest.requests.length;
    vm.failover();
    await vm.ready();
    assert.is(guest.requests[before]!.operation, 5);
    assert.equal(guest.ip.get(GUID)!.addresses, CONFIGURATION.addresses);
    vm.boot();
    await vm.ready();
    assert.is(guest.requests.filter((r) => r.operation === 5).length, 1, 'once a failover');
  });
});

suite('virtual machine: items', ({ test }) => {
  test('add, modify, remove and list have the meaning of the WMI calls', async () => {
    const { vm, guest } = await booted();
    assert.equal(await vm.add('city', 'Zürich'), { delivered: true });
    assert.is(guest.pools[0]!.get('city'), 'Zürich');
    assert.is(await codeOf(vm.add('city', 'Bern')), 'ERR_HOST_EXISTS');
    assert.is(await codeOf(vm.modify('town', 'Bern')), 'ERR_HOST_NOT_FOUND');
    await vm.modify('city', 'Genève');
    assert.is(guest.pools[0]!.get('city'), 'Genève');
    assert.equal(vm.list(), [{ key: 'city', value: 'Genève', delivered: true }]);
    await vm.remove('city');
    assert.is(guest.pools[0]!.has('city'), false);
    assert.equal(vm.list(), []);
  });

  test('removing a missing key: both historical behaviours', async () => {
    assert.is(await codeOf((await booted()).vm.remove('none')), 'ERR_HOST_NOT_FOUND');
    assert.equal(await (await booted({ removeMissing: 'ok' })).vm.remove('none'), { delivered: false });
  });

  test('the 129th item is refused', async () => {
    const { vm } = machine();
    for (let index = 0; index < 128; index++) await vm.add(`k${index}`, 'v');
    assert.is(await codeOf(vm.add('k128', 'v')), 'ERR_HOST_TOO_MANY');
    await vm.remove('k0');
    assert.equal(await vm.add('k128', 'v'), { delivered: false });
  });

  test('what the guest refuses is not stored, and what it does not answer neither', async () => {
    const { vm, guest, clock } = await booted();
    guest.refuse = () => 0x80070070;
    const error = await vm.add('k', 'v').catch((reason: unknown) => reason as { code: string; status: number });
    assert.is((error as { status: number }).status, 0x80070070);
    guest.deaf = true;
    const add = codeOf(vm.add('k', 'v'));
    await clock.pass(60_000);
    assert.is(await add, 'ERR_HOST_TIMEOUT');
    assert.equal(vm.list(), []);
  });

  test('keys and values are checked before anything is sent', async () => {
    const { vm, guest } = await booted();
    const sent = guest.requests.length;
    await vm.add('k'.repeat(255), 'v'.repeat(1023));
    for (const [key, value, code] of [
      ['', 'v', 'ERR_MISUSE'],
      ['a\0b', 'v', 'ERR_MISUSE'],
      ['k'.repeat(256), 'v', 'ERR_LIMIT_KEY'],
      ['\u4e2d'.repeat(171), 'v', 'ERR_LIMIT_KEY'],
      ['k', 'v'.repeat(1024), 'ERR_LIMIT_VALUE'],
      ['k', '\ud800', 'ERR_CODEC_UTF16'],
      ['k', 2 ** 32, 'ERR_MISUSE'],
      ['k', 2n ** 64n, 'ERR_MISUSE'],
    ] as const) {
      assert.is(await codeOf(vm.add(key, value)), code, JSON.stringify([key.length, String(value).length]));
    }
    assert.is(guest.requests.length, sent + 1);
  });

  test('changes made at once happen one after another', async () => {
    const { vm } = await booted();
    const codes = await Promise.all([codeOf(vm.add('k', '1')), codeOf(vm.add('k', '2')), codeOf(vm.remove('k'))]);
    assert.equal(codes, ['resolved', 'ERR_HOST_EXISTS', 'resolved']);
  });

  test('a change is persisted before it resolves, and comes back', async () => {
    const states: unknown[] = [];
    const { vm } = await booted({ persist: async (state) => void states.push(state) });
    await vm.add('k', 7n);
    await vm.setFailover(GUID, CONFIGURATION);
    const state = { items: [{ key: 'k', value: 7n }], failover: [{ guid: GUID, configuration: CONFIGURATION }] };
    assert.equal(states.at(-1), state);
    const again = await booted({ state });
    assert.equal(again.vm.list(), [{ key: 'k', value: 7n, delivered: true }]);
    assert.equal(again.vm.failoverSettings(), state.failover);
  });
});

suite('virtual machine: the guest', ({ test }) => {
  test('GET goes over the wire; the fallback enumerates as OpenVMM does', async () => {
    const { vm, guest } = await booted();
    guest.pools[1]!.set('a', '1').set('b', '2');
    assert.is(await vm.get('b', { pool: 1 }), '2');
    assert.is(guest.requests.at(-1)!.operation, 0);
    assert.is(await vm.get('b', { pool: 1, by: 'enumerate' }), '2');
    assert.is(guest.requests.at(-1)!.operation, 3);
    assert.is(await vm.get('c', { pool: 1 }), undefined);
    assert.is(await vm.get('c', { pool: 1, by: 'enumerate' }), undefined);
  });

  test('guest items, intrinsics and any pool are enumerated to their end', async () => {
    const { vm, guest } = await booted();
    guest.pools[1]!.set('status', 'up');
    guest.pools[2]!.set('OSName', 'Debian');
    assert.equal(await vm.guestItems(), [{ key: 'status', value: 'up' }]);
    assert.equal(await vm.intrinsics(), [{ key: 'OSName', value: 'Debian' }]);
    assert.is((await vm.enumerate(3)).length, 16);
  });

  test('any status but 0x80070103 ends an enumeration with an error', async () => {
    const { vm, guest } = await booted();
    guest.refuse = () => 0x80004005;
    assert.is(await codeOf(vm.guestItems()), 'ERR_HOST_STATUS');
    assert.is(vm.state, 'ready');
  });

  test('an enumeration that does not end is given up', async () => {
    const { vm, guest } = await booted({ maxEnumeration: 8 });
    for (let index = 0; index < 9; index++) guest.pools[1]!.set(`k${index}`, 'v');
    assert.is(await codeOf(vm.guestItems()), 'ERR_HOST_ENUMERATION');
  });

  test('a host offers up to 4.0 unless it is asked for more', async () => {
    const guest = () => new ScriptedGuest({ newest: version(5) });
    assert.equal((await booted({}, guest())).vm.agreed?.message, version(4));
    assert.equal((await booted({ kvpVersion: '5.0' }, guest())).vm.agreed?.message, version(5));
  });

  for (const newest of [version(4), version(5)]) {
    test(`IP configuration is read by MAC and set by GUID, message version ${newest.major}.0`, async () => {
      const { vm, guest } = await booted({ kvpVersion: '5.0' }, new ScriptedGuest({ newest }));
      assert.equal(guest.version, newest);
      guest.ip.set(MAC, {
        adapterId: MAC,
        family: 1,
        dhcp: true,
        addresses: ['10.0.0.5'],
        subnets: ['255.255.255.0'],
        gateways: ['10.0.0.1'],
        dns: ['10.0.0.2'],
      });
      const ip = await vm.getIp('00-15-5d-01-02-03');
      assert.equal(
        [ip.addresses, ip.subnets, ip.gateways, ip.dns, ip.dhcp],
        [['10.0.0.5'], ['255.255.255.0'], ['10.0.0.1'], ['10.0.0.2'], true],
      );
      assert.is(guest.requests.at(-1)!.pool, 1);
      await vm.setIp(GUID.toUpperCase(), CONFIGURATION);
      assert.equal(guest.ip.get(GUID)!.addresses, CONFIGURATION.addresses);
      assert.is(guest.ip.get(GUID)!.family, 3);
    });
  }

  test('a configuration that is none is refused before it is sent', async () => {
    const { vm, guest } = await booted();
    const sent = guest.requests.length;
    for (const wrong of [
      { addresses: ['10.0.0.1'], subnets: [] },
      { addresses: ['10.0.0.300'], subnets: ['255.0.0.0'] },
      { addresses: ['10.0.0.1'], subnets: ['255.0.255.0'] },
      { addresses: ['fd00::1'], subnets: ['129'] },
      { gateways: ['; reboot'] },
      { dns: ['fe80::1%eth0'] },
      { gateways: Array.from({ length: 6 }, (_, index) => `10.0.0.${index}`) },
    ]) {
      assert.is(await codeOf(vm.setIp(GUID, wrong)), 'ERR_CODEC_IP', JSON.stringify(wrong));
    }
    assert.is(await codeOf(vm.setIp('eth0', {})), 'ERR_MISUSE');
    assert.is(await codeOf(vm.getIp('eth0')), 'ERR_MISUSE');
    assert.is(guest.requests.length, sent);
  });

  test('a machine that is off says so', async () => {
    const { vm } = machine();
    assert.is(await codeOf(vm.guestItems()), 'ERR_HOST_STATE');
    vm.boot();
    assert.is(await codeOf(vm.getIp(MAC)), 'ERR_HOST_STATE', 'negotiating');
    await vm.ready();
    const asked = codeOf(vm.guestItems());
    vm.stop();
    assert.is(await asked, 'ERR_HOST_INTERRUPTED');
    assert.is(await codeOf(vm.guestItems()), 'ERR_HOST_STATE');
    await settle();
    assert.is(vm.state, 'closed');
  });
});
