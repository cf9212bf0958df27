/** The cases of protocol.md 10.2 (9) and more, one by one: what a host's console shows is what iproute2 says. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { guestConsole } from '../_support/guest-console.js';
import { addressesOf, ip, links } from '../_support/iproute-truth.js';
import * as machine from '../_support/private-machine.js';
import { atOneMoment, equalsIproute } from '../_support/shown-network.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';

const batch = (commands: string[]) => commands.forEach(ip);

let made = 0;
/** An interface whose cable leads nowhere in particular, with a MAC address of its own. */
function plug(name: string, addresses: string[] = [], mac?: string): string {
  const own = mac ?? `00:15:5d:01:00:${(++made).toString(16).padStart(2, '0')}`;
  ip(`link add ${name} address ${own} type veth peer name f-${name}`);
  ip(`link set f-${name} addrgenmode none up`);
  ip(`link set ${name} addrgenmode none up`);
  for (const address of addresses) ip(`address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
  return own;
}

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/run');
  machine.privateFile(
    '/etc/resolv.conf',
    'nameserver 192.0.2.53\nnameserver fe80::53%eth0\nnameserver ::53 trailing\n',
  );
  ip('link set lo up');
  execFileSync('mount', ['-t', 'sysfs', 'private-sys', '/sys']);
  const text = await guestConsole({ version: '4.0', refreshMs: 60_000 });
  const binary = await guestConsole({ version: '5.0', refreshMs: 60_000 });

  /** In both forms. */
  async function compare(name: string, mac: string) {
    for (const console of [binary, text]) {
      const { shown, told } = await atOneMoment(console, [mac]);
      equalsIproute(shown[0]!, told.find(({ ifname }) => ifname === name)!);
    }
    return text.vm.getIp(mac);
  }

  suite('a console shows', ({ test, after }) => {
    after(async () => {
      await text.stop();
      await binary.stop();
    });

    for (const expanded of [1, 0])
      test(`routes over next-hop objects and groups of them, ${expanded ? 'expanded by the kernel' : 'by number alone'}`, async () => {
        writeFileSync('/proc/sys/net/ipv4/nexthop_compat_mode', `${expanded}`);
        const mac = plug(`nh${expanded}`, ['192.0.2.1/24', '2001:db8:1::1/64']);
        const other = plug(`oh${expanded}`, ['198.51.100.1/24']);
        const base = 10 * (expanded + 1);
        batch([
          `nexthop add id ${base + 1} via 192.0.2.251 dev nh${expanded}`,
          `nexthop add id ${base + 2} via 198.51.100.251 dev oh${expanded}`,
          `nexthop add id ${base + 3} group ${base + 1}/${base + 2}`,
          `nexthop add id ${base + 4} via 2001:db8:1::251 dev nh${expanded}`,
          `nexthop add id ${base + 5} via fe80::251 dev nh${expanded}`,
          `nexthop add id ${base + 6} blackhole`,
          `route add default nhid ${base + 3} metric ${base}`,
          `route add default nhid ${base + 5} metric ${base + 1}`,
          `route add default nhid ${base + 6} metric ${base + 2}`,
          `-6 route add default nhid ${base + 4} metric ${base}`,
        ]);
        assert.equal(
          (await compare(`nh${expanded}`, mac)).gateways,
          ['192.0.2.251', '2001:db8:1::251', 'fe80::251'].sort(byFamily),
        );
        assert.equal((await compare(`oh${expanded}`, other)).gateways, ['198.51.100.251']);
        ip(`nexthop replace id ${base + 1} via 192.0.2.77 dev nh${expanded}`);
        assert.ok((await compare(`nh${expanded}`, mac)).gateways.includes('192.0.2.77'));
        ip(`link delete nh${expanded}`);
        ip(`link delete oh${expanded}`);
      });

    test('only gateways: no route onto the link, of another table, or that leads nowhere', async () => {
      const mac = plug('gw0', ['192.0.2.1/24', '2001:db8:1::1/64']);
      batch([
        'route add default via 203.0.113.1 dev gw0 onlink metric 50',
        'route add default via inet6 fe80::99 dev gw0 metric 60',
        'route add default dev gw0 scope link metric 70',
        'route add default via 192.0.2.222 dev gw0 table 77',
        'route add unreachable default metric 4000',
        'route add blackhole default metric 4001',
        '-6 route add blackhole default metric 4002',
        '-6 route add default via fe80::98 dev gw0 metric 9',
        'route add 0.0.0.0/1 via 192.0.2.3 dev gw0',
      ]);
      assert.equal((await compare('gw0', mac)).gateways, ['203.0.113.1', 'fe80::98', 'fe80::99']);
      ip('link delete gw0');
    });

    test('of seven gateways of a family the five that are preferred', async () => {
      const mac = plug('gw7', ['192.0.2.1/24', '2001:db8:1::1/64']);
      for (const at of [7, 3, 1, 6, 2, 5, 4]) {
        ip(`route add default via 192.0.2.10${at} dev gw7 metric ${at}`);
        ip(`-6 route add default via 2001:db8:1::10${at} dev gw7 metric ${at}`);
      }
      const { gateways } = await compare('gw7', mac);
      assert.equal(gateways, [
        ...[1, 2, 3, 4, 5].map((at) => `192.0.2.10${at}`),
        ...[1, 2, 3, 4, 5].map((at) => `2001:db8:1::10${at}`),
      ]);
      ip('link delete gw7');
    });

    test('an address that lasts before a deprecated, a link’s own, and one that is not ready; none that somebody else has', async () => {
      const mac = plug('dad0');
      ip('address add 2001:db8:1::dad/64 dev f-dad0 nodad');
      ip('address add fe80::1/64 dev dad0 nodad');
      ip('address add 2001:db8:1::2/64 dev dad0 nodad valid_lft 3600 preferred_lft 0');
      ip('address add 2001:db8:1::dad/64 dev dad0');
      ip('address add 2001:db8:1::3/64 dev dad0 nodad');
      ip('address add 192.0.2.9 peer 192.0.2.10/31 dev dad0');
      const failed = () => ip('-6 address show dev dad0').includes('dadfailed');
      await until('the address of somebody else is refused', failed);
      const shown = await compare('dad0', mac);
      assert.equal(shown.addresses, ['192.0.2.9', '2001:db8:1::3', 'fe80::1', '2001:db8:1::2']);
      assert.equal(shown.subnets, ['255.255.255.254', '/64', '/64', '/64']);
      ip('link delete dad0');
    });

    test('of two interfaces with one MAC address the one with addresses for the world, up or down', async () => {
      const mac = plug('hw0', ['169.254.7.7/16']);
      ip('link add link hw0 name up0 type macvlan mode passthru');
      ip('link set up0 addrgenmode none');
      ip('link set up0 up');
      ip('address add 192.0.2.7/24 dev up0');
      assert.equal((await compare('up0', mac)).addresses, ['192.0.2.7']);
      ip('address add 198.51.100.7/24 dev hw0');
      ip('address delete 192.0.2.7/24 dev up0');
      assert.equal((await compare('hw0', mac)).addresses, ['198.51.100.7', '169.254.7.7']);
      ip('link set hw0 down');
      assert.equal((await compare('hw0', mac)).addresses, ['198.51.100.7', '169.254.7.7']);
      ip('link delete hw0');
    });

    test('the synthetic adapter for the virtual function that is its port', async () => {
      const mac = '00:15:5d:00:00:20';
      ip(`link add syn0 address ${mac} type bridge`);
      ip('link set syn0 addrgenmode none up');
      ip('address add 203.0.113.20/28 dev syn0');
      plug('vf0', [], mac);
      ip('link set vf0 master syn0');
      ip('address add 203.0.113.21/28 dev vf0');
      assert.equal((await compare('syn0', mac)).addresses, ['203.0.113.20']);
      ip('link delete vf0');
      ip('link delete syn0');
    });

    test('of 65 addresses of each family 64, as many as 1,024 characters of a host hold, with their masks', async () => {
      const ipv4 = Array.from({ length: 65 }, (_, at) => `10.1.${at}.1/${8 + (at % 24)}`);
      const ipv6 = Array.from(
        { length: 65 },
        (_, at) => `2001:db8:1111:2222:3333:4444:5555:${(0x1000 + at).toString(16)}/${64 + (at % 64)}`,
      );
      const mac = plug('many0', [...ipv6, ...ipv4]);
      const truth = addressesOf(links().find(({ ifname }) => ifname === 'many0')!);
      const first = (family: (text: string) => boolean) => truth.filter(({ text: one }) => family(one)).slice(0, 64);
      const expected = [...first((one) => !one.includes(':')), ...first((one) => one.includes(':'))];

      for (const console of [binary, text]) {
        const shown = await console.shows(mac);
        const count = shown.addresses.length;
        const bare = (subnet: string) => subnet.replace('/', '');
        assert.equal(
          shown.addresses,
          expected.slice(0, count).map((one) => one.text),
        );
        assert.equal(
          shown.subnets.map(bare),
          expected.slice(0, count).map(({ subnet }) => bare(subnet)),
        );
        const { length } = shown.addresses.join(';');
        assert.ok(length <= 1023 && length + 1 + expected[count]!.text.length > 1023, `${length}`);
      }
      ip('link delete many0');
    });

    test('DNS servers without zone, without what is no address', async () => {
      const mac = plug('dns0', ['192.0.2.1/24']);
      assert.equal((await text.shows(mac)).dns, ['192.0.2.53', 'fe80::53', '::53']);
      ip('link delete dns0');
    });

    test('all of 300 addresses, however busy another interface is: a dump that was interrupted is read again', async () => {
      const addresses = Array.from({ length: 300 }, (_, at) => `2001:db8:5:${(at + 1).toString(16)}::1/64`);
      plug('still0', addresses);
      plug('busy0');
      const churn = spawn('sh', ['-c', CHURN, 'churn'], { stdio: 'ignore' });
      try {
        const seen = new Set<number>();
        const expected = addresses.map((one) => one.replace(/\/.*/, '')).sort();
        // A busy machine may be long in starting what makes the other interface busy.
        for (let look = 0; look < 300 || seen.size < 2; look++) {
          await text.facts.refresh();
          const found = text.facts.interfaces();
          const still = found.find(({ name }) => name === 'still0')!.addresses.map((one) => one.text);
          assert.equal(
            expected.filter((one) => !still.includes(one)),
            [],
          );
          assert.is(still.length, expected.length);
          seen.add(found.find(({ name }) => name === 'busy0')!.addresses.length);
        }
      } finally {
        churn.kill('SIGKILL');
        await once(churn, 'close');
      }
      ip('link delete still0');
      ip('link delete busy0');
    });

    test('the truth after more changes than the kernel keeps for a listener', async () => {
      const mac = plug('storm0', ['192.0.2.1/24']);
      const listener = await guestConsole({ refreshMs: 60_000 });
      await listener.shows(mac);
      const storm = Array.from({ length: 6_000 }, (_, at) => [
        `address add 10.${at >> 8}.${at & 255}.1/32 dev storm0`,
        `address delete 10.${at >> 8}.${at & 255}.1/32 dev storm0`,
      ]);
      execFileSync('ip', ['-batch', '-'], { input: `${storm.flat().join('\n')}\n` });
      ip('address add 192.0.2.2/24 dev storm0');
      ip('route add default via 192.0.2.254 dev storm0');
      const shown = await listener.shows(mac);
      assert.equal([shown.addresses, shown.gateways], [['192.0.2.1', '192.0.2.2'], ['192.0.2.254']]);
      await listener.stop();
      ip('link delete storm0');
    });
  });
}

const byFamily = (a: string, b: string) => Number(a.includes(':')) - Number(b.includes(':'));

/** Until it is killed. */
const CHURN = `
while :; do
  for at in 1 2 3 4 5 6 7 8; do
    echo "address add 10.7.0.$at/32 dev busy0"
  done
  echo "address flush dev busy0"
done | ip -force -batch -
`;
