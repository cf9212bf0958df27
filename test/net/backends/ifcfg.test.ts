import { BACKENDS } from '#internal';
import { keepsEveryConfiguration } from '../../_support/backend-rules.js';
import { suite } from '../../_support/suite.js';

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
      starts: [{}, { '/etc/sysconfig/network-scripts/ifcfg-eth0': STATIC }],
      cannot: ({ gateways }) =>
        [4, 6].some((family) => gateways.filter((one) => one.includes(':') === (family === 6)).length > 1),
    });
  });
});
