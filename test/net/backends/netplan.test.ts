import { BACKENDS } from '#internal';
import { keepsEveryConfiguration, refuses, TARGET } from '../../_support/backend-rules.js';
import { backendVectors, rendersAsRecorded } from '../../_support/backend-vectors.js';
import { configTree } from '../../_support/config-tree.js';
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
      'addresses: &a [192.0.2.7/24]\n      more: *a',
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
