/** systemd-networkd understands every recorded file as it was meant: the kernel has what was wanted. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendVectors } from '../_support/backend-vectors.js';
import { installFiles, kernelComesToHave, plugIn, run, unplug } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { until } from '../_support/until.js';
import { insidePrivateRoot } from './failover/private-root.js';
import { startNetworkd } from './failover/systems/networkd.js';

if (await insidePrivateRoot(fileURLToPath(import.meta.url), 'systemd-resolved')) {
  await startNetworkd();

  suite('networkd takes up what was rendered', ({ test }) => {
    for (const vector of backendVectors('networkd')) {
      test(vector.name, async () => {
        const files = installFiles(vector);
        run('networkctl', 'reload');
        plugIn(vector);
        try {
          const index = readFileSync(`/sys/class/net/${vector.target.name}/ifindex`, 'utf8').trim();
          const state = (key: string) =>
            new RegExp(`^${key}=(.*)$`, 'm').exec(readFileSync(`/run/systemd/netif/links/${index}`, 'utf8'))?.[1] ?? '';
          await until('networkd chose a file', () => {
            try {
              return /^(?:configured|configuring)$/.test(state('ADMIN_STATE'));
            } catch {
              return false;
            }
          });
          assert.ok(files.paths.includes(state('NETWORK_FILE')), state('NETWORK_FILE'));
          await kernelComesToHave(vector);
          assert.equal(state('DNS').split(' ').filter(Boolean).map(bare).toSorted(), vector.wanted.dns.toSorted());
        } finally {
          unplug(vector);
          files.remove();
        }
      });
    }

    test('nothing in them is unknown to it', () => {
      const complaints = readFileSync('/run/log/systemd-networkd', 'utf8').match(/.*\.(?:network|conf):[0-9]+:.*/g);
      assert.equal(complaints ?? [], []);
    });
  });
}

const bare = (server: string) => server.replace(/#.*/, '');
