import { BACKENDS } from '#internal';
import { keepsEveryConfiguration, refuses, TARGET } from '../../_support/backend-rules.js';
import { backendVectors, rendersAsRecorded } from '../../_support/backend-vectors.js';
import { configTree } from '../../_support/config-tree.js';
import { configuration } from '../../_support/configurations.js';
import { equalsGoldenPlans } from '../../_support/golden-plans.js';
import { assert, suite } from '../../_support/suite.js';

const networkd = BACKENDS.find(({ name }) => name === 'networkd')!;

const STATIC = `# The machine room's.
[Match]
Name=eth0

[Network]
Address=192.0.2.7/24
Gateway=192.0.2.1
DNS=192.0.2.53 192.0.2.54#dns.example
Domains=example.net
IPv6AcceptRA=yes

[Address]
# The old service address.
Address=2001:db8::7/64
Label=eth0:1

[Route]
Destination=198.51.100.0/24
Gateway=192.0.2.254

[Route]
Gateway=192.0.2.2
GatewayOnLink=yes
Metric=2048
`;

const applied = (path: string) => ({
  '/run/systemd/netif/links/2': `ADMIN_STATE=configured\nNETWORK_FILE=${path}\n`,
});

suite('networkd', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({
      backend: networkd,
      foreign: [
        "# The machine room's.",
        'Domains=example.net',
        'Destination=198.51.100.0/24\nGateway=192.0.2.254',
        '# The old service address.',
        'LLDP=yes',
      ],
      starts: [
        {},
        { '/etc/systemd/network/10-eth0.network': STATIC },
        { '/etc/systemd/network/80-all.network': '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\nLLDP=yes' },
      ],
    });
  });

  test('plans are as they were when somebody read them', () => {
    equalsGoldenPlans(networkd, { none: {}, static: { '/etc/systemd/network/10-eth0.network': STATIC } });
  });

  for (const vector of backendVectors('networkd')) {
    test(`recorded: ${vector.name}`, () => rendersAsRecorded(networkd, vector));
  }

  test('the gateways of a multipath route are read, and take their turns when others are wanted', () => {
    const path = '/etc/systemd/network/10-lan.network';
    const head = '[Match]\nName=eth0\n\n[Network]\nAddress=192.0.2.7/24\n';
    const route = '\n[Route]\nMultiPathRoute=192.0.2.1 10\nMultiPathRoute=192.0.2.2\n';
    const tree = configTree({ [path]: `${head}${route}` });
    assert.equal(networkd.read(tree.files, TARGET)?.gateways, ['192.0.2.1', '192.0.2.2']);
    assert.equal(networkd.render(tree.files, TARGET, configuration('192.0.2.7/24', '192.0.2.1 192.0.2.2')), []);
    tree.apply(networkd.render(tree.files, TARGET, configuration('192.0.2.7/24', '192.0.2.3')));
    assert.is(tree.contents()[path], `${head}Gateway=192.0.2.3\n`);
    tree.remove();
    refuses(networkd, 'ERR_NET_FILE', { [path]: `${head}\n[Route]\nMultiPathRoute=192.0.2.1@eth1\n` });
  });

  test('a section that comes at another place has its comments there, once', () => {
    const path = '/etc/systemd/network/10-eth0.network';
    const head = '[Match]\nName=eth0\n\n[Network]\nDHCP=no\n';
    const [first, second] = [7, 8].map(
      (at) => `[Address]\n# Number ${at}.\nAddress=192.0.2.${at}/24\nLabel=eth0:${at}\n`,
    );
    const tree = configTree({ [path]: `${head}\n${first}\n${second}` });
    tree.apply(networkd.render(tree.files, TARGET, configuration('192.0.2.8/24 192.0.2.7/24')));
    assert.is(tree.contents()[path], `${head}\n${second}\n${first}`);
    tree.remove();
  });

  test('files that are not understood are refused, and so are drop-ins that set addresses', () => {
    const path = '/etc/systemd/network/10-lan.network';
    for (const line of ['[Network', 'Address=192.0.2.7', 'Address=eth0', 'Gateway=`id`', 'DNS=$(id)', 'DHCP=maybe'])
      refuses(networkd, 'ERR_NET_FILE', { [path]: `[Match]\nName=eth0\n[Network]\n${line}\n`, ...applied(path) });
    refuses(networkd, 'ERR_NET_FILE', { [path]: '[Match]\nName=eth0\n\0', ...applied(path) });
    const dropIn = { [`${path}.d/more.conf`]: '[Network]\nDNS=192.0.2.53\n' };
    refuses(networkd, 'ERR_NET_FILE', { [path]: '[Match]\nName=eth0\n', ...dropIn });
  });

  test('a name that [Match] would read as more than a name is refused', () => {
    for (const name of ['*', 'e?h0', '[e]th0', '!eth0', '-eth0', 'a"b', "a'b", 'a\\b', '%i', 'a#b', 'a;b'])
      refuses(networkd, 'ERR_NET_INTERFACE', {}, { ...TARGET, name });
  });

  test('the first file by name that matches is in effect, and a folder hides the next one', () => {
    const tree = configTree({
      '/usr/lib/systemd/network/10-a.network': '[Match]\nName=eth*\n[Network]\nDNS=192.0.2.1\n',
      '/etc/systemd/network/10-a.network': '[Match]\nName=!eth*\n[Network]\nDNS=192.0.2.2\n',
      '/etc/systemd/network/20-b.network': '[Match]\nName=eth[0-9]\n[Network]\nDNS=192.0.2.3\n',
      '/run/systemd/network/15-c.network': '[Match]\nMACAddress=00-15-5d-01-02-03\n[Network]\nDNS=192.0.2.4\n',
    });
    assert.equal(networkd.read(tree.files, TARGET)?.dns, ['192.0.2.4']);
    assert.equal(networkd.read(tree.files, { ...TARGET, mac: undefined })?.dns, ['192.0.2.3']);
    assert.equal(networkd.read(tree.files, { ...TARGET, name: 'wlan0', mac: undefined })?.dns, ['192.0.2.2']);
    assert.match(JSON.stringify(networkd.inCharge(tree.files, TARGET)), /yes.*15-c/);
    tree.remove();
  });

  test('what netplan generated is not edited', () => {
    const path = '/run/systemd/network/10-netplan-eth0.network';
    const tree = configTree({ [path]: '[Match]\nName=eth0\n', ...applied(path) });
    assert.is(networkd.inCharge(tree.files, TARGET).answer, 'no');
    tree.remove();
  });
});
