/**
 * Text from a host that is no address, in every field: through the message, the dispatcher, the model and the planner of
 * every manager. Answered with 0x80070057; nothing is written and nothing is started. And names and hardware addresses
 * that a kernel could have, or somebody typed: they are data in what is written and started, or refused.
 */
import fc from 'fast-check';
import { encodeDaemonRequest } from 'hv-kvp/codec';
import { PROFILES } from 'hv-kvp/daemon';
import { BACKEND_NAMES, createNetPort, type InterfaceFacts, type NetFacts, planTree } from 'hv-kvp/net';
import {
  answerRequest,
  BACKENDS,
  createNetChanger,
  type DaemonPorts,
  journalText,
  readJournalText,
  readRequest,
  sameConfiguration,
} from '#internal';
import { TARGET } from '../../_support/backend-rules.js';
import { applyChanges, configTree } from '../../_support/config-tree.js';
import { CASES } from '../../_support/configurations.js';
import { assert, suite } from '../../_support/suite.js';

const INVALID = 0x80070057;
const seed = Number(process.env['HV_KVP_TEST_SEED'] ?? 20_261_124);

const GOOD = {
  addresses: '192.0.2.7;2001:db8::7',
  subnets: '255.255.255.0;64',
  gateways: '192.0.2.1;2001:db8::1',
  dns: '192.0.2.53;2001:db8::53',
};
const FIELDS = ['addresses', 'subnets', 'gateways', 'dns'] as const;

/** What a shell, a section file, YAML, interfaces(5) or a path would take for more than text. */
const SYNTAX = [
  ...['$(id)', '`id`', '&& reboot', '| sh', '> /etc/passwd', "'", '"', '\\', '*', '~', '!'],
  ...['\n[connection]\nid=x', '\r\nNAME=x', '\n', '\t', '# comment', 'key=value', '[Match]', 'include /x'],
  ...['- a', ': ', '&anchor', '*alias', '!!js/function', '{a: b}', '%{eth0}', '\n  up id', '\ufeff'],
  ...['../../etc/shadow', '..', '/', '%eth0', '%$(id)', '/24', ',192.0.2.1', ' 192.0.2.9'],
  ...['\u202e', '\u2066', '\u200b', '\u00a0', '\u0661', '\uff11', '\u06f7', '\u{1d7d9}', '\ud83d\ude00'],
  ...['x', 'g', '-1', '0x7f', '1e1', '1'.repeat(46), '0'.repeat(64), ':::', '.'.repeat(50), 'A'.repeat(300)],
];

/** An address or a subnet with something foreign before, in, or behind it. */
const hostile = fc
  .tuple(
    fc.constantFrom('192.0.2.9', '2001:db8::9', '255.255.255.0', '64', '', 'fe80::1', '::ffff:192.0.2.1'),
    fc.constantFrom(...SYNTAX),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([base, foreign, where]) => {
    const at = Math.round(where * base.length);
    return `${base.slice(0, at)}${foreign}${base.slice(at)}`;
  })
  // Some are right by chance: a prefix with a slash, a shorter form of an address.
  .filter((text) => !/^ *[0-9A-Fa-f.:/]{1,45} *$/.test(text));

function machine(manager: (typeof BACKEND_NAMES)[number]) {
  const tree = configTree({ '/etc/resolv.conf': 'nameserver 198.51.100.53\n', '/usr/sbin/dhclient': '' });
  const started: string[] = [];
  const eth0: InterfaceFacts = {
    ...{ name: 'eth0', index: 2, mac: TARGET.mac, up: true, loopback: false, master: undefined },
    ...{ addresses: [], gateways: [], advertised: [], dns: [], dhcp: true },
  };
  const facts = { refresh: async () => {}, interfaces: () => [eth0] };
  const changer = createNetChanger({
    facts,
    manager,
    root: tree.root,
    stateDir: `${tree.root}/state`,
    probe: async () => [],
    run: async ({ argv }) => {
      started.push(argv.join(' '));
      return '';
    },
  });
  const net = createNetPort({ facts: facts as unknown as NetFacts, change: changer.change, lookUp: () => 'eth0' });
  return { tree, started, net };
}

suite('text that is no address', ({ test }) => {
  for (const manager of BACKEND_NAMES.filter((name) => BACKENDS.some((backend) => backend.name === name))) {
    test(`is refused in every field before ${manager} is asked`, async () => {
      const { tree, started, net } = machine(manager);
      const before = tree.contents();
      console.log(`    seed ${seed}`);
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...FIELDS), hostile, fc.boolean(), async (field, text, first) => {
          const list = first ? `${text};${GOOD[field]}` : `${GOOD[field]};${text};`;
          const wanted = { ...GOOD, [field]: list };
          // An address without a subnet would be refused for that.
          if (field === 'addresses') wanted.subnets = '24;64;24;64';
          const ip = { adapterId: '{A}', family: 3, dhcp: false, ...wanted };
          const message = encodeDaemonRequest({ operation: 5, pool: 0, ip });
          const request = readRequest(message, PROFILES.linux);
          const ports = { net } as unknown as DaemonPorts;
          const answer = await answerRequest(request, ports, PROFILES.linux, new AbortController().signal, () => {});
          assert.equal(answer, { kind: 'status', status: INVALID }, JSON.stringify(list));
        }),
        { seed, numRuns: 60 },
      );
      assert.equal([started, tree.contents()], [[], before]);
      tree.remove();
    });
  }
});

