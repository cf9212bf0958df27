/** An interface that shares a rule of netplan with others: the change is this one's alone, in the kernel and after a reload. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { changingKernel } from '../_support/changing-kernel.js';
import { configuration } from '../_support/configurations.js';
import { run } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';
import { writeFile } from './failover/guest-system.js';
import { ip } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startNetworkd } from './failover/systems/networkd.js';

/** As Ubuntu's cloud images have it for Azure, with the driver of the interfaces that can be made here. */
const HOTPLUG = `network:
    version: 2
    ethernets:
        ephemeral:
            dhcp4: true
            optional: true
            match:
                driver: veth
                name: "!eth0"
        hotpluggedeth0:
            dhcp4: true
            match:
                driver: veth
                name: "eth0"
`;

if (await insidePrivateRoot(fileURLToPath(import.meta.url), 'systemd-resolved')) {
  ip('link set lo up');
  for (const [at, name] of ['eth0', 'eth1', 'eth2'].entries()) {
    ip(`link add ${name} address 00:15:5D:00:00:0${at + 1} type veth peer name far${at}`);
    ip(`link set far${at} up`);
  }
  writeFile('/etc/netplan/90-hotplug.yaml', HOTPLUG, 0o600);
  run('netplan', 'generate');
  await startNetworkd();
  const index = (name: string) => ip(`-o link show ${name}`).split(':')[0];
  const applied = (name: string) =>
    run('sh', '-c', `grep NETWORK_FILE /run/systemd/netif/links/${index(name)} || true`);
  await until('networkd has the links', () =>
    ['eth0', 'eth1', 'eth2'].every(
      (name) => existsSync(`/run/systemd/netif/links/${index(name)}`) && applied(name) !== '',
    ),
  );
  const guest = changingKernel('eth1');

  suite('an interface under a shared rule', ({ test, after }) => {
    after(() => guest.close());

    test('gets a definition of its own, with what the shared one says, and the others keep theirs', async () => {
      const wanted = configuration('10.20.0.7/24', '10.20.0.1');
      assert.is((await guest.plan('eth1', wanted)).present.dhcp, true);
      assert.equal(await guest.apply('eth1', wanted), { kind: 'applied' });
      assert.match(applied('eth1'), /10-netplan-0-hv-kvp-eth1\.network/);
      for (const [name, id] of [
        ['eth0', 'hotpluggedeth0'],
        ['eth2', 'ephemeral'],
      ] as const)
        assert.match(applied(name), new RegExp(`10-netplan-${id}\\.network`));
      assert.match(run('cat', '/run/systemd/network/10-netplan-0-hv-kvp-eth1.network'), /RequiredForOnline=no/);
      assert.ok((await guest.plan('eth1', wanted)).empty);
    });

    test('and goes back to DHCP by it', async () => {
      const dhcp = configuration('', '', '', true);
      const plan = await guest.plan('eth1', dhcp);
      assert.equal(
        plan.files.map(({ path }) => path),
        ['/etc/netplan/90-hv-kvp.yaml'],
      );
    });
  });
}
