/**
 * A FreeBSD guest whole, but for its kernel: a host, rings, the driver with FreeBSD's protocol (registration 4, 7,430
 * bytes, the interface's name in the place of the adapter id), the daemon, and programs that are shell scripts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DaemonRequestInput, decodeDaemonAnswer, encodeDaemonRequest, type IpInfoInput } from 'hv-kvp/codec';
import { runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { createHardware } from 'hv-kvp/testing';
import { MemoryPools, noIntrinsics } from '../../_support/daemon-ports.js';
import { ScriptedDevice } from '../../_support/scripted-device.js';
import { assert, suite } from '../../_support/suite.js';
import { GUID, ImaginaryGuest, MAC, RC_CONF } from './imaginary-guest.js';

const FAIL = 0x80004005;
const INVALID_ARGUMENT = 0x80070057;
const ADAPTER_NOT_FOUND = 0x80041002;

const WANTED = {
  dhcp: false,
  addresses: ['192.0.2.7', '192.0.2.8', '2001:db8::7'],
  subnets: ['255.255.255.0', '255.255.255.0', '64'],
  gateways: ['192.0.2.1', '2001:db8::1'],
  dns: ['192.0.2.53'],
};

async function withGuest(act: (guest: ImaginaryGuest) => Promise<void>, withinMs?: number): Promise<void> {
  const guest = new ImaginaryGuest(withinMs);
  try {
    await guest.facts.refresh();
    await act(guest);
  } finally {
    guest.close();
  }
}

async function onMachine(guest: ImaginaryGuest, act: (machine: ReturnType<typeof createHardware>) => Promise<void>) {
  const machine = createHardware({
    profile: 'freebsd',
    refreshIntervalMs: 0,
    interfaceName: (id) => (id.toLowerCase() === GUID ? 'hn0' : undefined),
  });
  const device = createDevicePair(machine.driver.session);
  const daemon = runDaemon({
    device,
    pools: new MemoryPools(),
    net: guest.net,
    intrinsics: noIntrinsics,
    profile: 'freebsd',
  });
  try {
    machine.vm.boot();
    await Promise.all([daemon.registered, machine.vm.ready()]);
    await act(machine);
  } finally {
    await daemon.stop();
    machine.close();
  }
}

/** Messages as the driver hands them over, one after the other, and the daemon's answers. */
async function answers(guest: ImaginaryGuest, requests: (DaemonRequestInput | Uint8Array)[]): Promise<Uint8Array[]> {
  const device = new ScriptedDevice();
  device.reads = requests.map((request) =>
    request instanceof Uint8Array ? request : encodeDaemonRequest(request, { dialect: 'freebsd' }).slice(),
  );
  const daemon = runDaemon({
    device,
    pools: new MemoryPools(),
    net: guest.net,
    intrinsics: noIntrinsics,
    profile: 'freebsd',
  });
  await device.writesReach(1 + requests.length);
  await daemon.stop();
  const [registration, ...written] = device.writes;
  assert.is(registration![0], 4);
  for (const message of device.writes) assert.is(message.length, 7430);
  return written;
}

const answered = async (guest: ImaginaryGuest, request: DaemonRequestInput | Uint8Array): Promise<Uint8Array> =>
  (await answers(guest, [request]))[0]!;

const setIp = (ip: Partial<IpInfoInput>): DaemonRequestInput => ({
  operation: 5,
  pool: 0,
  ip: { adapterId: 'hn0', family: 3, ...WANTED, ...ip },
});
const statusOf = (answer: Uint8Array) => new DataView(answer.buffer, answer.byteOffset).getUint32(0, true);

