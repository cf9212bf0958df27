/** What the iproute2 backend asks of `ip` gives the kernel exactly the wanted configuration, and nobody else's changes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createNetFacts, type IpConfiguration } from 'hv-kvp/net';
import { asListed, ConfigFiles, differences, iproute2, type ManagerCommand, presentConfiguration } from '#internal';
import { arbitraryConfiguration, CASES, configuration } from '../_support/configurations.js';
import * as machine from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';

const ip = (line: string): string => execFileSync('ip', line.split(' '), { encoding: 'utf8' });

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  const root = mkdtempSync(join(tmpdir(), 'hv-kvp-'));
  const files = new ConfigFiles(root);
  const net = createNetFacts({ root, refreshMs: 60_000 });
  ip('link set lo up');
  for (const [name, address] of [
    ['eth0', undefined],
    ['other0', '198.51.100.1/24'],
    ['-odd', undefined],
    ['ünï"$(x)', undefined],
  ] as const) {
    ip(`link add name ${name} type bridge`);
    ip(`link set dev ${name} addrgenmode none`);
    if (address !== undefined) ip(`address add ${address} dev ${name}`);
  }
  ip('address add 2001:db8:ffff::1/64 dev other0 nodad');
  ip('link set dev other0 up');
  ip('route add default via 198.51.100.254 dev other0');
  ip('-6 route add default via 2001:db8:ffff::ff dev other0 metric 1024');
  ip('route add 10.77.0.0/16 via 198.51.100.254 dev other0');

  const present = (name: string): IpConfiguration => {
    net.refresh();
    return presentConfiguration(net.interfaces().find((one) => one.name === name)!);
  };
  const indexOf = (name: string) => net.interfaces().find((one) => one.name === name)!.index;

  function run(commands: readonly ManagerCommand[]): void {
    for (const { argv, mayFail = false } of commands) {
      try {
        execFileSync(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
      } catch (error) {
        if (!mayFail) throw error;
      }
    }
  }

  function apply(name: string, to: IpConfiguration): void {
    const target = { name, index: indexOf(name), mac: undefined };
    const { before, after } = iproute2.activate(files, target, { from: present(name), to });
    run([...before, ...after]);
  }

  /** As the kernel tells it, in its order. */
  function equalsIproute(name: string, wanted: IpConfiguration): void {
    const kept = (line: string) => JSON.parse(ip(`-j ${line}`) || '[]') as Record<string, unknown>[];
    const [{ addr_info }] = kept(`address show dev ${name}`) as [
      { addr_info: { family: string; local: string; prefixlen: number; scope: string }[] },
    ];
    for (const family of [4, 6] as const) {
      const own = addr_info.filter((one) => one.scope === 'global' && one.family === (family === 4 ? 'inet' : 'inet6'));
      assert.equal(
        own.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
        asListed(wanted.addresses.filter((one) => one.family === family)).map(
          ({ text, prefix }) => `${text}/${prefix}`,
        ),
      );
    }
    const gateways = ['-4', '-6'].flatMap((family) =>
      kept(`${family} route show default dev ${name}`)
        .sort((a, b) => Number(a['metric']) - Number(b['metric']))
        .map((route) => route['gateway']),
    );
    const isIpv6 = (text: string) => text.includes(':');
    assert.equal(gateways, [...wanted.gateways.filter((text) => !isIpv6(text)), ...wanted.gateways.filter(isIpv6)]);
  }

  const strangers = () =>
    ['route show dev other0', '-6 route show dev other0', 'address show dev other0'].map(ip).join('\n');

  suite('iproute2 on a kernel', ({ test, after }) => {
    after(() => net.close());

    for (const [title, wanted] of Object.entries(CASES).filter(([, { dhcp }]) => !dhcp)) {
      for (const name of ['eth0', '-odd', 'ünï"$(x)']) {
        test(`${title} on ${name}`, () => {
          apply(name, wanted);
          equalsIproute(name, wanted);
          apply(name, configuration(''));
          equalsIproute(name, configuration(''));
        });
      }
    }

    for (const promote of [0, 1]) {
      test(`from any configuration to any other, with promote_secondaries ${promote}`, () => {
        writeFileSync('/proc/sys/net/ipv4/conf/all/promote_secondaries', `${promote}`);
        const before = strangers();
        const seed = Number(process.env['HV_KVP_SEED'] ?? 20_261_124);
        fc.assert(
          fc.property(arbitraryConfiguration({ dhcp: false }), (wanted) => {
            apply('eth0', wanted);
            equalsIproute('eth0', wanted);
            assert.is(strangers(), before);
          }),
          { seed, numRuns: 60, includeErrorInReport: true },
        );
      });
    }

    test('the same addresses in another order are a difference, and come to be in that order', () => {
      const wanted = configuration('192.0.2.7/24 192.0.2.8/24 2001:db8::7/64 2001:db8::8/64', '192.0.2.1');
      apply('eth0', wanted);
      const swapped = { ...wanted, addresses: wanted.addresses.toReversed() };
      assert.equal(
        differences(present('eth0'), swapped).map(({ sign, what, text }) => `${sign} ${what} ${text}`),
        [
          '- order address 192.0.2.7/24, 192.0.2.8/24',
          '+ order address 192.0.2.8/24, 192.0.2.7/24',
          '- order address 2001:db8::7/64, 2001:db8::8/64',
          '+ order address 2001:db8::8/64, 2001:db8::7/64',
        ],
      );
      apply('eth0', swapped);
      equalsIproute('eth0', swapped);
      assert.equal(differences(present('eth0'), swapped), []);
    });

    test('the same once more changes nothing', () => {
      apply('eth0', CASES['both families']!);
      const was = ip('address show dev eth0') + ip('route') + ip('-6 route');
      apply('eth0', CASES['both families']!);
      assert.is(ip('address show dev eth0') + ip('route') + ip('-6 route'), was);
    });
  });
}
