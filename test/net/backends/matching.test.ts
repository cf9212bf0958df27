/** Which definition, unit or profile a manager would choose for an interface, told from files as the manager does. */
import { planTree } from 'hv-kvp/net';
import { BACKENDS, type TargetInterface } from '#internal';
import { TARGET } from '../../_support/backend-rules.js';
import { type ConfigTree, configTree } from '../../_support/config-tree.js';
import { configuration } from '../../_support/configurations.js';
import { assert, suite } from '../../_support/suite.js';

const backendOf = (name: string) => BACKENDS.find((backend) => backend.name === name)!;
const WANTED = configuration('192.0.2.77/24', '192.0.2.1');

function inTree<T>(contents: Record<string, string>, use: (tree: ConfigTree) => T): T {
  const tree = configTree(contents);
  try {
    return use(tree);
  } finally {
    tree.remove();
  }
}

/** An adapter as sysfs and udev show it; the tests' trees have no other interface. */
const LIVE = {
  '/sys/class/net/eth0/uevent': 'INTERFACE=eth0\nIFINDEX=2\n',
  '/sys/class/net/eth0/type': '1\n',
  '/sys/class/net/eth0/device/device_id': '',
  '/run/udev/data/n2': 'I:1\nE:ID_NET_DRIVER=hv_netvsc\nE:ID_PATH=acpi-MSFT1000:00\nE:ROLE=front\n',
  '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz root=UUID=x quiet net.ifnames=0\n',
  '/proc/sys/kernel/osrelease': '6.1.0-18-cloud-amd64\n',
  '/etc/hostname': 'web7\n',
};

/** Whether what is put in place of a match fits eth0, whose permanent MAC address is another one than it has. */
const fitsUnit = (match: string, target: TargetInterface = TARGET) =>
  inTree({ ...LIVE, '/etc/systemd/network/50.network': `[Match]\n${match}\n\n[Network]\nDHCP=yes\n` }, ({ files }) => {
    return backendOf('networkd').read(files, target) !== undefined;
  });

suite('what a manager would choose: networkd', ({ test }) => {
  for (const [fits, ...matches] of [
    [
      true,
      'Name=eth0',
      'Name=eth*',
      'Name=eth[0-3]',
      'Name=eth[!1-9]',
      'Name=eth[^1-9]',
      'Name=eth[[:digit:]]',
      'Name=e??0',
      'Name=en* eth0',
      'Name=en*\nName=eth*',
      'Name=x\nName=\nName=eth0',
      'Name=!eth1',
      'Name=!eth1 en*',
      'Name=!lo\nName=e*',
      'MACAddress=00:15:5d:01:02:03',
      'MACAddress=00-15-5D-01-02-03 00:11:22:33:44:55',
      'PermanentMACAddress=00:15:5d:01:02:03',
      'Driver=hv_netvsc',
      'Driver=hv_*\nName=!docker*',
      'Driver=!mlx5_core',
      'Path=acpi-MSFT*',
      'Type=ether',
      'Type=!wlan',
      'Type=ether\nKind=!*',
      'Property=ROLE=front',
      'Virtualization=yes',
      'Virtualization=vm',
      'Virtualization=microsoft',
      'Virtualization=!container\nName=*',
      'Host=web*',
      'Host=!db1',
      'KernelCommandLine=net.ifnames=0',
      'KernelCommandLine=quiet',
      'KernelCommandLine=!ip',
      'KernelVersion=>=5.10',
      'KernelVersion=6.1*',
    ],
    [
      false,
      '',
      'Name=eth1',
      'Name=!eth0',
      'Name=!eth*',
      'Name=e*\nName=!eth0',
      'Name=eth[1-9]',
      'Name=eth[!0]',
      'Name=eth0\nMACAddress=00:15:5d:01:02:04',
      'Name=eth0\nDriver=mlx5_core',
      'Driver=!hv_netvsc',
      'Path=pci-*',
      'Type=wlan',
      'Type=bridge bond',
      'Kind=bridge',
      'Kind=*',
      'Name=*\nProperty=ROLE=back',
      'Name=*\nSSID=home',
      'Virtualization=no',
      'Virtualization=kvm',
      'Virtualization=container\nName=*',
      'Host=db1',
      'Name=eth0\nKernelCommandLine=ip',
      'Name=eth0\nKernelVersion=<6',
    ],
  ] as const)
    for (const match of matches)
      test(`${match.replaceAll('\n', ', ') || 'an empty section'} ${fits ? 'fits' : 'does not fit'}`, () =>
        assert.is(fitsUnit(match), fits));

  test("a port's MAC address is its controller's, its permanent one its own", () => {
    const port = { ...TARGET, mac: '00:15:5D:0A:0A:0A', permanentMac: '00:15:5D:01:02:03' };
    assert.is(fitsUnit('PermanentMACAddress=00:15:5d:01:02:03', port), true);
    assert.is(fitsUnit('MACAddress=00:15:5d:01:02:03', port), false);
    assert.is(fitsUnit('MACAddress=00:15:5d:0a:0a:0a', port), true);
  });

  test('an interface that its file leaves alone is not networkd’s', () => {
    const contents = { '/etc/systemd/network/50.network': '[Match]\nName=eth0\n[Link]\nUnmanaged=yes\n' };
    assert.is(
      inTree(contents, ({ files }) => backendOf('networkd').inCharge(files, TARGET).answer),
      'no',
    );
  });
});

