/** netplan with NetworkManager as its renderer: the kernel gets what was wanted, and a plan from there is empty. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { changingKernel, plugInto } from '../_support/changing-kernel.js';
import { configuration } from '../_support/configurations.js';
import { run } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { startService, writeFile } from './failover/guest-system.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startBus } from './failover/systems/bus.js';

/** As an Ubuntu desktop has them: the renderer for all, and an interface that somebody configured by hand. */
const ALL = 'network:\n  version: 2\n  renderer: NetworkManager\n';
const OFFICE = `network:
  version: 2
  ethernets:
    office:
      match: {macaddress: "00:15:5d:01:02:03"}
      addresses: [192.0.2.7/24]
      routes:
        - {to: default, via: 192.0.2.1}
      nameservers: {addresses: [192.0.2.53]}
`;

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  await startBus();
  rmSync('/etc/network/interfaces', { force: true });
  writeFile('/etc/resolv.conf', '');
  writeFile('/etc/NetworkManager/NetworkManager.conf', '[main]\nplugins=keyfile\nno-auto-default=*\n');
  writeFile('/etc/netplan/01-network-manager-all.yaml', ALL, 0o600);
  writeFile('/etc/netplan/50-office.yaml', OFFICE, 0o600);
  plugInto('eth0', '00:15:5D:01:02:03');
  run('netplan', 'generate');
  startService('NetworkManager', '--no-daemon');
  const guest = changingKernel('eth0');
  await guest.comesToBe(configuration('192.0.2.7/24', '192.0.2.1', '192.0.2.53'));

  suite('netplan over NetworkManager', ({ test, after }) => {
    after(() => guest.close());

    for (const [title, wanted] of Object.entries({
      'both families': configuration('192.0.2.7/24 2001:db8::7/64', '192.0.2.1 2001:db8::1', '192.0.2.53 2001:db8::53'),
      'another address and gateway': configuration('198.51.100.7/24', '198.51.100.1', '192.0.2.53'),
      'two gateways': configuration('198.51.100.7/24 192.0.2.7/24', '198.51.100.1 192.0.2.1', '192.0.2.54'),
    })) {
      test(title, async () => {
        const plan = await guest.plan('eth0', wanted);
        assert.equal(
          [plan.backend.name, plan.files.map(({ path }) => path)],
          ['netplan', ['/etc/netplan/50-office.yaml']],
        );
        assert.equal(await guest.apply('eth0', wanted), { kind: 'applied' });
        assert.ok(await guest.isSo(wanted));
        assert.ok((await guest.plan('eth0', wanted)).empty);
      });
    }
  });
}
