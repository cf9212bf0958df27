import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ifupdown } from '#internal';
import { keepsEveryConfiguration, TARGET } from '../../_support/backend-rules.js';
import { configTree } from '../../_support/config-tree.js';
import { CASES, configuration } from '../../_support/configurations.js';
import { equalsGoldenPlans } from '../../_support/golden-plans.js';
import { assert, suite } from '../../_support/suite.js';

const MAIN = '/etc/network/interfaces';

/** As Debian's installer leaves it. */
const STOCK = `# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback

# The primary network interface
allow-hotplug eth0
iface eth0 inet dhcp
`;

const RICH = `auto lo eth0
iface lo inet loopback
iface eth0 inet static
\taddress 192.0.2.7
\tnetmask 255.255.255.0
\tbroadcast 192.0.2.255
\tgateway 192.0.2.1
\t# The switch wants it so.
\tmtu 1400
\tup ip rule add from 192.0.2.7 \\
\t\ttable 7
\tdns-search example.net
\tdns-nameservers 192.0.2.53

iface eth0 inet static
\taddress 192.0.2.8/24
\tpost-down logger down

# Second family.
iface eth0 inet6 static
\taddress 2001:db8::7/64
\tgateway 2001:db8::1
\tautoconf 1

iface eth1 inet dhcp
`;

const CLOUD = {
  [MAIN]: 'source interfaces.d/*\nsource-directory /etc/network/more\n',
  '/etc/network/interfaces.d/50-cloud-init':
    'auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n    metric 100\n',
  '/etc/network/more/eth9': 'iface eth9 inet manual\n',
  '/etc/network/more/not.this': 'iface eth0 inet ppp\n',
};

const STARTS = [{}, { [MAIN]: STOCK }, { [MAIN]: RICH }, CLOUD, { [MAIN]: 'iface eth0 inet6 auto' }];

const FOREIGN = [
  '# The switch wants it so.',
  'mtu 1400',
  'up ip rule add from 192.0.2.7',
  'dns-search example.net',
  'post-down logger down',
  '# Second family.',
  'iface eth1 inet dhcp',
  '# The primary network interface',
  'metric 100',
];

