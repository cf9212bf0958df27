import { iproute2 } from '#internal';
import { equalsGoldenPlans } from '../../_support/golden-plans.js';
import { suite } from '../../_support/suite.js';

const RESOLV = { '/etc/resolv.conf': '# Typed in.\nsearch example.net\nnameserver 192.0.2.254\n' };

suite('iproute2', ({ test }) => {
  test('plans are as they were when somebody read them', () => {
    equalsGoldenPlans(iproute2, {
      'no DHCP client': RESOLV,
      dhclient: { ...RESOLV, '/usr/sbin/dhclient': '' },
    });
  });
});
