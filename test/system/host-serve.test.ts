/** `hv-kvp host serve` in one terminal, the stock daemon in a second, the administrator's commands in a third. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as machine from '../_support/private-machine.js';
import { StockDaemon } from '../_support/stock-daemon.js';
import { assert, suite } from '../_support/suite.js';
import { ended } from '../pool/processes.js';

const BIN = fileURLToPath(new URL('../../../dist/bin/hv-kvp.js', import.meta.url));
const DEVICE = '/dev/vmbus/hv_kvp';
const RUNTIME = '/dev/runtime';
const STATE = `${RUNTIME}/vm.json`;
const MAC = '00:15:5D:01:02:03';
const env = { ...process.env, XDG_RUNTIME_DIR: RUNTIME };

const hvKvp = (...args: string[]) => ended(spawn(process.execPath, [BIN, ...args], { env }));
const output = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await hvKvp('host', ...args);
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
};

/** The NDJSON that a serving host prints, to be waited for one event at a time. */
class Serving {
  readonly process: ChildProcess;
  readonly ended: ReturnType<typeof ended>;
  readonly #lines: AsyncIterator<string>;

  constructor(...args: string[]) {
    const given = ['host', 'serve', '--device', DEVICE, '--state', STATE, '--adapter', MAC, '--refresh', '0', '--json'];
    this.process = spawn(process.execPath, [BIN, ...given, ...args], { env });
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
    this.ended = ended(this.process);
  }

  async until(what: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the host ended before "${what}": ${(await this.ended).stderr}`);
      const event = JSON.parse(value) as Record<string, unknown>;
      if (event['what'] === what) return event;
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.process.kill(signal);
    const { code, stderr } = await this.ended;
    assert.is(code, 0, stderr);
    assert.not(existsSync(DEVICE), 'the device is gone');
    assert.not(existsSync(`${RUNTIME}/hv-kvp/host.sock`), 'the socket is gone');
  }
}

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  machine.privateDirectory(RUNTIME);
  machine.stockDaemonDirectories();
  machine.privateInterface({
    name: 'eth7',
    mac: MAC,
    addresses: ['10.0.0.5/24', 'fd00::5/64'],
    gateways: ['10.0.0.1'],
  });

  suite('host serve with the stock daemon', ({ test }) => {
    for (const kvpVersion of ['5.0', '4.0', '3.0']) {
      test(
        `add, list, get, enumerate and get-ip, message version ${kvpVersion}`,
        async () => {
          const host = new Serving('--kvp-version', kvpVersion);
          assert.is((await host.until('serving'))['device'], DEVICE);
          assert.match((await hvKvp('host', 'add', `early ${kvpVersion}`, 'v')).stderr, 'no guest listens yet');
          const daemon = new StockDaemon();
          assert.is((await host.until('negotiated'))['message'], kvpVersion);
          const pushed = await host.until('pushed');
          assert.is(pushed['refused'], 0);
          await output('add', 'city', 'Zürich');
          assert.is((await hvKvp('host', 'add', 'city', 'Bern')).code, 1);
          assert.match(await output('list'), 'city\tZürich\n');
          assert.is(await output('get', 'city'), 'Zürich\n', 'GET, which no other host and driver bring to an end');
          assert.match(await output('enumerate', 'external'), 'city\tZürich\n');
          assert.is((await output('enumerate', 'auto-external')).trim().split('\n').length, 16);
          assert.is((await output('intrinsics')).trim().split('\n').length, 10);
          const ip = JSON.parse(await output('get-ip', MAC, '--json')) as { addresses: string[]; subnets: string[] };
          assert.ok(ip.addresses.includes('10.0.0.5'), JSON.stringify(ip));
          assert.is(ip.subnets[ip.addresses.indexOf('10.0.0.5')], '255.255.255.0');
          assert.ok(ip.addresses.includes('fd00::5'), JSON.stringify(ip));
          await output('remove', 'city');
          assert.is((await hvKvp('host', 'get', 'city')).code, 1);
          await daemon.stop();
          await host.stop(kvpVersion === '5.0' ? 'SIGINT' : 'SIGTERM');
        },
        { limit: 60_000 },
      );
    }

    test(
      'the state outlives the host, and faults do not hurt the guest',
      async () => {
        const host = new Serving('--timeout', '1');
        await host.until('serving');
        assert.is(statSync(STATE).mode & 0o777, 0o600);
        assert.match(await output('list'), 'early 4.0\tv\n');
        const daemon = new StockDaemon();
        await host.until('pushed');
        assert.match(readFileSync('/var/lib/hyperv/.kvp_pool_0', 'latin1'), 'early 3.0');
        await output('fault', 'drop');
        assert.is((await hvKvp('host', 'guest')).code, 3, 'nothing within a second');
        await host.until('negotiated');
        await host.until('pushed');
        const answer = await output('fault', 'oversize', '12000');
        assert.is(answer.trim().length, 24_000);
        assert.match(await output('status'), 'state\tready\n');
        await output('get', 'early 4.0');
        assert.match(await output('status'), /^guest\tanswers, the last time [\d.]+ s ago$/m);
        await daemon.stop();
        assert.match(await output('status'), 'guest\tno daemon has the device open\n');
        await host.stop();
      },
      { limit: 60_000 },
    );

    for (const [option, code] of [
      [[], 0],
      [['--fail-on-remarks'], 1],
    ] as const) {
      test(
        `an answer that no guest should give ends the host with ${code} ${option.join(' ')}`,
        async () => {
          const host = new Serving(...option);
          await host.until('serving');
          const daemon = new StockDaemon();
          await host.until('pushed');
          // The guest is asked for another pool than the host believes, and echoes that.
          await output('fault', 'corrupt', '29', '2');
          assert.is((await hvKvp('host', 'guest')).code, code === 0 ? 0 : 3);
          if (code === 0) await host.until('remarks');
          else assert.match(String((await host.until('failed'))['reason']), 'pool');
          await daemon.stop();
          host.process.kill('SIGTERM');
          const end = await host.ended;
          assert.is(end.code, code, end.stderr);
          if (code === 0) assert.is(end.stderr, '');
          else assert.match(end.stderr, /^hv-kvp: .*pool/);
          assert.not(existsSync(DEVICE), 'the device is gone');
        },
        { limit: 60_000 },
      );
    }

    test(
      'events that cannot be printed end the host with 3, and leave neither device nor socket',
      async () => {
        const full = openSync('/dev/full', 'w');
        const args = ['host', 'serve', '--device', DEVICE, '--json'];
        const child = spawn(process.execPath, [BIN, ...args], { env, stdio: ['ignore', full, 'pipe'] });
        closeSync(full);
        const { code, stderr } = await ended(child);
        assert.equal([code, stderr.split('\n').length], [3, 2], stderr);
        assert.match(stderr, 'standard output cannot be written: ENOSPC');
        assert.not(existsSync(DEVICE));
        assert.not(existsSync(`${RUNTIME}/hv-kvp/host.sock`));
      },
      { limit: 60_000 },
    );

    test(
      'a transcript on a full disk ends the host with 3, by name',
      async () => {
        const host = new Serving('--transcript', '/dev/full');
        await host.until('serving');
        const { code, stderr } = await host.ended;
        assert.is(code, 3, stderr);
        assert.match(stderr, 'the transcript cannot be written: /dev/full: ENOSPC');
        assert.not(existsSync(DEVICE));
      },
      { limit: 60_000 },
    );
  });
}
