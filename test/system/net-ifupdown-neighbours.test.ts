/** ifupdown beside others: another interface's default route, and a DHCP client that would write resolv.conf. */
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { changingKernel } from '../_support/changing-kernel.js';
import { CASES, configuration } from '../_support/configurations.js';
import { run } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { writeFile } from './failover/guest-system.js';
import { bringUpLoopback, ip, plugIn } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';

const INTERFACES = `auto lo
iface lo inet loopback

auto other0
iface other0 inet static
    address 203.0.113.7/24
    gateway 203.0.113.1

iface other0 inet6 static
    address 2001:db8:ffff::7/64
    gateway 2001:db8:ffff::1

allow-hotplug eth0
iface eth0 inet manual
`;

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  mkdirSync('/run/network', { recursive: true });
  writeFile('/etc/resolv.conf', 'nameserver 203.0.113.53\n');
  writeFile('/etc/network/interfaces', INTERFACES);
  bringUpLoopback();
  ip('link add other0 type bridge');
  run('ifup', 'other0');
  plugIn(
    {
      name: 'lan',
      addresses: ['192.0.2.1/24', '2001:db8::1/64'],
      dhcp: { from: '192.0.2.100', to: '192.0.2.120', dns: '192.0.2.1' },
    },
    'eth0',
    '00:15:5D:01:02:03',
  );
  const guest = changingKernel('eth0', 'ifupdown');
  const defaults = () => ['-4', '-6'].flatMap((family) => ip(`${family} route show default`).trim().split('\n'));

  suite('ifupdown and its neighbours', ({ test, after }) => {
    after(() => guest.close());

    test('a gateway comes beside the default route that another interface has, in both families', async () => {
      assert.equal(await guest.apply('eth0', CASES['both families']!), { kind: 'applied' });
      const lines = defaults().map((line) => line.split(' ').slice(0, 5).join(' '));
      for (const line of [
        'default via 203.0.113.1 dev other0',
        'default via 192.0.2.1 dev eth0',
        'default via 2001:db8:ffff::1 dev other0',
        'default via 2001:db8::1 dev eth0',
      ])
        assert.ok(lines.includes(line), `${line} among ${lines.join(', ')}`);
      assert.ok((await guest.plan('eth0', CASES['both families']!)).empty);
    });

    test('servers that are wanted beside a lease stay when dhclient gets it', async () => {
      const wanted = configuration('', '', '192.0.2.54 2001:db8::54', true);
      assert.equal(await guest.apply('eth0', wanted), { kind: 'applied' });
      assert.match((await guest.present()).addresses.map(({ text }) => text).join(), /192\.0\.2\.1[0-2]\d/);
      assert.is(readFileSync('/etc/resolv.conf', 'utf8'), 'nameserver 192.0.2.54\nnameserver 2001:db8::54\n');
    });
  });
}
