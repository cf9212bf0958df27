/**
 * The migration of docs/daemon.md on Debian, carried out: a booted systemd runs the unit of the package hyperv-daemons
 * with the stock daemon, then with the drop-in of that page.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDevice } from 'hv-kvp/device';
import { BootedSystemd } from '../_support/booted-systemd.js';
import { get, set, statusOf, textAt } from '../_support/key-value-requests.js';
import * as machine from '../_support/private-machine.js';
import { daemonMessage, RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';
import { addressesOf, bringUpLoopback, ip, run } from './failover/network.js';
import { insidePrivateRoot } from './failover/private-root.js';

const UNIT = 'hv-kvp-daemon.service';
const UNITS = '/etc/systemd/system';
const DROP_IN = join(UNITS, `${UNIT}.d/override.conf`);
const CAPABLE = 'CapabilityBoundingSet=CAP_NET_ADMIN';
const WRITABLE = 'ProtectSystem=true';
const OK = 0;
const FAIL = 0x80004005;

const MAC = '00:15:5D:0A:0B:0C';
const GUID = '{4b9b9a39-0a6c-4b5c-8d3e-0123456789ab}';
const OLD = '10.20.30.40/24';
const INTERFACES = '/etc/network/interfaces';

/** What the page says, with other text for some of its lines. */
function useDropIn(changes: Record<string, string> = {}): void {
  let text = /^```ini\n(.*?)^```$/ms.exec(readFileSync('docs/daemon.md', 'utf8'))?.[1] ?? '';
  for (const [line, other] of Object.entries(changes)) {
    assert.match(text, line);
    text = text.replace(line, other);
  }
  writeFileSync(DROP_IN, text);
}

