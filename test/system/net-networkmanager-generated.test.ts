/**
 * Profiles that are not the interface's own. A guest without one, to which NetworkManager gave one of its own making ("Wired connection 1"): the change gets a
 * file that stays when the link goes away, and goes when the change is taken back. And one that is for every interface.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { changingKernel } from '../_support/changing-kernel.js';
import { configuration } from '../_support/configurations.js';
import { run } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { startService, writeFile } from './failover/guest-system.js';
import { bringUpLoopback, lose, plugIn, type Site } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startBus } from './failover/systems/bus.js';

const MAC = '00:15:5D:01:02:03';
const SITE: Site = {
  name: 'lan',
  addresses: ['198.51.100.1/24'],
  dhcp: { from: '198.51.100.100', to: '198.51.100.120', dns: '198.51.100.1' },
};
const DHCP = configuration('', '', '', true);
const STATIC = configuration('198.51.100.7/24', '198.51.100.1', '198.51.100.53');
const SHARED = '/etc/NetworkManager/system-connections/everywhere.nmconnection';
const SHARED_TEXT = `[connection]
id=everywhere
uuid=7d2a1e5c-2b0f-4f6e-9d53-0123456789ab
type=ethernet

[ipv4]
method=manual
address1=198.51.100.50/24
`;
const PROFILE = '/etc/NetworkManager/system-connections/hv-kvp-eth0.nmconnection';

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  await startBus();
  rmSync('/etc/network/interfaces', { force: true });
  writeFile('/etc/resolv.conf', '');
  writeFile('/etc/NetworkManager/NetworkManager.conf', '[main]\nplugins=keyfile\ndhcp=internal\n');
  bringUpLoopback();
  plugIn(SITE, 'eth0', MAC);
  startService('NetworkManager', '--no-daemon');
  const guest = changingKernel('eth0');
  const leased = async () => (await guest.present()).addresses.some(({ text }) => text.startsWith('198.51.100.1'));

  suite('a profile that NetworkManager made', ({ test, after }) => {
    after(() => guest.close());

    test('a change gets a file of its own', async () => {
      await guest.comesToBe(DHCP);
      assert.ok(await leased());
      assert.equal(await guest.apply('eth0', STATIC), { kind: 'applied' });
      assert.ok(existsSync(PROFILE));
      assert.ok((await guest.plan('eth0', STATIC)).empty);
    });

    test('which goes when the change is taken back', async () => {
      assert.equal(await guest.rollBack(), { kind: 'applied' });
      assert.ok(await leased());
      assert.not(existsSync(PROFILE));
    });

    test('and stays when the link goes away and comes back', async () => {
      assert.equal(await guest.apply('eth0', STATIC), { kind: 'applied' });
      lose(SITE, 'eth0');
      plugIn({ name: 'lan-again', addresses: SITE.addresses }, 'eth0', MAC);
      await guest.comesToBe(STATIC);
      assert.ok(existsSync(PROFILE));
    });

    test('one for every interface is copied, and comes back up when the change is taken back', async () => {
      rmSync(PROFILE);
      writeFile(SHARED, SHARED_TEXT, 0o600);
      run('nmcli', 'connection', 'reload');
      run('nmcli', 'connection', 'up', 'everywhere', 'ifname', 'eth0');
      await guest.comesToBe(configuration('198.51.100.50/24'));
      assert.equal(await guest.apply('eth0', STATIC), { kind: 'applied' });
      assert.is(readFileSync(SHARED, 'utf8'), SHARED_TEXT);
      assert.equal(await guest.rollBack(), { kind: 'applied' });
      assert.ok(await guest.isSo(configuration('198.51.100.50/24')));
      assert.not(existsSync(PROFILE));
    });
  });
}
