/** NetworkManager understands every recorded profile as it was meant: the kernel has what was wanted. */
import { fileURLToPath } from 'node:url';
import { backendVectors } from '../_support/backend-vectors.js';
import { installFiles, kernelComesToHave, plugIn, run, unplug } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';
import { startService, writeFile } from './failover/guest-system.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startBus } from './failover/systems/bus.js';

const UUID = /^uuid=(.*)$/m;

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  await startBus();
  writeFile('/etc/NetworkManager/NetworkManager.conf', '[main]\nplugins=keyfile\nno-auto-default=*\ndns=none\n');
  startService('NetworkManager', '--no-daemon');
  await until('NetworkManager answers', () => {
    try {
      return run('nmcli', '-t', '-f', 'RUNNING', 'general').trim() === 'running';
    } catch {
      return false;
    }
  });

  suite('NetworkManager takes up what was rendered', ({ test }) => {
    for (const vector of backendVectors('networkmanager')) {
      test(vector.name, async () => {
        plugIn(vector);
        const files = installFiles(vector);
        try {
          run('nmcli', 'connection', 'load', ...files.paths);
          const own = files.paths.find((path) => /hv-kvp-|eth0|room/.test(path))!;
          const uuid = UUID.exec(vector.after[own]!)![1]!;
          const { dhcp, dns, addresses } = vector.wanted;
          const shown = (key: string) =>
            run('nmcli', '-g', key, 'connection', 'show', uuid).trim().replaceAll('\\:', ':');
          const list = (key: string) =>
            shown(key)
              .split(/[,|] ?/)
              .filter(Boolean);
          assert.is(
            shown('ipv4.method'),
            dhcp ? 'auto' : addresses.some(({ family }) => family === 4) ? 'manual' : 'disabled',
          );
          assert.is(shown('ipv6.method'), addresses.some(({ family }) => family === 6) ? 'manual' : 'auto');
          assert.equal([...list('ipv4.dns'), ...list('ipv6.dns')], dns);
          assert.equal(
            [...list('ipv4.addresses'), ...list('ipv6.addresses')],
            addresses.map(({ text, prefix }) => `${text}/${prefix}`),
          );
          // Nobody answers here who gives addresses.
          if (dhcp || addresses.length === 0) return;
          run('nmcli', '--wait', '10', 'connection', 'up', 'uuid', uuid, 'ifname', vector.target.name);
          await kernelComesToHave(vector);
        } finally {
          unplug(vector);
          files.remove();
          run('nmcli', 'connection', 'reload');
        }
      });
    }
  });
}
