/** The rootless way of docs/device.md, followed to the letter by a user without any privilege. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as machine from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';

const USER = ['--reuid', '1000', '--regid', '1000', '--clear-groups', '--bounding-set', '-all', '--inh-caps', '-all'];

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  suite('without root', ({ test }) => {
    test('a user serves the device and the stock daemon answers', async () => {
      const { stdout } = await promisify(execFile)('setpriv', [...USER, 'sh', '-c', documentedCommands()], {
        env: { PATH: process.env['PATH'], SHELL: sessionScript(), HOME: '/' },
        cwd: '/',
      });
      assert.equal(JSON.parse(stdout), { uidMap: ['0', '1000', '1'], status: 0, key: 'city', value: 'Zürich' });
    });
  });
}

function documentedCommands(): string {
  const block = /^```sh rootless\n([\s\S]*?)^```$/m.exec(readFileSync('docs/device.md', 'utf8'))?.[1];
  if (block === undefined) throw new Error('docs/device.md has no block "sh rootless"');
  return block;
}

/** Stands in for the user's shell. The checkout is shown at a path that every user can reach. */
function sessionScript(): string {
  const checkout = machine.publicView(process.cwd());
  const path = '/srv/session';
  writeFileSync(path, `#!/bin/sh\nexec ${process.execPath} ${checkout}/build/test/_support/rootless-session.js\n`, {
    mode: 0o755,
  });
  return path;
}
