/** One interface for an adapter, whoever asks: what a host reads of it is what a host sets. */
import { createNetPort, type InterfaceFacts, type NetFacts, planTree } from 'hv-kvp/net';
import { BACKENDS, createNetChanger, interfaceByMac, interfaceByName, makePlan } from '#internal';
import { TARGET } from '../../_support/backend-rules.js';
import { type ConfigTree, configTree } from '../../_support/config-tree.js';
import { configuration } from '../../_support/configurations.js';
import { assert, suite } from '../../_support/suite.js';

const WANTED = configuration('192.168.77.9/24', '192.168.77.1');
const NM = '/etc/NetworkManager/system-connections/';
const IFCFG = '/etc/sysconfig/network-scripts/ifcfg-';
const SUSE = '/etc/sysconfig/network/';
const WICKED = { '/etc/systemd/system/multi-user.target.wants/wicked.service': '' };
const UNITS = '/etc/systemd/network/';
const NETPLAN = { '/usr/sbin/netplan': '' };
const IFUP = { '/usr/sbin/ifup': '' };
const RC = { '/etc/rc.d/netif': '', '/etc/defaults/rc.conf': '' };

/** The files that make eth0 a port: by manager and sort, with the interface that has its addresses. */
const PORTS: Readonly<Record<string, [carrier: string, files: Record<string, string>]>> = {
  'netplan: a bridge': [
    'br0',
    {
      ...NETPLAN,
      '/etc/netplan/01.yaml':
        'network:\n  version: 2\n  ethernets:\n    eth0: {}\n  bridges:\n    br0:\n      interfaces: [eth0]\n      addresses: [192.168.77.5/24]\n',
    },
  ],
  'netplan: a bond of adapters that have ids of their own': [
    'bond0',
    {
      ...NETPLAN,
      '/etc/netplan/01.yaml':
        'network:\n  ethernets:\n    first: {match: {macaddress: "00:15:5d:01:02:03"}}\n  bonds:\n    bond0: {interfaces: [first], dhcp4: true}\n',
    },
  ],
  'netplan: a bridge over a bond, in another file': [
    'br0',
    {
      ...NETPLAN,
      '/etc/netplan/01.yaml': 'network: {ethernets: {eth0: {}}, bonds: {bond0: {interfaces: [eth0]}}}\n',
      '/etc/netplan/02.yaml': 'network: {bridges: {br0: {interfaces: [bond0], dhcp4: true}}}\n',
    },
  ],
  'networkd: a bridge': [
    'br0',
    {
      [`${UNITS}10-eth0.network`]: '[Match]\nName=eth*\n[Network]\nBridge=br0\n',
      [`${UNITS}20-br0.network`]: '[Match]\nName=br0\nKind=bridge\n[Network]\nAddress=192.168.77.5/24\n',
    },
  ],
  'networkd: a bond, by a drop-in': [
    'bond0',
    {
      [`${UNITS}10-eth0.network`]: '[Match]\nMACAddress=00:15:5d:01:02:03\n',
      [`${UNITS}10-eth0.network.d/x.conf`]: '[Network]\nBond=bond0\n',
      [`${UNITS}20-bond0.network`]: '[Match]\nName=bond0\n[Network]\nDHCP=yes\n',
    },
  ],
  'NetworkManager: a bridge by its name': [
    'br0',
    {
      [`${NM}eth0.nmconnection`]:
        '[connection]\nuuid=1\ntype=ethernet\ninterface-name=eth0\nmaster=br0\nslave-type=bridge\n',
      [`${NM}br0.nmconnection`]: '[connection]\nuuid=2\ntype=bridge\ninterface-name=br0\n[ipv4]\nmethod=auto\n',
    },
  ],
  'NetworkManager: a team by the uuid of its profile': [
    'team0',
    {
      [`${NM}eth0.nmconnection`]:
        '[connection]\nuuid=1\ntype=ethernet\ninterface-name=eth0\ncontroller=2\nport-type=team\n',
      [`${NM}t.nmconnection`]: '[connection]\nuuid=2\ntype=team\ninterface-name=team0\n[ipv4]\nmethod=auto\n',
    },
  ],
  'ifupdown: a bond, in the stanza of the port': [
    'bond0',
    {
      ...IFUP,
      '/etc/network/interfaces':
        'iface eth0 inet manual\n    bond-master bond0\nauto bond0\niface bond0 inet static\n    address 192.168.77.5/24\n    bond-slaves none\n',
    },
  ],
  'ifupdown: a bond, in the stanza of the bond': [
    'bond0',
    { ...IFUP, '/etc/network/interfaces': 'auto bond0\niface bond0 inet dhcp\n    bond-slaves eth0 eth1\n' },
  ],
  'ifupdown: a bridge, in another file': [
    'br0',
    {
      ...IFUP,
      '/etc/network/interfaces': 'source-directory interfaces.d\niface eth0 inet manual\n',
      '/etc/network/interfaces.d/br0': 'auto br0\niface br0 inet dhcp\n    bridge_ports regex eth[0-3]\n',
    },
  ],
  'ifcfg: a bridge': [
    'br0',
    {
      [`${IFCFG}eth0`]: 'DEVICE=eth0\nTYPE=Ethernet\nONBOOT=yes\nBRIDGE=br0\n',
      [`${IFCFG}br0`]: 'DEVICE=br0\nTYPE=Bridge\nBOOTPROTO=dhcp\n',
    },
  ],
  'ifcfg: a bond by the UUID of its file': [
    'bond0',
    {
      [`${IFCFG}eth0`]: 'HWADDR=00:15:5D:01:02:03\nMASTER_UUID=u-2\n',
      [`${IFCFG}bond`]: 'DEVICE=bond0\nUUID=u-2\nBOOTPROTO=dhcp\n',
    },
  ],
  'ifcfg: a bridge that has no file yet': ['br0', { [`${IFCFG}eth0`]: 'DEVICE=eth0\nONBOOT=yes\nBRIDGE=br0\n' }],
  'NetworkManager: a bond that has no profile yet': [
    'bond0',
    {
      [`${NM}a.nmconnection`]:
        '[connection]\nuuid=1\ntype=ethernet\ninterface-name=eth0\nmaster=bond0\nslave-type=bond\n',
    },
  ],
  'wicked: a bridge': [
    'br0',
    {
      ...WICKED,
      [`${SUSE}ifcfg-eth0`]: "STARTMODE='hotplug'\nBOOTPROTO='none'\n",
      [`${SUSE}ifcfg-br0`]: "STARTMODE='auto'\nBOOTPROTO='dhcp'\nBRIDGE='yes'\nBRIDGE_PORTS='eth1 eth0'\n",
    },
  ],
  'wicked: a bond whose ports have no files, below a bridge': [
    'br0',
    {
      ...WICKED,
      [`${SUSE}ifcfg-bond0`]: 'STARTMODE=auto\nBONDING_MASTER=yes\nBONDING_SLAVE_0=eth1\nBONDING_SLAVE_1=eth0\n',
      [`${SUSE}ifcfg-br0`]: 'STARTMODE=auto\nBOOTPROTO=dhcp\nBRIDGE=yes\nBRIDGE_PORTS=bond0\n',
      [`${SUSE}ifcfg-br1`]: 'BRIDGE=no\nBRIDGE_PORTS=bond0\n',
    },
  ],
  'rc.conf: a bridge': [
    'bridge0',
    {
      ...RC,
      '/etc/rc.conf':
        'ifconfig_eth0="up"\nifconfig_bridge0="addm eth0 inet 192.168.77.5/24"\ndefaultrouter="192.168.77.1"\n',
    },
  ],
  'rc.conf: a lagg': [
    'lagg0',
    { ...RC, '/etc/rc.conf': 'ifconfig_eth0="up"\nifconfig_lagg0="laggproto lacp laggport eth1 laggport eth0 DHCP"\n' },
  ],
};

