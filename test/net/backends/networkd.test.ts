import { BACKENDS } from '#internal';
import { keepsEveryConfiguration } from '../../_support/backend-rules.js';
import { suite } from '../../_support/suite.js';

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

suite('networkd', ({ test }) => {
  test('every configuration is read as it was written', () => {
    keepsEveryConfiguration({
      backend: networkd,
      starts: [
        {},
        { '/etc/systemd/network/10-eth0.network': STATIC },
        { '/etc/systemd/network/80-all.network': '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\nLLDP=yes' },
      ],
    });
  });
});
