import { BACKENDS } from '#internal';
import { keepsEveryConfiguration, refuses, TARGET } from '../../_support/backend-rules.js';
import { backendVectors, rendersAsRecorded } from '../../_support/backend-vectors.js';
import { configTree } from '../../_support/config-tree.js';
import { configuration } from '../../_support/configurations.js';
import { equalsGoldenPlans } from '../../_support/golden-plans.js';
import { assert, suite } from '../../_support/suite.js';

const netplan = BACKENDS.find(({ name }) => name === 'netplan')!;

const STATIC = `# The machine room's.
network:
    version: 2
    renderer: networkd
    ethernets:
        eth0:
            dhcp6: yes
            addresses:
            # The first one.
            - 192.0.2.7/24
            - "2001:db8::7/64":
                label: eth0:1
            gateway4: 192.0.2.1   # old form
            routes:
            - {to: 198.51.100.0/24, via: 192.0.2.254}
            - to: 0.0.0.0/0
              via: 192.0.2.2
              metric: 2048
              on-link: true
            nameservers:
                search: [example.net]
                addresses: [192.0.2.53]
        eth1: {dhcp4: true}
`;

suite('netplan', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({
      backend: netplan,
      foreign: [
        "# The machine room's.",
        'renderer: networkd',
        '{to: 198.51.100.0/24, via: 192.0.2.254}',
        'search: [example.net]',
        'eth1: {dhcp4: true}',
      ],
      starts: [
        {},
        { '/etc/netplan/50-room.yaml': STATIC },
        {
          '/etc/netplan/50-room.yaml': STATIC,
          '/etc/netplan/60-more.yaml': 'network: {ethernets: {eth0: {addresses: [192.0.2.99/24]}}}\n',
        },
        {
          '/etc/netplan/50-cloud-init.yaml':
            'network:\n  version: 2\n  ethernets:\n    all-eth:\n      match: {name: "eth*"}\n      dhcp4: true\n',
        },
      ],
    });
  });

  test('plans are as they were when somebody read them', () => {
    equalsGoldenPlans(netplan, { none: {}, static: { '/etc/netplan/50-room.yaml': STATIC } });
  });

  for (const vector of backendVectors('netplan')) {
    test(`recorded: ${vector.name}`, () => rendersAsRecorded(netplan, vector));
  }

  test('files that are not understood are refused', () => {
    const eth0 = (text: string) => ({ '/etc/netplan/50.yaml': `network:\n  ethernets:\n    eth0:\n      ${text}\n` });
    for (const text of [
      'addresses: [192.0.2.7]',
      'addresses: 192.0.2.7/24',
      'addresses: [[192.0.2.7/24]]',
      'gateway4: $(id)',
      'routes: {to: default}',
      'nameservers: {addresses: [localhost]}',
      'nameservers: [192.0.2.53]',
      'dhcp4: true\n      dhcp4: false',
      'dhcp4: true\n---\nnetwork: {}',
      '"unclosed',
      '['.repeat(20_000),
    ])
      refuses(netplan, 'ERR_NET_FILE', eth0(text));
    refuses(netplan, 'ERR_NET_FILE', { '/etc/netplan/50.yaml': '- list' });
    refuses(netplan, 'ERR_NET_FILE', { '/etc/netplan/50.yaml': 'network: list' });
    refuses(netplan, 'ERR_NET_FILE', { '/run/netplan/50.yaml': 'network: {ethernets: {eth0: {dhcp4: true}}}' });
  });

  test('an alias is read as what it stands for, and stays where nothing of it changes', () => {
    const text = `network:
  version: 2
  ethernets:
    eth0:
      dhcp4: true
      dhcp4-overrides: &id001
        route-metric: 100
      dhcp6: true
      dhcp6-overrides: *id001
`;
    const tree = configTree({ '/etc/netplan/50.yaml': text });
    assert.is(netplan.read(tree.files, TARGET)?.dhcp, true);
    tree.apply(netplan.render(tree.files, TARGET, configuration('192.0.2.7/24')));
    const after = tree.contents()['/etc/netplan/50.yaml']!;
    assert.is(after, text.replace('dhcp4: true', 'dhcp4: false').concat('      addresses:\n        - 192.0.2.7/24\n'));
    tree.remove();
  });

  test('a node that changes is copied: whoever shares it by an alias keeps what it says', () => {
    const shared = {
      'a list that another has too': `
      addresses: &l [192.0.2.1/24]
      nameservers: &n {search: [example], addresses: &s [192.0.2.53]}
      routes: [&r {to: default, via: 192.0.2.254}]
    eth1:
      addresses: *l
      nameservers: *n
      routes: [*r]
    eth2:
      nameservers: {addresses: *s}`,
      'a whole definition': ` &d
      addresses: [192.0.2.1/24]
      nameservers: {search: [example], addresses: [192.0.2.53]}
      routes: [{to: default, via: 192.0.2.254}]
    eth1: *d`,
    };
    const [had, wanted] = [
      configuration('192.0.2.1/24', '192.0.2.254', '192.0.2.53'),
      configuration('198.51.100.7/24 192.0.2.9/25', '198.51.100.1', '198.51.100.53'),
    ];
    for (const [title, text] of Object.entries(shared))
      for (const name of ['eth0', 'eth1']) {
        const tree = configTree({ '/etc/netplan/50.yaml': `network:\n  version: 2\n  ethernets:\n    eth0:${text}\n` });
        const target = { ...TARGET, name };
        const other = { ...TARGET, name: name === 'eth0' ? 'eth1' : 'eth0' };
        assert.equal(netplan.read(tree.files, target), had, title);
        tree.apply(netplan.render(tree.files, target, wanted));
        assert.equal(netplan.read(tree.files, target), wanted, title);
        assert.equal(netplan.read(tree.files, other), had, title);
        assert.match(tree.contents()['/etc/netplan/50.yaml']!, /example[\s\S]*example|\*[dn]/, title);
        tree.remove();
      }
  });

  test('aliases that stand for nothing, for themselves or for far too much are refused', () => {
    const bomb = Array.from({ length: 30 }, (_, at) => `  a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}]`);
    for (const text of [
      'network: {ethernets: {eth0: {addresses: *nobody}}}\n',
      'network: {ethernets: {eth0: &self {renderer: networkd, x: *self}}}\n',
      'network: {ethernets: {eth0: &d {dhcp4: true}, eth1: {<<: *d}}}\n',
      `x:\n  a0: &a0 y\n${bomb.join('\n')}\nnetwork: {ethernets: {eth0: &d {x: *a30}, eth1: *d}}\n`,
    ])
      refuses(netplan, 'ERR_NET_FILE', { '/etc/netplan/50.yaml': text });
  });

  test('an odd name is refused', () => {
    for (const name of ['*', '-eth0', 'a b', 'a/b', 'a"b', 'a\\b', '../x'])
      refuses(netplan, 'ERR_NET_INTERFACE', {}, { ...TARGET, name });
  });

  test('a broken file is an error that names it, and leaves the interface to no other manager', () => {
    const tree = configTree({ '/etc/netplan/50.yaml': 'network: [', '/usr/sbin/netplan': '' });
    const charge = netplan.inCharge(tree.files, TARGET);
    assert.is(charge.answer, 'unreadable');
    assert.match(JSON.stringify(charge), /50\.yaml/);
    tree.remove();
  });
});
