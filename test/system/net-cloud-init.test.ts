/** cloud-init's own code reads the configuration that a plan leaves: it keeps its hands off the network then. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { planTree } from 'hv-kvp/net';
import { TARGET } from '../_support/backend-rules.js';
import { applyChanges } from '../_support/config-tree.js';
import { CASES } from '../_support/configurations.js';
import { PEERS } from '../_support/private-machine.js';
import { inStockTree, stockNames } from '../_support/stock-trees.js';
import { assert, suite } from '../_support/suite.js';

const IS_DISABLED = `
import sys
from cloudinit.net import is_disabled_cfg
from cloudinit.util import read_conf_with_confd
print(is_disabled_cfg(read_conf_with_confd(sys.argv[1]).get('network')))
`;

const leavesNetworkAlone = (root: string): boolean =>
  execFileSync('/usr/bin/python3', ['-c', IS_DISABLED, join(root, 'etc/cloud/cloud.cfg')], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: join(PEERS, 'usr/lib/python3/dist-packages') },
  }).trim() === 'True';

suite('cloud-init after a change', ({ test }) => {
  let asked = 0;
  for (const name of stockNames()) {
    inStockTree(name, (root) => {
      if (!existsSync(join(root, 'etc/cloud/cloud.cfg'))) return;
      asked++;
      test(`${name}: leaves the network alone`, () => {
        inStockTree(name, (tree) => {
          const before = leavesNetworkAlone(tree);
          const { files } = planTree({ root: tree, target: TARGET, wanted: CASES['both families']! });
          assert.is(
            files.some(({ path }) => path.startsWith('/etc/cloud/')),
            !before,
          );
          applyChanges(tree, files);
          assert.ok(leavesNetworkAlone(tree));
        });
      });
    });
  }
  test('some distributions have it', () => assert.ok(asked >= 4));
});
