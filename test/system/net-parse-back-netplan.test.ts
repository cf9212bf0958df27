/** netplan makes of every recorded file a .network file that says what was wanted. */
import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planTree } from 'hv-kvp/net';
import { BACKENDS, ConfigFiles, sameConfiguration } from '#internal';
import { TARGET } from '../_support/backend-rules.js';
import { backendVectors } from '../_support/backend-vectors.js';
import { applyChanges } from '../_support/config-tree.js';
import { CASES } from '../_support/configurations.js';
import { run } from '../_support/parse-back.js';
import { inStockTree, stockNamesOf } from '../_support/stock-trees.js';
import { assert, suite } from '../_support/suite.js';
import { insidePrivateRoot } from './failover/private-root.js';

const networkd = BACKENDS.find(({ name }) => name === 'networkd')!;
const networkmanager = BACKENDS.find(({ name }) => name === 'networkmanager')!;

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

    for (const name of stockNamesOf('netplan')) {
      test(`the files of ${name}, changed`, () => {
        inStockTree(name, (root) => {
          const wanted = CASES['both families']!;
          applyChanges(root, planTree({ root, target: TARGET, wanted }).files);
          run('netplan', 'generate', '--root-dir', root);
          const files = new ConfigFiles(root);
          const made = [networkd, networkmanager].map((backend) => backend.read(files, TARGET)).find(Boolean);
          if (made === undefined || !sameConfiguration(made, wanted)) assert.equal(made, wanted);
        });
      });
    }
  });
}