suite('a FreeBSD guest', ({ test }) => {
  test('the host sees its addresses, and sets them: rc.conf, resolv.conf, netif, routing', () =>
    withGuest((guest) =>
      onMachine(guest, async ({ vm }) => {
        const before = await vm.getIp(MAC);
        assert.equal(before.addresses, ['192.0.2.99']);
        assert.equal(before.gateways, ['192.0.2.254']);
        assert.is(before.dhcp, true);

        await vm.setIp(GUID, WANTED);
        assert.is(
          guest.text('/etc/rc.conf'),
          RC_CONF.replace(
            'ifconfig_hn0="DHCP"\n',
            [
              'ifconfig_hn0="inet 192.0.2.7 netmask 255.255.255.0"',
              'ifconfig_hn0_ipv6="inet6 2001:db8::7 prefixlen 64"',
              'ifconfig_hn0_alias0="inet 192.0.2.8 netmask 255.255.255.0"',
              '',
            ].join('\n'),
          ).replace(
            'ifconfig_hn1="inet 198.51.100.7 netmask 255.255.255.0"\n',
            (line) => `${line}defaultrouter="192.0.2.1"\nipv6_defaultrouter="2001:db8::1"\n`,
          ),
        );
        assert.is(guest.text('/etc/resolv.conf'), 'search example.net\nnameserver 192.0.2.53\n');
        assert.equal(guest.started, ['service netif stop hn0', 'service netif start hn0', 'service routing restart']);

        const after = await vm.getIp(MAC);
        assert.equal(after.addresses, WANTED.addresses);
        assert.equal(after.subnets, ['255.255.255.0', '255.255.255.0', '/64']);
        assert.equal(after.gateways, WANTED.gateways);
        assert.equal(after.dns, WANTED.dns);
        assert.is(after.dhcp, false);

        // What is so already starts nothing.
        const { length } = guest.started;
        await vm.setIp(GUID, WANTED);
        assert.is(guest.started.length, length);
      }),
    ));

  test('back to DHCP', () =>
    withGuest((guest) =>
      onMachine(guest, async ({ vm }) => {
        await vm.setIp(GUID, WANTED);
        await vm.setIp(GUID, { dhcp: true, addresses: [], subnets: [], gateways: [], dns: [] });
        assert.match(guest.text('/etc/rc.conf'), /^ifconfig_hn0="DHCP"$/m);
        assert.not.match(guest.text('/etc/rc.conf'), /defaultrouter/);
        const { addresses, gateways, dhcp } = await vm.getIp(MAC);
        assert.equal(
          { addresses, gateways, dhcp },
          { addresses: ['192.0.2.99'], gateways: ['192.0.2.254'], dhcp: true },
        );
      }),
    ));

  test('a change that does not come into effect is taken back, and the host hears of it', () =>
    withGuest(
      (guest) =>
        onMachine(guest, async ({ vm }) => {
          // Starts the interface with what it had by DHCP, whatever rc.conf says.
          guest.program(
            'service',
            `case "$1 $2" in
'netif start') printf '\\tinet 192.0.2.99 netmask 0xffffff00\\n' > "$state/hn0"
  printf 'default 192.0.2.254 UGS hn0\\n' > "$state/route4" ;;
esac`,
          );
          const error = await vm.setIp(GUID, WANTED).then(
            () => undefined,
            (reason: { status?: number }) => reason,
          );
          assert.match(String(error), /80004005/);
          assert.is(guest.text('/etc/rc.conf'), RC_CONF);
          assert.is(guest.text('/etc/resolv.conf'), 'search example.net\nnameserver 192.0.2.254\n');
          assert.equal((await vm.getIp(MAC)).addresses, ['192.0.2.99']);
        }),
      2_000,
    ));

  test('a program that fails is taken back', () =>
    withGuest(async (guest) => {
      guest.program('service', 'case "$1 $2" in "netif start") exit 1 ;; esac');
      const answer = await answered(guest, setIp({}));
      assert.is(statusOf(answer), FAIL);
      assert.is(guest.text('/etc/rc.conf'), RC_CONF);
    }));

  test('what a daemon that died left half-done is taken back by the next one', () =>
    withGuest(async (guest) => {
      const next = join(guest.root, 'next');
      mkdirSync(next, { mode: 0o700 });
      // As the disk is when the daemon dies between the files and the start of the interface.
      const dies = `cp "${guest.stateDir}/net-journal" "${next}/net-journal"; exit 1`;
      const service = readFileSync(join(guest.root, 'bin/service'), 'utf8');
      guest.program('service', `case "$1 $2" in "netif stop") : > "$state/hn0" ;; "netif start") ${dies} ;; esac`);
      await answered(guest, setIp({}));
      // The dead daemon's own way back has run by now; put back what it had left.
      const entry = JSON.parse(readFileSync(join(next, 'net-journal'), 'utf8')) as {
        files: { path: string; after: string }[];
      };
      for (const { path, after } of entry.files) guest.write(path, after);
      writeFileSync(join(guest.root, 'bin/service'), service);
      assert.match(guest.text('/etc/rc.conf'), '192.0.2.7');

      assert.is(await guest.changer(next).recover(), 'undone');
      assert.is(guest.text('/etc/rc.conf'), RC_CONF);
      await guest.facts.refresh();
      assert.equal(guest.facts.addresses(4), ['192.0.2.99', '198.51.100.7']);
    }, 2_000));

  test('GET_IP_INFO in 7,430 bytes', () =>
    withGuest(async (guest) => {
      const answer = await answered(guest, { operation: 4, pool: 0, adapterId: MAC });
      assert.is(statusOf(answer), 0);
      assert.is(decodeDaemonAnswer(answer, 4, { dialect: 'freebsd' }).ip?.addresses, '192.0.2.99');
    }));

  test('the rest of the adapter id behind the name and its NUL is not read', () =>
    withGuest(async (guest) => {
      const request = encodeDaemonRequest(setIp({ adapterId: GUID }), { dialect: 'freebsd' }).slice();
      request.set(Buffer.from('hn0\0'), 4);
      assert.is(statusOf(await answered(guest, request)), 0);
      assert.match(guest.text('/etc/rc.conf'), 'inet 192.0.2.7 netmask');
    }));

  test('an id that the driver did not know, and a name that is none, change nothing', () =>
    withGuest(async (guest) => {
      const ids = [GUID, 'hn', 'hn00', 'HN0', 'lo0', '', '$(id)', 'hn0;id', '../hn0'];
      const requests = ids.map((adapterId) => setIp({ adapterId }));
      const statuses = (await answers(guest, requests)).map(statusOf);
      assert.equal(
        statuses,
        ids.map(() => ADAPTER_NOT_FOUND),
      );
      assert.is(guest.text('/etc/rc.conf'), RC_CONF);
      assert.equal(guest.started, []);
    }));

  test('text that is no address is refused, and reaches no file and no program', () =>
    withGuest(async (guest) => {
      const texts = [
        '$(touch /tmp/x)',
        '192.0.2.7"; id; "',
        "192.0.2.7' netmask",
        '192.0.2.7\nsshd_enable="NO"',
        '192.0.2.5-23',
        '192.0.2.7 -alias',
        'guest.example.net',
        '../../etc/passwd',
        '192.0.2.7\u202e',
        '１９２.0.2.7',
        '1'.repeat(46),
      ];
      const cases = texts.flatMap((text) =>
        (['addresses', 'subnets', 'gateways', 'dns'] as const).map((field) => ({
          [field]: [text, ...WANTED[field].slice(1)],
        })),
      );
      const statuses = (await answers(guest, cases.map(setIp))).map(statusOf);
      assert.equal(
        statuses,
        cases.map(() => INVALID_ARGUMENT),
      );
      assert.is(guest.text('/etc/rc.conf'), RC_CONF);
      assert.equal(guest.started, []);
    }));
});