suite('ifupdown', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({ backend: ifupdown, starts: STARTS, foreign: FOREIGN });
  });

  for (const [title, wanted] of Object.entries(CASES)) {
    for (const [at, start] of STARTS.entries()) {
      test(`${title}, from start ${at}, and back`, () => {
        const tree = configTree(start);
        const before = ifupdown.read(tree.files, TARGET);
        tree.apply(ifupdown.render(tree.files, TARGET, wanted));
        if (before !== undefined) tree.apply(ifupdown.render(tree.files, TARGET, before));
        if (before !== undefined) assert.equal(ifupdown.read(tree.files, TARGET), before);
        tree.remove();
      });
    }
  }

  test('plans are as they were when somebody read them', () => {
    equalsGoldenPlans(ifupdown, { stock: { [MAIN]: STOCK }, rich: { [MAIN]: RICH }, cloud: CLOUD });
  });

  test('what is not understood is refused, and nothing is said of it', () => {
    for (const text of [
      'iface eth0 inet static inherits office\n\taddress 192.0.2.7/24\n',
      'iface eth0 inet ppp\n',
      'iface eth0 inet static\n\taddress nonsense\n',
      'iface eth0 inet static\n\taddress 192.0.2.7\n\tnetmask 255.0.255.0\n',
      'iface eth0 inet6 static\n\taddress 192.0.2.7\n',
      'iface eth0 inet manual\niface eth0:1 inet static\n\taddress 192.0.2.7/24\n',
      'mapping eth*\n\tscript /bin/true\niface eth0 inet manual\n',
      'iface eth0 inet manual\n\tup ip route add default nexthop via 192.0.2.1 nexthop via 198.51.100.1\n',
      'source $HOME/interfaces\niface eth0 inet manual\n',
    ]) {
      const tree = configTree({ [MAIN]: text });
      assert.is(ifupdown.read(tree.files, TARGET), undefined, text);
      assert.throws(
        () => ifupdown.render(tree.files, TARGET, CASES['single IPv4']!),
        (error: { code?: string }) => error.code === 'ERR_NET_FILE',
        text,
      );
      tree.remove();
    }
  });

  test('names that a shell, an alias or an option would be are refused', () => {
    const tree = configTree();
    for (const name of ['-x', 'a b', 'eth0:1', '$(id)', 'a;b', 'a#b', 'a\nb', 'a/b', '', 'ünï']) {
      const target = { ...TARGET, name };
      for (const act of [
        () => ifupdown.render(tree.files, target, CASES['single IPv4']!),
        () => ifupdown.activate(tree.files, target, { from: CASES['nothing']!, to: CASES['single IPv4']! }),
      ])
        assert.throws(act, (error: { code?: string }) => error.code === 'ERR_NET_INTERFACE', name);
    }
    tree.remove();
  });

  test('it is in charge of what it has a stanza for, where it is installed', () => {
    const tree = configTree({ [MAIN]: STOCK });
    assert.equal(ifupdown.inCharge(tree.files, TARGET), { answer: 'no' });
    tree.apply([{ path: '/usr/sbin/ifup', before: undefined, after: '', mode: 0o755 }]);
    assert.equal(ifupdown.inCharge(tree.files, TARGET), { answer: 'yes', reason: `${MAIN} has a stanza for it` });
    assert.equal(ifupdown.inCharge(tree.files, { ...TARGET, name: 'eth1' }), { answer: 'no' });
    tree.remove();
  });

  test('where resolvconf takes the servers from the stanza, resolv.conf is left to it', () => {
    const tree = configTree({
      [MAIN]: STOCK,
      '/etc/network/if-up.d/000resolvconf': '',
      '/run/resolvconf/resolv.conf': 'nameserver 192.0.2.1\n',
    });
    symlinkSync('/run/resolvconf/resolv.conf', join(tree.root, 'etc/resolv.conf'));
    const changes = ifupdown.render(tree.files, TARGET, configuration('192.0.2.7/24', '', '192.0.2.53'));
    assert.equal(
      changes.map(({ path }) => path),
      [MAIN],
    );
    tree.apply(changes);
    assert.equal(ifupdown.read(tree.files, TARGET)?.dns, ['192.0.2.53']);
    tree.remove();
  });

  test('beside another default route of metric 0 a new gateway gets a metric of its own', () => {
    const others = `${STOCK}\niface eth1 inet static\n    address 198.51.100.7/24\n    gateway 198.51.100.1\n\niface eth2 inet dhcp\n    metric 100\n`;
    const tree = configTree({ [MAIN]: others });
    tree.apply(ifupdown.render(tree.files, TARGET, CASES['both families']!));
    const text = tree.contents()[MAIN]!;
    assert.match(text, '    gateway 192.0.2.1\n    metric 200\n');
    assert.not.match(text, /gateway 2001:db8::1\n +metric/);
    assert.equal(ifupdown.render(tree.files, TARGET, CASES['both families']!), []);
    // A gateway that came up beside the others goes on to do so.
    tree.apply(
      ifupdown.render(tree.files, { ...TARGET, name: 'eth1' }, configuration('198.51.100.9/24', '198.51.100.2')),
    );
    assert.match(tree.contents()[MAIN]!, '    gateway 198.51.100.2\n\n');
    tree.remove();
  });

  test('a DHCP client is kept from writing over the wanted servers where it has a hook for that', () => {
    const hook = '/etc/dhcp/dhclient-enter-hooks.d/hv-kvp-eth0';
    const tree = configTree({ [MAIN]: STOCK, '/sbin/dhclient': '', '/etc/dhcp/dhclient-enter-hooks.d/debug': '' });
    tree.apply(ifupdown.render(tree.files, TARGET, CASES['DHCP with DNS servers']!));
    assert.match(tree.contents()[hook] ?? '', '"$interface" = "eth0"');
    assert.equal(ifupdown.render(tree.files, TARGET, CASES['DHCP with DNS servers']!), []);
    tree.apply(ifupdown.render(tree.files, TARGET, CASES['single IPv4']!));
    assert.is(tree.contents()[hook], undefined);
    tree.remove();
    const bare = configTree({ [MAIN]: STOCK });
    const change = { from: CASES['DHCP']!, to: CASES['DHCP with DNS servers']! };
    assert.match(ifupdown.warnings?.(bare.files, TARGET, change).join() ?? '', 'DHCP client');
    bare.remove();
  });

  test('servers that resolv.conf does not have are not in effect, and are put there', () => {
    const tree = configTree({ [MAIN]: STOCK });
    const wanted = configuration('192.0.2.7/24', '', '192.0.2.53');
    tree.apply(ifupdown.render(tree.files, TARGET, wanted));
    tree.apply([
      { path: '/etc/resolv.conf', before: '', after: 'search example.net\nnameserver 10.0.0.1\n', mode: 0o644 },
    ]);
    assert.equal(ifupdown.read(tree.files, TARGET)?.dns, []);
    const changes = ifupdown.render(tree.files, TARGET, wanted);
    assert.equal(
      changes.map(({ path, after }) => [path, after]),
      [['/etc/resolv.conf', 'search example.net\nnameserver 192.0.2.53\n']],
    );
    tree.remove();
  });
});
