import { BACKENDS } from '#internal';
import { keepsEveryConfiguration, refuses, TARGET } from '../../_support/backend-rules.js';
import { backendVectors, rendersAsRecorded } from '../../_support/backend-vectors.js';
import { configTree } from '../../_support/config-tree.js';
import { configuration } from '../../_support/configurations.js';
import { equalsGoldenPlans } from '../../_support/golden-plans.js';
import { assert, suite } from '../../_support/suite.js';

const ifcfg = BACKENDS.find(({ name }) => name === 'ifcfg')!;

const STATIC = `# The machine room's.
TYPE="Ethernet"
BOOTPROTO="static"   # for ever
DEVICE='eth0'
IPADDR="192.0.2.7"
NETMASK=255.255.255.0
GATEWAY="192.0.2.1"
DNS1=192.0.2.53
DOMAIN="example.net example.org"
NOTE="two
IPADDR=203.0.113.1
lines"
test -x /bin/true && ETHTOOL_OPTS="$(cat /etc/ethtool)"
IPV6INIT=yes
ONBOOT=yes
`;

suite('ifcfg', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({
      backend: ifcfg,
      foreign: [
        "# The machine room's.",
        'TYPE="Ethernet"',
        'DOMAIN="example.net example.org"',
        'NOTE="two\nIPADDR=203.0.113.1\nlines"',
        'ETHTOOL_OPTS="$(cat',
      ],
      starts: [{}, { '/etc/sysconfig/network-scripts/ifcfg-eth0': STATIC }],
      cannot: ({ gateways }) =>
        [4, 6].some((family) => gateways.filter((one) => one.includes(':') === (family === 6)).length > 1),
    });
  });

  test('plans are as they were when somebody read them', () => {
    equalsGoldenPlans(ifcfg, { none: {}, static: { '/etc/sysconfig/network-scripts/ifcfg-eth0': STATIC } });
  });

  for (const vector of backendVectors('ifcfg')) {
    test(`recorded: ${vector.name}`, () => rendersAsRecorded(ifcfg, vector));
  }

  test('a gateway in no subnet is refused where the network scripts read the file, which would leave it out', () => {
    const scripts = { '/etc/sysconfig/network-scripts/ifup-eth': '' };
    const wanted = configuration('192.0.2.3/32', '198.51.100.1');
    const render = (contents: Record<string, string>) => {
      const tree = configTree({ ...scripts, ...contents });
      try {
        return ifcfg.render(tree.files, TARGET, wanted).length;
      } finally {
        tree.remove();
      }
    };
    assert.throws(
      () => render({}),
      (error: Error & { code?: string }) => error.code === 'ERR_NET_BACKEND' && error.message.includes('198.51.100.1'),
    );
    assert.is(render({ '/run/NetworkManager/devices/2': '' }), 1);
  });

  test('an assignment of ours that a shell would have to run is refused, others are left alone', () => {
    const path = '/etc/sysconfig/network-scripts/ifcfg-eth0';
    for (const line of [
      'IPADDR=$(id)',
      'IPADDR=`id`',
      'IPADDR="$X"',
      'IPADDR=1 id',
      'IPADDR=192.0.2.1; id',
      'DNS1="192',
    ])
      refuses(ifcfg, 'ERR_NET_FILE', { [path]: `DEVICE=eth0\n${line}\n` });
    for (const line of ['IPADDR=host', 'IPADDR=192.0.2.1\nPREFIX=33', 'IPADDR=192.0.2.1\nNETMASK=255.0.255.0'])
      refuses(ifcfg, 'ERR_NET_FILE', { [path]: `DEVICE=eth0\n${line}\n` });
    refuses(ifcfg, 'ERR_NET_INTERFACE', {}, { ...TARGET, name: '$(id)' });
  });
});
