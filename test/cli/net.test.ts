/** `hv-kvp net plan` on trees of files laid out as distributions do; nothing of this machine is asked or changed. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../_support/suite.js';
import { poolDirectory } from '../pool/pool-directory.js';
import { ended } from '../pool/processes.js';

const BIN = fileURLToPath(new URL('../../../dist/bin/hv-kvp.js', import.meta.url));
const PROFILE = '/etc/NetworkManager/system-connections/eth0.nmconnection';
const FEDORA = `[connection]
id=eth0
uuid=6f1c9fb5-0b1e-4c5a-9d0c-000000000001
type=ethernet
interface-name=eth0

[802-1x]
password=of nobody else's business

[ipv4]
method=auto

[ipv6]
method=auto
`;

function tree(files: Record<string, string>): string {
  const root = poolDirectory();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const plan = (root: string, ...args: string[]) =>
  ended(spawn(process.execPath, [BIN, 'net', 'plan', 'eth0', '--root', root, ...args]));

suite('cli net plan', ({ test }) => {
  test('shows the diff of the file and the commands, without secrets and without changing it', async () => {
    const root = tree({ [PROFILE]: FEDORA });
    const { code, stdout } = await plan(root, '--address', '192.0.2.7/24', '--gateway', '192.0.2.1');
    assert.is(code, 0);
    assert.match(stdout, 'eth0: networkmanager');
    assert.match(stdout, '+ address 192.0.2.7/24');
    assert.match(stdout, '-method=auto\n+method=manual\n+address1=192.0.2.7/24\n+gateway=192.0.2.1');
    assert.match(stdout, `connection load ${PROFILE}`);
    assert.not.match(stdout, 'of nobody');
    assert.is(readFileSync(join(root, PROFILE), 'utf8'), FEDORA);
  });

  test('says the same as JSON', async () => {
    const { stdout } = await plan(tree({ [PROFILE]: FEDORA }), '--address', '192.0.2.7/24', '--json');
    const said = JSON.parse(stdout) as { backend: string; empty: boolean; files: { path: string }[] };
    assert.equal([said.backend, said.empty, said.files.map(({ path }) => path)], ['networkmanager', false, [PROFILE]]);
    // The fields of docs/net.md.
    assert.is(
      Object.keys(said).sort().join(),
      'after,backend,before,differences,empty,files,interface,present,reason,wanted,warnings',
    );
    assert.not.match(stdout, 'of nobody');
  });

  test('plans for a FreeBSD tree, and says that nobody has tried it', async () => {
    const root = 'test/vectors/net/stock/freebsd-14-installer/root';
    const args = ['net', 'plan', 'hn0', '--root', root, '--address', '192.0.2.7/24', '--gateway', '192.0.2.1'];
    const { code, stdout } = await ended(spawn(process.execPath, [BIN, ...args]));
    assert.is(code, 0);
    assert.match(stdout, 'hn0: rc.conf');
    assert.match(stdout, '-ifconfig_hn0="DHCP"\n+ifconfig_hn0="inet 192.0.2.7 netmask 255.255.255.0"\n');
    assert.match(stdout, '+defaultrouter="192.0.2.1"\n');
    assert.match(stdout, 'service netif start hn0\n  service routing restart');
    assert.match(stdout, 'not been tried on a real FreeBSD');
    const chosen = await ended(spawn(process.execPath, [BIN, ...args, '--net', 'rc.conf', '--json']));
    assert.is((JSON.parse(chosen.stdout) as { backend: string }).backend, 'rc.conf');
  });

  test('has nothing to do where the files say so already', async () => {
    const { stdout } = await plan(tree({ [PROFILE]: FEDORA }), '--dhcp');
    assert.match(stdout, 'nothing to do');
  });

  for (const [what, args] of [
    ['no prefix length', ['--address', '192.0.2.7']],
    ['no address', ['--address', '192.0.2.7/24', '--gateway', '$(id)']],
    ['nothing wanted', []],
    ['no hardware address', ['--dhcp', '--mac', '00:15:5D']],
    ['an unknown manager', ['--dhcp', '--net', 'connman']],
  ] as const) {
    test(`${what} is refused with exit 2`, async () => {
      const { code, stdout, stderr } = await plan(tree({ [PROFILE]: FEDORA }), ...args);
      assert.equal([code, stdout, stderr === ''], [2, '', false]);
    });
  }

  test('a tree that is not there is told from one without files', async () => {
    const { code, stderr } = await plan('/nonexistent', '--dhcp');
    assert.is(code, 2);
    assert.match(stderr, '/nonexistent is no directory');
  });

  test('an interface that is not there is a negative answer', async () => {
    const child = spawn(process.execPath, [BIN, 'net', 'plan', 'none0', '--dhcp']);
    const { code, stderr } = await ended(child);
    assert.is(code, 1);
    assert.match(stderr, 'no such interface');
  });
});