/** Files by which the only settings are a VLAN's. */
const VLANS: Readonly<Record<string, [carrier: string, files: Record<string, string>]>> = {
  netplan: [
    'vlan10',
    {
      ...NETPLAN,
      '/etc/netplan/01.yaml':
        'network: {ethernets: {eth0: {}}, vlans: {vlan10: {id: 10, link: eth0, dhcp4: true}, vlan11: {id: 11, link: eth1, dhcp4: true}}}\n',
    },
  ],
  networkd: [
    'eth0.10',
    {
      [`${UNITS}10-eth0.network`]: '[Match]\nName=eth0\n[Network]\nVLAN=eth0.10\n',
      [`${UNITS}20-vlan.network`]: '[Match]\nName=eth0.10\nType=vlan\n[Network]\nDHCP=yes\n',
    },
  ],
  networkmanager: [
    'eth0.10',
    {
      [`${NM}eth0.nmconnection`]: '[connection]\nuuid=1\ntype=ethernet\ninterface-name=eth0\n[ipv4]\nmethod=disabled\n',
      [`${NM}v.nmconnection`]:
        '[connection]\nuuid=2\ntype=vlan\ninterface-name=eth0.10\n[vlan]\nid=10\nparent=1\n[ipv4]\nmethod=auto\n',
    },
  ],
  ifupdown: [
    'office',
    {
      ...IFUP,
      '/etc/network/interfaces':
        'iface eth0 inet manual\nauto office\niface office inet dhcp\n    vlan-raw-device eth0\n',
    },
  ],
  ifcfg: [
    'eth0.10',
    {
      [`${IFCFG}eth0`]: 'DEVICE=eth0\nBOOTPROTO=none\n',
      [`${IFCFG}eth0.10`]: 'DEVICE=eth0.10\nVLAN=yes\nBOOTPROTO=dhcp\n',
    },
  ],
  'rc.conf': ['eth0.10', { ...RC, '/etc/rc.conf': 'vlans_eth0="10"\nifconfig_eth0="up"\nifconfig_eth0_10="DHCP"\n' }],
};

