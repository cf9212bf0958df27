import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BACKENDS, ConfigFiles, isStarting, whileStarting } from '#internal';
import { assert, suite } from '../../_support/suite.js';
import { temporaryFolder } from '../../_support/temporary-folder.js';

const TARGET = { name: 'eth0', index: 2, mac: '00:15:5D:00:00:01' };
const WANTED_BY = 'etc/systemd/system/multi-user.target.wants';

const backendOf = (name: string) => BACKENDS.find((backend) => backend.name === name)!;

function machine(...paths: string[]): { files: ConfigFiles; make(path: string): void } {
  const root = temporaryFolder();
  const make = (path: string) => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (path.endsWith('.service')) symlinkSync('/nowhere', full);
    else writeFileSync(full, '');
  };
  paths.forEach(make);
  return { files: new ConfigFiles(root), make };
}

suite('a network manager that starts with the machine', ({ test }) => {
  for (const [manager, unit, state] of [
    ['networkmanager', 'NetworkManager.service', ['run/NetworkManager/devices/2']],
    ['networkd', 'systemd-networkd.service', ['run/systemd/netif/links/2', 'run/dbus/system_bus_socket']],
    ['netplan', 'systemd-networkd.service', ['run/systemd/netif/links/2', 'run/dbus/system_bus_socket']],
    ['ifupdown', 'networking.service', ['run/network/ifstate']],
    ['wicked', 'wicked.service', ['run/dbus/system_bus_socket', 'run/wicked']],
  ] as const)
    test(`${manager} is awaited until it knows the interface and takes commands`, () => {
      const { files, make } = machine(`${WANTED_BY}/${unit}`);
      for (const path of state) {
        assert.is(isStarting(files, backendOf(manager), TARGET), true, path);
        make(path);
      }
      assert.is(isStarting(files, backendOf(manager), TARGET), false);
      assert.is(
        isStarting(files, backendOf(manager), { ...TARGET, index: 3 }),
        !['ifupdown', 'wicked'].includes(manager),
      );
    });

  test('is not awaited where systemd does not start it, or nothing is to be started', () => {
    const { files } = machine();
    for (const manager of ['networkmanager', 'networkd', 'netplan', 'ifupdown', 'iproute2', 'script'] as const)
      assert.is(isStarting(files, backendOf(manager), TARGET), false);
  });

  test('is waited for no longer than allowed', async () => {
    let looks = 0;
    await whileStarting(() => ++looks < 3, { withinMs: 20_000 });
    assert.is(looks, 3);
    await whileStarting(() => true, { withinMs: 0 });
    const stopped = await whileStarting(() => true, { withinMs: 20_000, signal: AbortSignal.abort('stop') }).catch(
      String,
    );
    assert.is(stopped, 'stop');
  });
});
