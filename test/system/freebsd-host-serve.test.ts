/**
 * The programs in FreeBSD's protocol: `hv-kvp host serve --profile freebsd` serves /dev/hv_kvp_dev, and the daemon's program
 * registers with operation 4 and exchanges messages of 7,430 bytes. The network is Linux's, with an interface called hn0.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OurDaemon } from '../_support/our-daemon.js';
import * as machine from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';
import { ended } from '../pool/processes.js';

const BIN = fileURLToPath(new URL('../../../dist/bin/hv-kvp.js', import.meta.url));
const RUNTIME = '/dev/runtime';
const DEVICE = '/dev/kvp/hv_kvp_dev';
const MAC = '00:15:5D:01:02:03';
const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
const env = { ...process.env, XDG_RUNTIME_DIR: RUNTIME };

const hvKvp = (...args: string[]) => ended(spawn(process.execPath, [BIN, 'host', ...args], { env }));
const output = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await hvKvp(...args);
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
};

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory(RUNTIME);
  machine.stockDaemonDirectories();
  machine.privateInterface({ name: 'hn0', mac: MAC, addresses: ['10.0.0.5/24'], gateways: ['10.0.0.1'] });

  suite('the programs in FreeBSD’s protocol', ({ test }) => {
    test(
      'items, intrinsics, and addresses both ways',
      async () => {
        const args = ['host', 'serve', '--profile', 'freebsd', '--device', DEVICE, '--adapter', `${MAC}=${GUID}`];
        const host = spawn(process.execPath, [BIN, ...args, '--refresh', '0', '--json'], { env });
        const hostEnded = ended(host);
        const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
        const until = async (what: string) => {
          for (;;) {
            const { value, done } = await lines.next();
            if (done) throw new Error(`the host ended before ${what}: ${(await hostEnded).stderr}`);
            if ((JSON.parse(value) as { what: string }).what === what) return;
          }
        };
        await until('serving');
        const pools = `${RUNTIME}/pool`;
        const daemon = new OurDaemon(
          ['-n', '--profile', 'freebsd', '--device', DEVICE, '--pool-dir', pools].concat('--net', 'iproute2'),
        );
        try {
          await until('pushed');
          await output('add', 'city', 'Zürich');
          assert.match(await output('list'), 'city\tZürich\n');
          assert.match(readFileSync(`${pools}/.kvp_pool_0`, 'utf8'), 'Zürich');
          assert.match(await output('intrinsics'), 'IntegrationServicesVersion\tBSD Pre-Release version\n');
          const addresses = async () => {
            const ip = JSON.parse(await output('get-ip', MAC, '--json')) as { addresses: string[]; gateways: string[] };
            return [ip.addresses, ip.gateways];
          };
          assert.equal(await addresses(), [['10.0.0.5'], ['10.0.0.1']]);
          await output('set-ip', GUID, '--address', '10.0.0.7/24', '--gateway', '10.0.0.2');
          assert.equal(await addresses(), [['10.0.0.7'], ['10.0.0.2']]);
          const unknown = await hvKvp('set-ip', GUID.replace('4b', '5c'), '--address', '10.0.0.9/24');
          assert.match(unknown.stderr, '0x80041002');
        } finally {
          await daemon.stop();
          host.kill();
          await hostEnded;
        }
      },
      { limit: 60_000 },
    );
  });
}