function inTree<T>(contents: Record<string, string>, use: (tree: ConfigTree) => T): T {
  const tree = configTree(contents);
  try {
    return use(tree);
  } finally {
    tree.remove();
  }
}

suite('a port, by the files of its manager', ({ test }) => {
  for (const [title, [carrier, contents]] of Object.entries(PORTS)) {
    test(`${title}: ${carrier} takes the change`, () =>
      inTree(contents, (tree) => {
        const plan = planTree({ root: tree.root, target: TARGET, wanted: WANTED });
        assert.is(plan.target.name, carrier);
        assert.is(plan.backend.name, title.split(':')[0]!.toLowerCase());
        assert.match(plan.warnings.join(), new RegExp(`${carrier} has the addresses of`));
        tree.apply(plan.files);
        assert.equal(plan.backend.read(tree.files, plan.target)?.addresses, WANTED.addresses);
        assert.is(planTree({ root: tree.root, target: TARGET, wanted: WANTED }).empty, true);
      }));

    test(`${title}: eth0 itself is refused`, () =>
      inTree(contents, ({ files }) => {
        const backend = BACKENDS.find(({ name }) => name === title.split(':')[0]!.toLowerCase())!;
        const request = { files, target: TARGET, backend, reason: '', present: WANTED, wanted: WANTED };
        assert.throws(() => makePlan(request), /ERR_NET_BACKEND|is a port of/);
      }));
  }

  for (const [manager, [carrier, contents]] of Object.entries(VLANS))
    test(`${manager}: a VLAN on an interface that has no settings of its own takes the change`, () =>
      inTree(contents, (tree) => {
        const plan = planTree({ root: tree.root, target: TARGET, wanted: WANTED });
        assert.equal([plan.target.name, plan.backend.name, plan.present.dhcp], [carrier, manager, true]);
        tree.apply(plan.files);
        assert.is(planTree({ root: tree.root, target: TARGET, wanted: WANTED }).empty, true);
      }));

  test('a circle of bridges ends', () => {
    const text = 'network: {bridges: {a: {interfaces: [b]}, b: {interfaces: [a]}}}\n';
    inTree({ ...NETPLAN, '/etc/netplan/01.yaml': text }, (tree) =>
      assert.throws(
        () => planTree({ root: tree.root, target: { ...TARGET, name: 'a' }, wanted: WANTED }),
        (error: { code?: string }) => error.code === 'ERR_NET_BACKEND',
      ),
    );
  });
});

const MAC = (last: number) => `00:15:5D:00:00:0${last}`;

function one(index: number, name: string, given: Partial<InterfaceFacts>, address?: string): InterfaceFacts {
  return {
    ...{ index, name, loopback: false, up: true, mac: undefined, master: undefined, gateways: [], advertised: [] },
    ...{ dns: [], dhcp: false },
    ...given,
    addresses: address === undefined ? [] : [{ index, family: 4, text: address, prefix: 24, scope: 0, flags: 0x80 }],
  };
}

const [eth0, eth1] = [
  { mac: MAC(1), isHardware: true },
  { mac: MAC(2), isHardware: true },
];