/** As the kernel allows them, none of them kind. */
const plainChars = fc.array(fc.constantFrom(...'aZ09._-'), { minLength: 1, maxLength: 12 });
const oddChars = fc.array(
  fc.constantFrom(...'aZ09._-+@!$&*(){}[]|;<>?"\'`~^%#=,\\', 'ü', '\u202e', '\u0661', '\u001b', '\u007f'),
  { minLength: 1, maxLength: 12 },
);
const oddName = fc
  .tuple(fc.oneof(plainChars, oddChars), fc.constantFrom('', 'eth0', '-', '..'))
  .map(([chars, start]) => `${start}${chars.join('')}`)
  .filter((name) => Buffer.byteLength(name) < 16);

const NEIGHBOURS = {
  netplan: {
    '/etc/netplan/50-room.yaml': 'network:\n  version: 2\n  ethernets:\n    eth9:\n      addresses: [192.0.2.9/24]\n',
  },
  networkd: { '/etc/systemd/network/20-eth9.network': '[Match]\nName=eth9\n\n[Network]\nAddress=192.0.2.9/24\n' },
  networkmanager: {
    '/etc/NetworkManager/system-connections/eth9.nmconnection':
      '[connection]\nid=eth9\nuuid=6d2a1e5c-2b0f-4f6e-9d53-0123456789ab\ntype=ethernet\ninterface-name=eth9\n\n[ipv4]\nmethod=manual\naddress1=192.0.2.9/24\n',
  },
  ifupdown: { '/etc/network/interfaces': 'auto eth9\niface eth9 inet static\n    address 192.0.2.9/24\n' },
  ifcfg: { '/etc/sysconfig/network-scripts/ifcfg-eth9': 'DEVICE=eth9\nBOOTPROTO=none\nIPADDR=192.0.2.9\nPREFIX=24\n' },
} as const;

suite('odd names', ({ test }) => {
  for (const backend of BACKENDS.filter(({ name }) => name in NEIGHBOURS)) {
    test(`${backend.name}: the settings are the interface's and no other's, or the name is refused`, () => {
      let written = 0;
      fc.assert(
        fc.property(oddName, (name) => {
          const tree = configTree(NEIGHBOURS[backend.name as keyof typeof NEIGHBOURS]);
          const eth9 = { name: 'eth9', index: 9, mac: '00:15:5D:09:09:09' };
          const target = { name, index: 2, mac: TARGET.mac };
          const wanted = CASES['both families']!;
          const neighbour = backend.read(tree.files, eth9);
          assert.is(neighbour?.addresses.length, 1);
          try {
            const plan = planTree({ root: tree.root, target, wanted, manager: backend.name });
            const entry = { ...plan, backend: backend.name, boot: '' };
            assert.ok(readJournalText(journalText(entry)), `paths ${plan.files.map(({ path }) => path).join()}`);
            applyChanges(tree.root, plan.files);
            written++;
            const read = backend.read(tree.files, target);
            assert.ok(read !== undefined && sameConfiguration(read, wanted), 'it is read back');
            for (const { argv } of [...plan.activation.before, ...plan.activation.after]) {
              // As a word of its own, never the start of an option, and a path only where the path says so.
              for (const word of argv) assert.not(word.startsWith('-') && word.includes(name) && name.length > 3, word);
            }
          } catch (error) {
            if ((error as { code?: string }).code !== 'ERR_NET_INTERFACE') throw error;
          }
          assert.equal(backend.read(tree.files, eth9), neighbour);
          tree.remove();
        }),
        { seed, numRuns: 150 },
      );
      assert.ok(written > 2, `${written} were written`);
    });
  }

  test('what is no name, or no hardware address, is refused by every manager', () => {
    const tree = configTree();
    for (const manager of BACKENDS.map(({ name }) => name)) {
      for (const target of [
        ...['', '.', '..', 'a b', 'a/b', 'a\nb', 'a\0b', 'eth0:1', 'x'.repeat(16), 'ü'.repeat(8)].map((name) => ({
          ...TARGET,
          name,
        })),
        ...['$(id)', '', '00:15:5D:01:02', '00:15:5D:01:02:03\nx', '00-15-5D-01-02-03'].map((mac) => ({
          ...TARGET,
          mac,
        })),
      ])
        assert.throws(
          () => planTree({ root: tree.root, target, wanted: CASES['single IPv4']!, manager }),
          (error: { code?: string }) => error.code === 'ERR_NET_INTERFACE',
          JSON.stringify([manager, target]),
        );
    }
    tree.remove();
  });
});
