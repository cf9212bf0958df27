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

/** Of ifupdown-ng: one stanza for both families. */
const ALPINE = `auto lo
iface lo
\taddress 127.0.0.1/8

auto eth0
iface eth0
\taddress 192.0.2.7/24
\taddress 192.0.2.8/24
\taddress 2001:db8::7/64
\taddress 2001:db8::8
\tnetmask 64
\tgateway 192.0.2.1
\tgateway 2001:db8::1
\tmtu 1400
\tpost-up logger up

iface eth1 inet dhcp
`;

/** Of ifupdown2: several addresses in a stanza of one family. */
const PROXMOX = `iface eth1 inet dhcp

# The management network.
auto eth0
iface eth0 inet static
\taddress 192.0.2.7/24
\taddress 198.51.100.7
\tnetmask 255.255.255.128
\tgateway 192.0.2.1
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

const isFileError = (error: { code?: string }) => error.code === 'ERR_NET_FILE';

suite('ifupdown', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({ backend: ifupdown, starts: STARTS, foreign: FOREIGN });
  });

  test('every configuration is read as it was written, in stanzas of ifupdown-ng', () => {
    keepsEveryConfiguration({
      backend: ifupdown,
      starts: [
        ALPINE,
        'auto eth0\niface eth0\n\tuse dhcp\n\thostname guest\n',
        'iface eth0\n\taddress 192.0.2.7/24\n\niface eth0 inet6 static\n\taddress 2001:db8::7/64\n\tpost-up logger up\n',
      ].map((text) => ({ [MAIN]: text, '/etc/network/ifupdown-ng.conf': '' })),
      foreign: ['mtu 1400', 'hostname guest', 'post-up logger up', 'iface eth1 inet dhcp', '# The management network.'],
    });
  });

  test('every configuration is read as it was written, in stanzas of ifupdown2', () => {
    keepsEveryConfiguration({
      backend: ifupdown,
      starts: [{ [MAIN]: PROXMOX }],
      foreign: ['# The management network.', 'iface eth1 inet dhcp'],
    });
  });

  test('a stanza without a family, and one with several addresses, are read', () => {
    for (const [text, wanted] of [
      [ALPINE, configuration('192.0.2.7/24 192.0.2.8/24 2001:db8::8/64 2001:db8::7/64', '192.0.2.1 2001:db8::1')],
      [PROXMOX, configuration('192.0.2.7/24 198.51.100.7/25', '192.0.2.1')],
      ['iface eth0\n    use dhcp\n', configuration('', '', '', true)],
    ] as const) {
      const tree = configTree({ [MAIN]: text });
      assert.equal(ifupdown.read(tree.files, TARGET), wanted);
      tree.remove();
    }
  });

  test('of a stanza without a family only what differs is changed', () => {
    const tree = configTree({ [MAIN]: ALPINE });
    tree.apply(
      ifupdown.render(
        tree.files,
        TARGET,
        configuration('192.0.2.7/24 192.0.2.9/24 2001:db8::7/64', '192.0.2.1 2001:db8::2'),
      ),
    );
    assert.is(
      tree.contents()[MAIN],
      ALPINE.replace('192.0.2.8/24', '192.0.2.9/24')
        .replace('\taddress 2001:db8::8\n\tnetmask 64\n', '')
        .replace('gateway 2001:db8::1', 'gateway 2001:db8::2'),
    );
    tree.remove();
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
      'iface eth0\n\tinherit office\n\taddress 192.0.2.7/24\n',
      'iface eth0\n\taddress 192.0.2.7\n',
      'iface eth0\n\taddress nonsense/24\n',
      'iface eth0\n\taddress 192.0.2.7/24\n\tgateway router\n',
      'iface eth0 inet\n\taddress 192.0.2.7/24\n',
      'mapping eth*\n\tscript /bin/true\niface eth0 inet manual\n',
      'iface eth0 inet manual\n\tup ip route add default nexthop via 192.0.2.1 nexthop via 198.51.100.1\n',
      'source $HOME/interfaces\niface eth0 inet manual\n',
    ]) {
      const tree = configTree({ [MAIN]: text });
      assert.throws(() => ifupdown.read(tree.files, TARGET), isFileError, text);
      assert.throws(() => ifupdown.render(tree.files, TARGET, CASES['single IPv4']!), isFileError, text);
      tree.remove();
    }
  });

  const GATEWAY_LINES = [
    'up route add -net 0.0.0.0 netmask 0.0.0.0 gw 192.0.2.9 dev eth0',
    'up /sbin/route add default gw 192.0.2.9',
    'post-up route add -net 0.0.0.0/0 gw 192.0.2.9 metric 5 $IFACE',
    'up route -n add 0.0.0.0 netmask 0.0.0.0 gw 192.0.2.9 eth0 || true',
    'up route -A inet add default gw 192.0.2.9 dev "$IFACE"',
    'up ip route add default via 192.0.2.9',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own.
    'up /sbin/ip -4 ro replace 0.0.0.0/0 via inet 192.0.2.9 dev ${IFACE} proto static src 192.0.2.7 onlink',
    'pre-up ip r a 0/0 via 192.0.2.9 dev eth0 preference 7 table main >/dev/null 2>&1 || :',
    'post-up ip -family inet route append to default via 192.0.2.9 mtu lock 1400',
    'up ip route chg default dev eth0 via 192.0.2.9 table 254;',
  ];
  const DOWN_LINES = [
    'down route del -net 0.0.0.0 netmask 0.0.0.0 gw 192.0.2.9 dev eth0',
    'pre-down ip route del default via 192.0.2.9 dev eth0',
    'post-down ip ro d default via 192.0.2.9 || true',
  ];

  for (const line of GATEWAY_LINES)
    test(`a default route by "${line}" is a gateway: read, and not kept beside another`, () => {
      const stanza = `iface eth0 inet static\n\taddress 192.0.2.7/24\n\t${line}\n\t${DOWN_LINES.join('\n\t')}\n\tup logger up\n`;
      const tree = configTree({ [MAIN]: stanza });
      assert.equal(ifupdown.read(tree.files, TARGET)?.gateways, ['192.0.2.9']);
      const wanted = configuration('192.0.2.8/24', '192.0.2.1');
      tree.apply(ifupdown.render(tree.files, TARGET, wanted));
      assert.is(
        tree.contents()[MAIN],
        'iface eth0 inet static\n\taddress 192.0.2.8/24\n\tgateway 192.0.2.1\n\tup logger up\n',
      );
      tree.remove();
    });

  test('an address by a hook is an address: read, and not kept beside others', () => {
    for (const line of [
      'up ip addr add 192.0.2.9/24 dev eth0',
      'post-up /bin/ip -4 a replace local 192.0.2.9/255.255.255.0 brd + dev $IFACE label eth0:1 || true',
      'pre-up ip address add 192.0.2.9/24 dev "$IFACE" scope global',
    ]) {
      const down = 'down ip addr del 192.0.2.9/24 dev eth0';
      const text = `iface eth0 inet static\n    address 192.0.2.7/24\n    ${line}\n    ${down}\n`;
      const tree = configTree({ [MAIN]: text });
      assert.equal(
        ifupdown.read(tree.files, TARGET)?.addresses.map(({ text, prefix }) => `${text}/${prefix}`),
        ['192.0.2.7/24', '192.0.2.9/24'],
        line,
      );
      tree.apply(ifupdown.render(tree.files, TARGET, configuration('192.0.2.8/24')));
      assert.is(tree.contents()[MAIN], 'iface eth0 inet static\n    address 192.0.2.8/24\n');
      tree.remove();
    }
  });

  test('a hook that only a shell could follow is refused with its line, before anything is touched', () => {
    for (const line of [
      'up sleep 5 && ip route add default via 192.0.2.9',
      'up ip route add default via $(cat /etc/gateway)',
      'up ip route add default dev eth0',
      'up route add default gw router.example dev eth0',
      'up if [ -e /x ]; then ip route replace default via 192.0.2.9; fi',
      'up ip route del default',
      'up ip addr add $ADDRESS dev eth0',
      'up ip addr del 192.0.2.7/24 dev eth0',
      'up ifconfig eth0:1 192.0.2.9 netmask 255.255.255.0 up',
      'down ip route add default via 192.0.2.9',
    ]) {
      const tree = configTree({ [MAIN]: `iface eth0 inet static\n\taddress 192.0.2.7/24\n\t${line}\n` });
      assert.throws(
        () => ifupdown.render(tree.files, TARGET, CASES['single IPv4']!),
        (error: Error & { code?: string }) => error.code === 'ERR_NET_FILE' && error.message.includes(line),
        line,
      );
      tree.remove();
    }
  });

  test('hooks of other interfaces, tables and kinds stay as they are', () => {
    for (const line of [
      'up ip route add default via 192.0.2.9 dev eth1',
      'up ip route add default via 192.0.2.9 table 7',
      'up ip rule add from 192.0.2.7 table 7',
      'up ip route add 10.0.0.0/8 via 203.0.113.1',
      'up ip route add 10.0.0.0/8 dev eth0',
      'pre-up ip addr flush dev eth0 || true',
      'pre-up ip route del default || true',
      'down route del default',
      'up ip link set eth0 mtu 9000',
      'up ethtool -K eth0 tso off',
      'up iptables -A OUTPUT -d 0.0.0.0/0 -j ACCEPT',
    ]) {
      const tree = configTree({ [MAIN]: `iface eth0 inet static\n\taddress 192.0.2.7/24\n\t${line}\n` });
      tree.apply(ifupdown.render(tree.files, TARGET, CASES['single IPv4']!));
      assert.match(tree.contents()[MAIN] ?? '', `\t${line}\n`);
      tree.remove();
    }
  });

  test('a route of a hook whose gateway no new network has is refused with its line', () => {
    const line = 'up ip route add 10.0.0.0/8 via 192.0.2.254';
    const tree = configTree({ [MAIN]: `iface eth0 inet static\n\taddress 192.0.2.7/24\n\t${line}\n` });
    ifupdown.render(tree.files, TARGET, configuration('192.0.2.8/24'));
    assert.throws(
      () => ifupdown.render(tree.files, TARGET, configuration('198.51.100.8/24')),
      (error: Error & { code?: string }) => error.code === 'ERR_NET_FILE' && error.message.includes(line),
    );
    tree.remove();
  });

  test('gateways are read by their metrics, and written so', () => {
    const text =
      'iface eth0 inet static\n\taddress 192.0.2.7/24\n\tgateway 192.0.2.1\n\tmetric 300\n\tup ip route add default via 192.0.2.2 metric 100\n';
    const tree = configTree({ [MAIN]: text });
    assert.equal(ifupdown.read(tree.files, TARGET)?.gateways, ['192.0.2.2', '192.0.2.1']);
    const wanted = configuration('192.0.2.7/24 2001:db8::7/64', '192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2');
    tree.apply(ifupdown.render(tree.files, TARGET, wanted));
    assert.match(tree.contents()[MAIN] ?? '', /gateway 192\.0\.2\.1\n\tmetric 300\n.*via 192\.0\.2\.2 .* metric 301/s);
    assert.match(tree.contents()[MAIN] ?? '', /via 2001:db8::2 .* metric 1025/);
    tree.remove();
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