/** By the kernel: what is there, and which has the addresses of eth0. */
const MACHINES: Readonly<Record<string, [expected: string, all: InterfaceFacts[]]>> = {
  itself: ['eth0', [one(2, 'eth0', eth0, '192.0.2.7'), one(3, 'eth1', eth1, '192.0.2.8')]],
  'a bridge with a MAC address of its own': [
    'br0',
    [one(2, 'eth0', { ...eth0, master: 4 }), one(4, 'br0', { mac: MAC(9), kind: 'bridge' }, '192.0.2.7')],
  ],
  'a bridge that has no address yet': [
    'br0',
    [one(2, 'eth0', { ...eth0, master: 4 }), one(4, 'br0', { mac: MAC(1), kind: 'bridge' })],
  ],
  'a bond whose ports have one address': [
    'bond0',
    [
      one(2, 'eth0', { ...eth0, mac: MAC(2), permanentMac: MAC(1), master: 4 }),
      one(3, 'eth1', { ...eth1, permanentMac: MAC(2), master: 4 }),
      one(4, 'bond0', { mac: MAC(2), kind: 'bond' }, '192.0.2.7'),
    ],
  ],
  'a VLAN': [
    'eth0.10',
    [one(2, 'eth0', eth0), one(4, 'eth0.10', { mac: MAC(1), kind: 'vlan', lower: 2 }, '192.0.2.7')],
  ],
  'itself beside a VLAN': [
    'eth0',
    [one(2, 'eth0', eth0, '192.0.2.7'), one(4, 'eth0.10', { mac: MAC(1), kind: 'vlan', lower: 2 }, '192.0.2.8')],
  ],
  'a VLAN on the bridge': [
    'br0.10',
    [
      one(2, 'eth0', { ...eth0, master: 4 }),
      one(4, 'br0', { mac: MAC(9), kind: 'bridge' }),
      one(5, 'br0.10', { mac: MAC(9), kind: 'vlan', lower: 4 }, '192.0.2.7'),
    ],
  ],
  'the synthetic half of an accelerated pair': [
    'eth0',
    [one(2, 'eth0', eth0, '192.0.2.7'), one(3, 'enP1s2', { ...eth0, master: 2 })],
  ],
  'itself in a VRF': [
    'eth0',
    [one(2, 'eth0', { ...eth0, master: 4 }, '192.0.2.7'), one(4, 'vrf0', { mac: MAC(9), kind: 'vrf' })],
  ],
  'itself in a VRF, without an address': [
    'eth0',
    [one(2, 'eth0', { ...eth0, master: 4 }), one(4, 'vrf0', { mac: MAC(9), kind: 'vrf' })],
  ],
  'an internal port of Open vSwitch with the same MAC address': [
    'br-ex',
    [
      one(2, 'eth0', { ...eth0, master: 4 }),
      one(4, 'ovs-system', { mac: MAC(9), kind: 'openvswitch' }),
      one(5, 'br-ex', { mac: MAC(1), kind: 'openvswitch' }, '192.0.2.7'),
    ],
  ],
};

suite('an adapter, by what the kernel has', ({ test }) => {
  for (const [title, [expected, all]] of Object.entries(MACHINES)) {
    test(`${title} is what is read by MAC address and by name`, () => {
      for (const order of [all, all.toReversed()]) {
        assert.is(interfaceByMac(order, MAC(1))?.name, expected);
        assert.is(interfaceByName(order, 'eth0')?.name, expected);
      }
    });

    test(`${title} is what a host's change goes to`, async () => {
      const tree = configTree();
      const started: string[] = [];
      const facts = { refresh: async () => {}, interfaces: () => all };
      const changer = createNetChanger({
        facts,
        manager: 'iproute2',
        root: tree.root,
        stateDir: `${tree.root}/state`,
        withinMs: 50,
        probe: async () => [],
        run: async ({ argv }) => {
          started.push(argv.join(' '));
          return '';
        },
      });
      const net = createNetPort({ facts: facts as unknown as NetFacts, change: changer.change, lookUp: () => 'eth0' });
      const wanted = { adapterId: '{A}', dhcp: false, addresses: '198.51.100.7', subnets: '24', gateways: '', dns: '' };
      await net.setIpInfo(wanted, new AbortController().signal).catch(() => {});
      const added = started.find((line) => line.includes('198.51.100.7/24'));
      assert.match(added ?? started.join('\n'), new RegExp(` dev ${expected}$`));
      tree.remove();
    });
  }

  test('one that is no adapter is meant itself', () => {
    const all = MACHINES['itself beside a VLAN']![1];
    assert.is(interfaceByName(all, 'eth0.10')?.name, 'eth0.10');
    assert.is(interfaceByName(all, 'nobody'), undefined);
  });
});
