import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { assert, suite } from '../_support/suite.js';
import { ended } from '../pool/processes.js';
import { BIN, GUID, MAC, withHost } from './host-command.js';

/** Many processes, one after another, on a machine that may be busy. */
const PATIENCE = { limit: 60_000 };

suite('cli host', ({ test }) => {
  test(
    'add, list, get, modify and remove, with their exit codes',
    () =>
      withHost(async (host, guest) => {
        assert.equal(await host('add', 'city', 'Zürich'), { code: 0, signal: null, stdout: '', stderr: '' });
        assert.is(guest.pools[0]!.get('city'), 'Zürich');
        const again = await host('add', 'city', 'Bern');
        assert.equal([again.code, again.stdout], [1, '']);
        assert.match(again.stderr, /^hv-kvp: the item exists already.*\n$/);
        assert.is((await host('list')).stdout, 'city\tZürich\n');
        assert.equal(JSON.parse((await host('list', '--json')).stdout), {
          items: [{ key: 'city', value: 'Zürich', delivered: true }],
        });
        assert.is((await host('get', 'city')).stdout, 'Zürich\n');
        assert.is((await host('get', 'none')).code, 1);
        assert.equal(JSON.parse((await host('modify', 'city', 'Genf', '--json')).stdout), {
          key: 'city',
          delivered: true,
        });
        assert.is((await host('remove', 'city')).code, 0);
      }),
    PATIENCE,
  );

  test(
    'what the guest says, control characters escaped',
    () =>
      withHost(async (host, guest) => {
        guest.pools[1]!.set('evil', 'a\u001b[2Jb');
        guest.pools[2]!.set('OSName', 'Debian');
        assert.is((await host('guest')).stdout, 'evil\ta\\u{1b}[2Jb\n');
        assert.is((await host('intrinsics')).stdout, 'OSName\tDebian\n');
        assert.is((await host('enumerate', 'nowhere')).code, 2);
      }),
    PATIENCE,
  );

  test(
    'network: get by MAC, set by GUID, failover',
    () =>
      withHost(async (host, guest) => {
        const given = [
          '--address',
          '10.0.0.5/24',
          '--address',
          'fd00::5/64',
          '--gateway',
          '10.0.0.1',
          '--dns',
          '10.0.0.2',
        ];
        assert.is((await host('set-ip', GUID, ...given)).code, 0);
        const set = guest.ip.get(GUID)!;
        assert.equal([set.addresses, set.subnets, set.family], [['10.0.0.5', 'fd00::5'], ['255.255.255.0', '64'], 3]);
        guest.ip.set(MAC, { ...set, adapterId: MAC });
        assert.equal(JSON.parse((await host('get-ip', MAC, '--json')).stdout).addresses, set.addresses);
        assert.match((await host('get-ip', MAC)).stdout, 'address\t10.0.0.5\t255.255.255.0\n');
        assert.is((await host('set-ip', GUID, '--address', '10.0.0.5')).code, 2);
        guest.ip.clear();
        assert.is((await host('failover', 'set', GUID, ...given)).code, 0);
        assert.match((await host('failover', 'list')).stdout, GUID);
        assert.is((await host('failover', 'start')).code, 0);
      }),
    PATIENCE,
  );

  test(
    'status, boot and faults',
    () =>
      withHost(async (host, guest, vm) => {
        assert.match(
          (await host('status')).stdout,
          new RegExp(
            `^state\tready\nguest\tanswers, the last time [\\d.]+ s ago\nversions\t3\\.0\t4\\.0\n` +
              `adapter\t${MAC}\t${GUID}\tthe guest has not been asked yet\n$`,
          ),
        );
        const lists = { addresses: ['10.0.0.5'], subnets: ['255.0.0.0'], gateways: [], dns: [] };
        guest.ip.set(MAC, { adapterId: MAC, family: 1, dhcp: true, ...lists });
        await vm.refresh();
        assert.match((await host('status')).stdout, `adapter\t${MAC}\t${GUID}\t10.0.0.5\n`);
        assert.is(JSON.parse((await host('status', '--json')).stdout).message, '4.0');
        assert.is((await host('fault', 'corrupt', '29', '1')).code, 0);
        assert.is((await host('fault', 'list')).stdout, '{"kind":"corrupt","offset":29,"mask":1}\n');
        guest.raw = () => Uint8Array.of(0xca, 0xfe);
        assert.is((await host('fault', 'raw', '0100')).stdout, 'cafe\n');
        guest.raw = undefined;
        const before = guest.negotiations;
        assert.is((await host('boot')).code, 0);
        await vm.ready();
        assert.is(guest.negotiations, before + 1);
      }),
    PATIENCE,
  );

  test(
    'a fault names the request that it hits',
    () =>
      withHost(async (host, guest, vm) => {
        assert.is((await host('fault', 'drop', '--on', 'enumerate')).code, 0);
        assert.is((await host('fault', 'list')).stdout, '{"kind":"drop","on":"enumerate"}\n');
        assert.is((await host('fault', 'clear')).code, 0);
        assert.is((await host('fault', 'drop', '--on', 'reboot')).code, 2);
        assert.is((await host('fault', 'corrupt', '29', '1', '--on', 'get')).code, 0);
        await vm.refresh();
        assert.is(vm.faults.length, 1, 'a refresh does not take it away');
        guest.pools[0]!.set('k', 'v');
        await vm.get('k').catch(() => {});
        assert.is(vm.faults.length, 0);
      }),
    PATIENCE,
  );

  test(
    'a command that waits says what for; status says what the guest does not answer',
    () =>
      withHost(async (host, guest, _vm, env) => {
        guest.deaf = true;
        const adding = spawn(process.execPath, [BIN, 'host', 'add', 'city', 'Bern'], { env });
        const whole = ended(adding);
        await once(adding.stderr, 'data');
        let text = '';
        while (!text.includes('has not answered set')) text = (await host('status')).stdout;
        assert.match(text, /^guest\thas not answered set "city" \(pool external\), for [\d.]+ s of at most 60 s$/m);
        guest.deaf = false;
        guest.serve();
        const { code, stderr } = await whole;
        assert.is(code, 0);
        assert.match(
          stderr,
          /^hv-kvp: waiting for the guest to answer set "city" \(pool external\), for [\d.]+ s of at most 60 s\n$/,
        );
      }),
    PATIENCE,
  );

  test(
    'usage is 2, nobody there is 3',
    () =>
      withHost(async (host) => {
        assert.is((await host('frob')).code, 2);
        assert.is((await host('add', 'k', 'v'.repeat(1024))).code, 2);
        assert.is((await host('add', 'k', 'x', '--type', 'u32')).code, 2);
        assert.is((await host('serve', '--device', '/x', '--adapter', 'eth0')).code, 2);
        const away = await host('list', '--control', '/nowhere/host.sock');
        assert.is(away.code, 3);
        assert.match(away.stderr, 'host serve');
      }),
    PATIENCE,
  );
});