const setIp = (address: string) =>
  daemonMessage(5, 0, [
    [4, Buffer.from(GUID)],
    [262, Buffer.from(address)],
    [2310, Buffer.from('255.255.255.0')],
  ]);

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  machine.privateDev();
  bringUpLoopback();
  ip(`link add eth0 address ${MAC} type veth peer name far0`);
  ip('link set far0 up');
  writeFileSync(INTERFACES, `auto eth0\niface eth0 inet static\n  address ${OLD}\n`);
  mkdirSync('/run/network');
  run('ifup', 'eth0');
  // Bridges have no adapter id: sysfs as a synthetic adapter would show it.
  machine.privateDirectory('/sys/class/net');
  mkdirSync('/sys/class/net/eth0/device', { recursive: true });
  writeFileSync('/sys/class/net/eth0/device/device_id', `${GUID}\n`);
  const device = new RegisteringDevice();
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: device });
  // As `npm install --global` leaves the program.
  symlinkSync(resolve('dist/bin/hv-kvp-daemon.js'), '/usr/local/bin/hv-kvp-daemon');
  // The package's unit is bound to the device unit that udev makes of a real device. A served file has none.
  const unit = readFileSync(join('/lib/systemd/system', UNIT), 'utf8');
  mkdirSync(dirname(DROP_IN), { recursive: true });
  writeFileSync(join(UNITS, UNIT), unit.replace(/^BindsTo=.*hv_kvp\.device$/m, ''));
  const systemd = await BootedSystemd.boot();

  /** Succeeds, and says nothing. */
  const systemctl = async (...args: string[]) =>
    assert.equal(await systemd.systemctl(...args), { code: 0, output: '' }, args.join(' '));
  const started = async (how: 'start' | 'restart') => {
    const closed = device.closed();
    await systemctl('daemon-reload');
    await systemctl(how, UNIT);
    await closed;
    await device.registered();
  };
  const mainProcess = async () => systemd.pidOutside(Number(await systemd.property(UNIT, 'MainPID')));
  const status = async (message: Uint8Array) => statusOf(await device.request(message));

  suite('hv-kvp-daemon as a service of Debian', ({ test, after }) => {
    after(async () => {
      await systemd.stop();
      await served.close();
    });

    test('the drop-in puts it in the place of the stock daemon, whose items it serves', async () => {
      await started('start');
      assert.is(await status(set(0, 'kept', 'by the stock daemon')), OK);
      useDropIn();
      await started('restart');
      assert.is(textAt(await device.request(get(0, 'kept')), 528), 'by the stock daemon');
      assert.is(readFileSync(`/proc/${await mainProcess()}/comm`, 'utf8'), 'hv_kvp_daemon\n');
      assert.match(await systemd.journal(UNIT), '"msg":"registered"');
    });

    test("it runs under every restriction of the package's unit", async () => {
      const process = `/proc/${await mainProcess()}`;
      const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)$`, 'm').exec(text)?.[1];
      const text = readFileSync(`${process}/status`, 'utf8');
      const netAdmin = (1n << 12n).toString(16).padStart(16, '0');
      assert.equal([field('CapBnd'), field('CapEff'), field('NoNewPrivs')], [netAdmin, netAdmin, '1']);
      const mounts = readFileSync(`${process}/mountinfo`, 'utf8').split('\n');
      const options = (path: string) => mounts.findLast((line) => line.split(' ')[4] === path)?.split(' ')[5];
      for (const path of ['/usr', '/sys/fs/cgroup', '/proc/sys', '/sys']) assert.match(options(path) ?? path, /^ro\b/);
      assert.is(options('/etc'), undefined);
    });

    test('reload makes it look at network and system again, and it is the same process', async () => {
      const before = await systemd.property(UNIT, 'MainPID');
      await systemctl('reload', UNIT);
      assert.match(await systemd.journal(UNIT), '"msg":"reloaded"');
      assert.is(await systemd.property(UNIT, 'MainPID'), before);
      assert.is(await status(get(0, 'kept')), OK);
    });

    test('killed, it is started again', async () => {
      const closed = device.closed();
      await systemctl('kill', '--signal=KILL', UNIT);
      await closed;
      await device.registered();
      assert.is(await systemd.property(UNIT, 'NRestarts'), '1');
      assert.is(textAt(await device.request(get(0, 'kept')), 528), 'by the stock daemon');
    });

    test('addresses that a host sets come into effect, through ifupdown and its file', async () => {
      assert.is(await status(setIp('192.0.2.7')), OK, await systemd.journal(UNIT));
      assert.equal(addressesOf('eth0'), ['192.0.2.7/24']);
      assert.match(readFileSync(INTERFACES, 'utf8'), '192.0.2.7');
    });

    test('a path for one network manager is enough', async () => {
      useDropIn({ [WRITABLE]: 'ReadWritePaths=/etc/network' });
      await started('restart');
      assert.is(await status(setIp('192.0.2.8')), OK, await systemd.journal(UNIT));
      assert.equal(addressesOf('eth0'), ['192.0.2.8/24']);
    });

    for (const missing of [CAPABLE, WRITABLE])
      test(`without ${missing} the host is told that they do not, and nothing is changed`, async () => {
        useDropIn({ [missing]: '' });
        await started('restart');
        const [file, before] = [readFileSync(INTERFACES, 'utf8'), addressesOf('eth0')];
        assert.is(await status(setIp('192.0.2.9')), FAIL);
        assert.equal([readFileSync(INTERFACES, 'utf8'), addressesOf('eth0')], [file, before]);
      });

    test('stop ends it at once, which is no failure', async () => {
      const closed = device.closed();
      await systemctl('stop', UNIT);
      await closed;
      assert.is(await systemd.property(UNIT, 'ActiveState'), 'inactive');
      assert.is(await systemd.property(UNIT, 'Result'), 'success');
    });

    test('without the drop-in the stock daemon is back, with the items as they are', async () => {
      rmSync(DROP_IN);
      await started('start');
      assert.is(textAt(await device.request(get(0, 'kept')), 528), 'by the stock daemon');
      assert.match(await systemd.property(UNIT, 'ExecStart'), 'path=/usr/sbin/hv_kvp_daemon');
      await systemctl('stop', UNIT);
    });
  });
}
