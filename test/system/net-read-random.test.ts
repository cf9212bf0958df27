/** States of a network that nobody thought of: what a host's console shows of each is what iproute2 says. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { IpInfo } from 'hv-kvp/codec';
import { guestConsole } from '../_support/guest-console.js';
import { addressesOf, ip, type Link } from '../_support/iproute-truth.js';
import * as machine from '../_support/private-machine.js';
import { Random, seedOfRun } from '../_support/random.js';
import { atOneMoment, equalsIproute } from '../_support/shown-network.js';
import { assert, suite } from '../_support/suite.js';

const STATES = 40;
const CHANGES = 12;
/** Prefixes of one another; the last is one of two interfaces with one MAC address. */
const NAMES = ['eth1', 'eth10', 'eth1x', 'br0', 'mv0'];
/** eth10 stands for mv0 too. */
const ASKED = ['eth10', 'eth1', 'eth1x', 'br0'];
const MACS: Record<string, string> = {
  eth1: '00:15:5d:00:00:01',
  eth10: '00:15:5d:00:00:10',
  eth1x: '00:15:5d:00:00:1f',
  br0: '00:15:5d:00:00:b0',
  mv0: '00:15:5d:00:00:10',
};

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory('/run');
  machine.privateFile('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
  makeLinks();
  const seed = seedOfRun();
  process.stdout.write(`seed ${seed}\n`);
  const random = new Random(seed);
  const consoles = [await guestConsole({ version: '4.0' }), await guestConsole({ version: '5.0' })];

  suite('random states of a network', ({ test, after }) => {
    after(async () => {
      for (const one of consoles) await one.stop();
    });

    for (let state = 1; state <= STATES; state++)
      test(`state ${state}`, async () => {
        const commands = Array.from({ length: CHANGES }, () => randomChange(random));
        changeNetwork(commands);
        for (const console of consoles) {
          const { shown, told } = await atOneMoment(
            console,
            ASKED.map((name) => MACS[name]!),
          );
          const linksOf = (names: string[]) => told.filter(({ ifname }) => names.includes(ifname));
          for (const [at, name] of ASKED.slice(1).entries())
            equalsIproute(shown[at + 1]!, linksOf([name])[0]!, `seed ${seed}: ${name}`);
          assertOneOf(shown[0]!, linksOf(['eth10', 'mv0']));
        }
      });
  });
}

/** Of two interfaces with one MAC address the one with addresses for the world is shown, never a mixture. */
function assertOneOf(shown: IpInfo, candidates: Link[]): void {
  const world = candidates.filter((one) => one.addr_info.some(({ scope }) => scope === 'global'));
  const some = world.length > 0 ? world : candidates.filter((one) => addressesOf(one).length > 0);
  const fits = (some.length > 0 ? some : candidates).filter((link) => {
    try {
      equalsIproute(shown, link);
      return true;
    } catch {
      return false;
    }
  });
  assert.ok(fits.length > 0, `${shown.addresses} is of none of ${JSON.stringify(candidates)}`);
}

function makeLinks(): void {
  ip('link set lo up');
  for (const name of ['eth1', 'eth10', 'eth1x', 'port0']) {
    ip(`link add ${name} type veth peer name far-${name}`);
    ip(`link set far-${name} addrgenmode none up`);
  }
  ip('link add br0 type bridge');
  ip('link set port0 master br0');
  for (const name of NAMES.slice(0, -1)) ip(`link set ${name} address ${MACS[name]} addrgenmode none up`);
  ip('link add mv0 link eth10 type macvlan mode passthru');
  ip('link set mv0 addrgenmode none up');
  ip('link set port0 up');
}

/** What the kernel refuses in its present state is no change. */
function changeNetwork(commands: string[]): void {
  for (const command of commands) spawnSync('ip', command.split(' '), { stdio: ['pipe', 'pipe', 'pipe'] });
}

type Change = (random: Random, name: string) => string;

const byte = (random: Random) => random.below(254) + 1;
const ipv4 = (random: Random) => `10.${random.below(4)}.${random.below(3)}.${byte(random)}`;
const ipv6 = (random: Random) => `2001:db8:${random.below(4)}::${byte(random).toString(16)}`;
const metric = (random: Random) => (random.oneIn(3) ? '' : ` metric ${random.below(6) * 100}`);
const lifetime = (random: Random) =>
  random.pick(['', '', ' valid_lft 3600 preferred_lft 1800', ' valid_lft 3600 preferred_lft 0']);
const other = (random: Random) => random.pick(NAMES);

const CHANGE: readonly Change[] = [
  (random, name) => `address add ${ipv4(random)}/${random.below(31) + 1} dev ${name}${lifetime(random)}`,
  (random, name) => `address add ${ipv4(random)}/24 dev ${name} label ${name}:${random.below(9)}`,
  (random, name) => `address add ${ipv4(random)} peer ${ipv4(random)}/${random.pick([24, 30, 32])} dev ${name}`,
  (random, name) => `address add 169.254.1.${byte(random)}/16 dev ${name} scope link`,
  (random, name) =>
    `address add ${ipv6(random)}/${random.pick([64, 64, 56, 128])} dev ${name} nodad${lifetime(random)}`,
  (random, name) => `address add ${ipv6(random)}/64 dev ${name}`,
  (random, name) => `address add fe80::${byte(random).toString(16)}/64 dev ${name} nodad`,
  (random, name) => `address add ${ipv6(random)} peer ${ipv6(random)}/128 dev ${name} nodad`,
  (random, name) => `address flush dev ${name} ${random.pick(['scope global', '', 'primary', 'secondary'])}`,
  (random, name) => `link set ${name} ${random.pick(['up', 'up', 'up', 'down'])}`,
  (random, name) => `route add default via ${ipv4(random)} dev ${name} onlink${metric(random)}`,
  (random, name) => `route add default via inet6 fe80::${byte(random)} dev ${name} onlink${metric(random)}`,
  (random, name) => `-6 route add default via fe80::${byte(random)} dev ${name}${metric(random)}`,
  (random, name) =>
    `route add default${metric(random)} nexthop via ${ipv4(random)} dev ${name} onlink nexthop via ${ipv4(random)} dev ${other(random)} onlink weight 3`,
  (random, name) =>
    `-6 route add default${metric(random)} nexthop via fe80::${byte(random)} dev ${name} nexthop via fe80::${byte(random)} dev ${other(random)}`,
  (random, name) => `nexthop replace id ${random.below(4) + 1} via ${ipv4(random)} dev ${name} onlink`,
  (random) => `nexthop replace id 9 group ${random.below(2) + 1}/${random.below(2) + 3}`,
  (random) => `route add default nhid ${random.pick([1, 2, 3, 4, 9])}${metric(random)}`,
  (random, name) => `route add default dev ${name} scope link${metric(random)}`,
  (random) => `route add ${random.pick(['unreachable', 'blackhole', 'prohibit'])} default${metric(random)}`,
  (random, name) => `route add default via ${ipv4(random)} dev ${name} onlink table 77`,
  (random, name) => `route add ${ipv4(random)}/32 via ${ipv4(random)} dev ${name} onlink`,
  (random) => `${random.pick(['-4', '-6'])} route delete default${metric(random)}`,
];

const randomChange = (random: Random): string => random.pick(CHANGE)(random, random.pick(NAMES));
