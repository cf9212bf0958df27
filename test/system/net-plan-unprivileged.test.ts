/** Somebody who may not read a manager's files is told that root may see another plan. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../_support/suite.js';
import { temporaryFolder } from '../_support/temporary-folder.js';
import { ended } from '../pool/processes.js';

const BIN = fileURLToPath(new URL('../../../dist/bin/hv-kvp.js', import.meta.url));
const PROFILE = 'etc/NetworkManager/system-connections/eth0.nmconnection';
const NOBODY = 65_534;

suite('hv-kvp net plan without privileges', ({ test }) => {
  test('names the files that it may not read', async () => {
    const root = temporaryFolder();
    chmodSync(root, 0o755);
    mkdirSync(dirname(join(root, PROFILE)), { recursive: true });
    writeFileSync(join(root, PROFILE), '[connection]\nid=eth0\ninterface-name=eth0\n\n[ipv4]\nmethod=auto\n', {
      mode: 0o600,
    });
    const plan = (uid: number) =>
      ended(
        spawn(process.execPath, [BIN, 'net', 'plan', 'eth0', '--dhcp', '--net', 'networkmanager', '--root', root], {
          uid,
        }),
      );
    const { code, stdout } = await plan(NOBODY);
    assert.is(code, 0);
    assert.match(stdout, `note: /${PROFILE} may not be read here`);
    assert.not.match((await plan(0)).stdout, 'may not be read');
  });
});