const SHARED_BY_NETPLAN = (match: string) => ({
  '/usr/sbin/netplan': '',
  '/etc/netplan/90-hotplug.yaml': `network:\n  version: 2\n  ethernets:\n    ephemeral:\n      dhcp4: true\n      optional: true\n      match: ${match}\n`,
});

suite('what a manager would choose: netplan', ({ test }) => {
  for (const match of ['{driver: hv_netvsc, name: "!eth1"}', '{name: "e*"}', '{name: "eth[!1-9]"}', '{driver: "hv_*"}'])
    test(`the second adapter under a shared rule gets a definition that comes first: ${match}`, () =>
      inTree(SHARED_BY_NETPLAN(match), (tree) => {
        const plan = planTree({ root: tree.root, target: TARGET, wanted: WANTED });
        assert.is(plan.present.dhcp, true);
        assert.is(plan.backend.name, 'netplan');
        tree.apply(plan.files);
        const text = tree.contents()['/etc/netplan/90-hv-kvp.yaml']!;
        assert.match(text, /0-hv-kvp-eth0:\n[\s\S]*optional: true/);
        assert.is(planTree({ root: tree.root, target: TARGET, wanted: WANTED }).empty, true);
      }));

  for (const match of [
    '{driver: mlx5_core}',
    '{name: "!eth0"}',
    '{driver: [e1000, "mlx*"]}',
    '{macaddress: "00:00:00:00:00:01"}',
  ])
    test(`a rule for others is not touched: ${match}`, () =>
      inTree(SHARED_BY_NETPLAN(match), ({ files }) => assert.is(backendOf('netplan').read(files, TARGET), undefined)));
});

const profile = (id: string, connection: string, more = '') =>
  `[connection]\nid=${id}\nuuid=${id}\ntype=ethernet\n${connection}\n${more}[ipv4]\nmethod=manual\naddress1=192.0.2.${id}/24\n`;
const KEYFILES = '/etc/NetworkManager/system-connections/';

/** The profile that comes up, by the last number of its address; undefined for none. */
function chosen(profiles: readonly string[], more: Record<string, string> = {}): string | undefined {
  const files = profiles.map((text, at) => [`${KEYFILES}${at}.nmconnection`, text]);
  return inTree(
    { ...Object.fromEntries(files), ...more },
    (tree) => backendOf('networkmanager').read(tree.files, TARGET)?.addresses[0]?.text.split('.')[3],
  );
}

suite('what a manager would choose: NetworkManager', ({ test }) => {
  for (const [title, expected, ...profiles] of [
    [
      'by priority, whoever names the interface',
      '2',
      profile('1', 'interface-name=eth0'),
      profile('2', 'autoconnect-priority=100'),
    ],
    [
      'none that does not come up by itself',
      '2',
      profile('1', 'interface-name=eth0\nautoconnect=false'),
      profile('2', 'interface-name=eth0'),
    ],
    ['nothing where none comes up by itself', undefined, profile('1', 'interface-name=eth0\nautoconnect=no')],
    ['by match', '2', profile('1', 'autoconnect-priority=9', '[match]\ninterface-name=!eth0;\n'), profile('2', '')],
    [
      'by a glob of match',
      '1',
      profile('1', 'autoconnect-priority=9', '[match]\ninterface-name=en*;eth*;\n'),
      profile('2', ''),
    ],
    [
      'by driver',
      '2',
      profile('1', 'autoconnect-priority=9', '[match]\ndriver=mlx5_core;\n'),
      profile('2', '', '[match]\ndriver=hv_netvsc;\n'),
    ],
    [
      'not by a MAC address of another',
      '2',
      profile('1', 'autoconnect-priority=9', '[ethernet]\nmac-address=00:00:00:00:00:01\n'),
      profile('2', ''),
    ],
    [
      'not one that denies the address',
      '2',
      profile('1', 'autoconnect-priority=9', '[ethernet]\nmac-address-blacklist=00:15:5D:01:02:03;\n'),
      profile('2', ''),
    ],
    [
      'not one of another sort',
      '2',
      profile('1', 'autoconnect-priority=9').replace('type=ethernet', 'type=wifi'),
      profile('2', ''),
    ],
    ['of equal ones the one with the lesser uuid', '1', profile('2', ''), profile('1', '')],
  ] as const)
    test(`${title}`, () => assert.is(chosen(profiles), expected));

  test('of one priority the one that was up last', () => {
    const timestamps = { '/var/lib/NetworkManager/timestamps': '[timestamps]\n1=1700000000\n2=1700000009\n' };
    assert.is(chosen([profile('1', ''), profile('2', ''), profile('3', '')], timestamps), '2');
  });

  test('the plan’s profile is the one that comes up afterwards', () => {
    for (const profiles of [
      [profile('1', 'interface-name=eth0'), profile('2', 'autoconnect-priority=100')],
      [profile('1', 'interface-name=eth0\nautoconnect=false'), profile('2', 'interface-name=eth0')],
      [profile('1', 'interface-name=eth0\nautoconnect=false')],
    ])
      inTree(Object.fromEntries(profiles.map((text, at) => [`${KEYFILES}${at}.nmconnection`, text])), (tree) => {
        const request = { root: tree.root, target: TARGET, wanted: WANTED, manager: 'networkmanager' } as const;
        tree.apply(planTree(request).files);
        assert.equal(backendOf('networkmanager').read(tree.files, TARGET), WANTED);
        assert.is(planTree(request).empty, true);
      });
  });

  test('an active profile that would not win the next start is made to', () => {
    const active = { '/run/NetworkManager/devices/2': '[device]\nmanaged=true\nconnection-uuid=1\n' };
    const rival = { [`${KEYFILES}1.nmconnection`]: profile('2', 'autoconnect-priority=50') };
    inTree({ [`${KEYFILES}0.nmconnection`]: profile('1', 'interface-name=eth0'), ...rival, ...active }, (tree) => {
      tree.apply(backendOf('networkmanager').render(tree.files, TARGET, WANTED));
      assert.match(tree.contents()[`${KEYFILES}0.nmconnection`]!, /^autoconnect-priority=51$/m);
    });
  });
});

