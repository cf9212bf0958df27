import { BACKENDS } from '#internal';
import { keepsEveryConfiguration } from '../../_support/backend-rules.js';
import { suite } from '../../_support/suite.js';

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
      starts: [{}, { '/etc/NetworkManager/system-connections/wired.nmconnection': STATIC }],
      cannot: ({ dhcp, addresses, gateways, dns }) =>
        !dhcp &&
        !addresses.some(({ family }) => family === 4) &&
        [...gateways, ...dns].some((one) => !one.includes(':')),
    });
  });
});
