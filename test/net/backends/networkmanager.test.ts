import { BACKENDS } from '#internal';
import { keepsEveryConfiguration, refuses, TARGET } from '../../_support/backend-rules.js';
import { backendVectors, rendersAsRecorded } from '../../_support/backend-vectors.js';
import { configTree } from '../../_support/config-tree.js';
import { equalsGoldenPlans } from '../../_support/golden-plans.js';
import { assert, suite } from '../../_support/suite.js';

const networkmanager = BACKENDS.find(({ name }) => name === 'networkmanager')!;

const STATIC = `[connection]
id=Wired
uuid=0b2b3a6e-94d4-4c1a-8f5f-3d1a4c5b6d7e
type=ethernet
interface-name=eth0

# Addresses by the machine room.
[ipv4]
method=manual
address1=192.0.2.7/24,192.0.2.1
address2=192.0.2.8/24
dns=192.0.2.53;
dns-search=example.net;
route1=198.51.100.0/24,192.0.2.254
route3=0.0.0.0/0,192.0.2.2,600
route3_options=onlink=true
may-fail=false

[ipv6]
method=auto
addr-gen-mode=stable-privacy
`;

suite('NetworkManager', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({
      backend: networkmanager,
      foreign: [
        '# Addresses by the machine room.',
        'route1=198.51.100.0/24,192.0.2.254',
        'may-fail=false',
        'addr-gen-mode=stable-privacy',
      ],
      starts: [{}, { '/etc/NetworkManager/system-connections/wired.nmconnection': STATIC }],
      cannot: ({ dhcp, addresses, gateways, dns }) =>
        !dhcp &&
        !addresses.some(({ family }) => family === 4) &&
        [...gateways, ...dns].some((one) => !one.includes(':')),
    });
  });

  test('plans are as they were when somebody read them', () => {
    equalsGoldenPlans(networkmanager, {
      none: {},
      static: { '/etc/NetworkManager/system-connections/wired.nmconnection': STATIC },
    });
  });

  for (const vector of backendVectors('networkmanager')) {
    test(`recorded: ${vector.name}`, () => rendersAsRecorded(networkmanager, vector));
  }

  test('settings that are not understood are refused', () => {
    const path = '/etc/NetworkManager/system-connections/x.nmconnection';
    for (const line of ['address1=eth0/24', 'address1=192.0.2.7', 'address1=2001:db8::7/64', 'dns=$(id);', 'gateway=x'])
      refuses(networkmanager, 'ERR_NET_FILE', {
        [path]: `[connection]\ninterface-name=eth0\n[ipv4]\nmethod=manual\naddress2=192.0.2.1/24\n${line}\n`,
      });
    refuses(networkmanager, 'ERR_NET_INTERFACE', {}, { ...TARGET, name: '-x' });
  });

  test('DNS servers between commas count as none, as NetworkManager has it', () => {
    const path = '/etc/NetworkManager/system-connections/x.nmconnection';
    const tree = configTree({
      [path]: '[connection]\ninterface-name=eth0\n[ipv4]\nmethod=auto\ndns=192.0.2.53,192.0.2.54\n',
    });
    assert.equal(networkmanager.read(tree.files, TARGET)?.dns, []);
    tree.remove();
  });

  test('a file that NetworkManager refuses, hides or takes for a copy is no profile', () => {
    const text = '[connection]\ninterface-name=eth0\nuuid=7c1f7a3e-52c4-4f0e-9c55-0d6b8f0f5a11\n';
    const folder = '/etc/NetworkManager/system-connections';
    const tree = configTree({
      [`${folder}/a.nmconnection`]: `${text};no comment here\n`,
      [`${folder}/.b.nmconnection`]: text,
      [`${folder}/c~`]: text,
      '/run/NetworkManager/system-connections/d': text,
    });
    assert.is(networkmanager.read(tree.files, TARGET), undefined);
    tree.remove();
  });

  test('an interface that NetworkManager leaves alone is not its', () => {
    const state = (text: string) => configTree({ '/run/NetworkManager/devices/2': `[device]\n${text}` });
    const [managed, unmanaged] = [state('managed=true\n'), state('managed=false\n')];
    assert.is(networkmanager.inCharge(managed.files, TARGET).answer, 'yes');
    assert.is(networkmanager.inCharge(unmanaged.files, TARGET).answer, 'no');
    managed.remove();
    unmanaged.remove();
  });
});
