import { BACKENDS } from '#internal';
import { keepsEveryConfiguration } from '../../_support/backend-rules.js';
import { suite } from '../../_support/suite.js';

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
});