const IFCFG = '/etc/sysconfig/network-scripts/ifcfg-';
const ifcfgText = (last: string, more: string) => `BOOTPROTO=none\nIPADDR=192.0.2.${last}\nPREFIX=24\n${more}`;

suite('what a manager would choose: ifcfg files', ({ test }) => {
  for (const [title, expected, contents] of [
    ['by the file’s name where it names nothing', '1', { eth0: ifcfgText('1', ''), eth1: ifcfgText('2', '') }],
    [
      'by DEVICE, whatever the file is called',
      '2',
      { eth1: ifcfgText('1', ''), office: ifcfgText('2', 'DEVICE=eth0\n') },
    ],
    ['by HWADDR', '2', { eth1: ifcfgText('1', ''), office: ifcfgText('2', 'HWADDR=00:15:5d:01:02:03\n') }],
    ['not where HWADDR is another one', undefined, { eth0: ifcfgText('1', 'DEVICE=eth0\nHWADDR=00:15:5d:01:02:04\n') }],
    [
      'one that comes up with the machine',
      '2',
      { eth0: ifcfgText('1', 'DEVICE=eth0\nONBOOT=no\n'), x: ifcfgText('2', 'DEVICE=eth0\nONBOOT=yes\n') },
    ],
    [
      'by NetworkManager’s priority',
      '2',
      { eth0: ifcfgText('1', 'DEVICE=eth0\n'), x: ifcfgText('2', 'DEVICE=eth0\nAUTOCONNECT_PRIORITY=5\n') },
    ],
  ] as const)
    test(title, () => {
      const files = Object.entries(contents).map(([name, text]) => [`${IFCFG}${name}`, text]);
      inTree(Object.fromEntries(files), (tree) =>
        assert.is(backendOf('ifcfg').read(tree.files, TARGET)?.addresses[0]?.text.split('.')[3], expected),
      );
    });
});

suite('what a manager would choose: ifupdown', ({ test }) => {
  const MAIN = '/etc/network/interfaces';
  const planIn = (tree: ConfigTree) => planTree({ root: tree.root, target: TARGET, wanted: WANTED });

  for (const line of ['auto /eth*', 'allow-hotplug /e*', 'auto eth0=eth0', 'allow-auto eth1 eth0'])
    test(`an interface that comes up by "${line}" needs no line of its own`, () =>
      inTree({ '/sbin/ifup': '', [MAIN]: `${line}\n` }, (tree) => {
        tree.apply(planIn(tree).files);
        const text = tree.contents()[MAIN]!;
        assert.match(text, /^iface eth0 inet static$/m);
        assert.not.match(text, /^auto eth0$/m);
      }));

  for (const text of ['auto /e*=office\niface office inet dhcp\n', 'mapping eth*\n    script /bin/choose\n'])
    test(`a stanza that ifup chooses by "${text.split('\n')[0]}" is refused by its line`, () =>
      inTree({ '/sbin/ifup': '', [MAIN]: text }, (tree) =>
        assert.throws(
          () => planIn(tree),
          (error: Error) => error.message.includes(text.split('\n')[0]!),
        ),
      ));

  test('an option that belongs to no stanza is refused, as ifup refuses the file', () =>
    inTree({ '/sbin/ifup': '', [MAIN]: 'auto eth0\n    address 192.0.2.1\niface eth0 inet dhcp\n' }, (tree) =>
      assert.throws(() => planIn(tree), /interfaces, line 2: address/),
    ));
});
