/** What the daemon tells of the network equals what iproute2 says of it, in a network made for the test. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runDaemon } from 'hv-kvp/daemon';
import { createDevicePair } from 'hv-kvp/device';
import { createNetFacts, createNetPort } from 'hv-kvp/net';
import { MemoryPools, noIntrinsics } from '../_support/daemon-ports.js';
import { getIp, ipOf, statusOf } from '../_support/key-value-requests.js';
import * as machine from '../_support/private-machine.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';

interface IpInfo {
  family: number;
  dhcp: number;
  addresses: string;
  subnets: string;
  gateways: string;
  dns: string;
}

const ip = (line: string): string => execFileSync('ip', line.split(' '), { encoding: 'utf8' });
const ipJson = (line: string): unknown[] => JSON.parse(ip(`-j ${line}`) || '[]') as unknown[];

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/run');
  machine.privateFile('/etc/resolv.conf', 'nameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver nonsense\n');
  ip('link set lo up');
  execFileSync('mount', ['-t', 'sysfs', 'private-sys', '/sys']);
  const net = createNetFacts({ refreshMs: 100 });
  const device = new RegisteringDevice();
  const daemon = runDaemon({
    device: createDevicePair(device),
    pools: new MemoryPools(),
    net: createNetPort({ facts: net }),
    intrinsics: noIntrinsics,
  });
  await device.registered();
  const ask = async (mac: string) => device.request(getIp(mac));

  suite('network facts', ({ test, after }) => {
    after(async () => {
      await daemon.stop();
      net.close();
    });

    test('N02: eth1 and eth10 are two interfaces, and a label is none', async () => {
      bridge('eth1', '00:15:5d:00:00:01', ['192.0.2.1/24', '2001:db8:1::1/64']);
      bridge('eth10', '00:15:5d:00:00:10', ['198.51.100.10/25', '2001:db8:10::1/48']);
      ip('address add 192.0.2.2/24 dev eth1 label eth1:0');
      net.refresh();
      await equalsIproute('eth1', '00:15:5D:00:00:01');
      await equalsIproute('eth10', '00:15:5D:00:00:10');
      await equalsIproute('eth10', '00:15:5d:00:00:10');
    });

    test('gateways of this interface only, of both families, multipath and on-link ones too', async () => {
      ip(
        'route add default metric 10 nexthop via 192.0.2.100 dev eth1 weight 1 nexthop via 198.51.100.1 dev eth10 weight 1',
      );
      ip('route add default via 203.0.113.1 dev eth1 onlink metric 50');
      ip('-6 route add default via 2001:db8:1::100 dev eth1 metric 5');
      ip('-6 route add default via fe80::99 dev eth10 metric 6');
      ip('route add 10.0.0.0/8 via 192.0.2.200 dev eth1');
      ip('route add default via 192.0.2.222 dev eth1 table 77');
      ip('route add unreachable default metric 4000');
      net.refresh();
      const eth1 = await equalsIproute('eth1', '00:15:5D:00:00:01');
      assert.is(eth1.gateways, '192.0.2.100;203.0.113.1;2001:db8:1::100;');
      const eth10 = await equalsIproute('eth10', '00:15:5D:00:00:10');
      assert.is(eth10.gateways, '198.51.100.1;fe80::99;');
      assert.is(eth1.dns, '192.0.2.53;2001:db8::53;');
    });

    test('of two interfaces with one MAC the one with the addresses answers', async () => {
      bridge('syn0', '00:15:5d:00:00:20', ['203.0.113.20/28']);
      ip('link add vf0 type veth peer name vf1');
      ip('link set vf0 address 00:15:5d:00:00:20');
      ip('link set vf0 addrgenmode none');
      ip('link set vf0 master syn0');
      ip('link set vf0 up');
      net.refresh();
      const answer = await equalsIproute('syn0', '00:15:5D:00:00:20');
      assert.is(answer.addresses, '203.0.113.20');
    });

    test('an interface without addresses is known, the loopback and strangers are not', async () => {
      bridge('bare0', '00:15:5d:00:00:30', []);
      net.refresh();
      const answer = ipOf(await ask('00:15:5D:00:00:30')) as IpInfo;
      assert.equal([answer.family, answer.addresses, answer.subnets, answer.gateways], [0, '', '', '']);
      for (const mac of ['00:00:00:00:00:00', '00:15:5D:99:99:99', '', ';', '00:15:5D:00:00:3'])
        assert.is(statusOf(await ask(mac)), 0x80004005, mac);
    });

    test('of 200 addresses the first 64 are told, with their masks', async () => {
      bridge(
        'many0',
        '00:15:5d:00:00:40',
        Array.from({ length: 200 }, (_, at) => `10.9.${at}.1/24`),
      );
      net.refresh();
      const answer = ipOf(await ask('00:15:5D:00:00:40')) as IpInfo;
      assert.is(answer.addresses, Array.from({ length: 64 }, (_, at) => `10.9.${at}.1`).join(';'));
      assert.is(answer.subnets, Array.from({ length: 64 }, () => '255.255.255.0').join(';'));
    });

    test('global addresses stand before link-local ones, and long lists never overflow', async () => {
      const long = Array.from(
        { length: 64 },
        (_, at) => `2001:db8:1111:2222:3333:4444:5555:${(0x1000 + at).toString(16)}`,
      );
      bridge('long0', '00:15:5d:00:00:50', ['fe80::1/64', ...long.map((text) => `${text}/64`)]);
      net.refresh();
      const answer = ipOf(await ask('00:15:5D:00:00:50')) as IpInfo;
      const told = answer.addresses.split(';');
      assert.ok(answer.addresses.length <= 1023);
      assert.ok(told.length > 20);
      assert.is(told.length, answer.subnets.split(';').length);
      // The kernel's own order among equals; the short link-local one still finds room, behind them.
      assert.ok(told.slice(0, -1).every((text) => long.includes(text)));
      assert.is(told.at(-1), 'fe80::1');
    });

    test('a change is noticed without being asked', async () => {
      ip('address add 192.0.2.77/32 dev eth1');
      const noticed = async () => (ipOf(await ask('00:15:5D:00:00:01')) as IpInfo).addresses.includes('192.0.2.77');
      await until('the address is noticed', noticed);
      await equalsIproute('eth1', '00:15:5D:00:00:01');
    });

    test('DHCP by a lifetime, by networkd and by NetworkManager; a static profile overrules', async () => {
      bridge('dyn0', '00:15:5d:00:00:60', []);
      ip('address add 192.0.2.160/24 dev dyn0 valid_lft 3600 preferred_lft 3600');
      const dhcp = async () => {
        net.refresh();
        return (ipOf(await ask('00:15:5D:00:00:60')) as IpInfo).dhcp;
      };
      assert.is(await dhcp(), 1);
      const [{ ifindex }] = ipJson('link show dyn0') as [{ ifindex: number }];
      mkdirSync('/run/systemd/netif/links', { recursive: true });
      mkdirSync('/run/NetworkManager/devices', { recursive: true });
      mkdirSync('/run/NetworkManager/system-connections', { recursive: true });
      writeFileSync('/run/static.network', '[Match]\nName=dyn0\n[Network]\nAddress=192.0.2.160/24\n');
      writeFileSync(
        `/run/systemd/netif/links/${ifindex}`,
        'ADMIN_STATE=configured\nNETWORK_FILE=/run/static.network\n',
      );
      assert.is(await dhcp(), 0);
      writeFileSync('/run/static.network', '[Match]\nName=dyn0\n[Network]\nDHCP=ipv4\n');
      assert.is(await dhcp(), 1);
      writeFileSync(`/run/NetworkManager/devices/${ifindex}`, '[device]\nmanaged=true\nconnection-uuid=u-1\n');
      const profile = '/run/NetworkManager/system-connections/x.nmconnection';
      writeFileSync(profile, '[connection]\nuuid=u-1\n[ipv4]\nmethod=manual\n');
      assert.is(await dhcp(), 0);
      writeFileSync(profile, '[connection]\nuuid=u-1\n[ipv4]\nmethod=auto\n');
      assert.is(await dhcp(), 1);
    });
  });

  /** Compares with `ip -j`, and returns what was told. */
  async function equalsIproute(name: string, mac: string): Promise<IpInfo> {
    interface Addressed {
      addr_info: { family: string; local: string; prefixlen: number; scope: string }[];
    }
    const [{ addr_info }] = ipJson(`address show dev ${name}`) as [Addressed];
    const expected = addr_info.filter(({ scope }) => scope === 'global' || scope === 'link');
    const answer = ipOf(await ask(mac)) as IpInfo;
    const told = answer.addresses.split(';').map((text, at) => `${text} ${answer.subnets.split(';')[at]}`);
    assert.equal(
      told.sort(),
      expected
        .map(({ family, local, prefixlen }) => `${local} ${family === 'inet' ? mask(prefixlen) : `/${prefixlen}`}`)
        .sort(),
    );
    const families = new Set(expected.map(({ family }) => (family === 'inet' ? 1 : 2)));
    assert.is(
      answer.family,
      [...families].reduce((sum, bit) => sum | bit, 0),
    );

    interface Route {
      dst: string;
      type?: string;
      dev?: string;
      gateway?: string;
      nexthops?: { dev: string; gateway: string }[];
    }
    const routes = ['-4', '-6'].flatMap((family) => ipJson(`${family} route show default`) as Route[]);
    const gateways = routes
      .flatMap((route) => route.nexthops ?? [{ dev: route.dev, gateway: route.gateway }])
      .filter((hop) => hop.dev === name && hop.gateway !== undefined)
      .map((hop) => hop.gateway);
    assert.equal(answer.gateways.split(';').slice(0, -1).sort(), gateways.sort());
    return answer;
  }
}

function bridge(name: string, mac: string, addresses: string[]): void {
  ip(`link add ${name} type bridge`);
  ip(`link set ${name} address ${mac}`);
  ip(`link set ${name} addrgenmode none`);
  ip(`link set ${name} up`);
  for (const address of addresses) ip(`address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
}

const mask = (prefix: number) =>
  [24, 16, 8, 0].map((shift) => (prefix === 0 ? 0 : ((0xffffffff << (32 - prefix)) >>> shift) & 0xff)).join('.');
