/** netplan makes of every recorded file a .network file that says what was wanted. */
import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BACKENDS, ConfigFiles, sameConfiguration } from '#internal';
import { backendVectors } from '../_support/backend-vectors.js';
import { run } from '../_support/parse-back.js';
import { assert, suite } from '../_support/suite.js';
import { insidePrivateRoot } from './failover/private-root.js';

const networkd = BACKENDS.find(({ name }) => name === 'networkd')!;

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  suite('netplan understands what was rendered', ({ test }) => {
    for (const { name, folder, target, wanted } of backendVectors('netplan')) {
      test(name, () => {
        const root = mkdtempSync(join(tmpdir(), 'hv-kvp-netplan-'));
        cpSync(join(folder, 'after/etc'), join(root, 'etc'), { recursive: true });
        run('netplan', 'generate', '--root-dir', root);
        const made = readdirSync(join(root, 'run/systemd/network')).filter((file) => file.endsWith('.network'));
        assert.ok(made.length > 0);
        const read = networkd.read(new ConfigFiles(root), target);
        if (read === undefined || !sameConfiguration(read, wanted)) assert.equal(read, wanted);
      });
    }
  });
}
