/**
 * The daemon as Debian's service, in systemd's sandbox, with a network manager that runs beside it: what the manager's
 * files need is one writable folder and one capability, and the log names the folder where it is missing.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { serveDevice } from 'hv-kvp/device';
import { GuestStatusError, type IpConfiguration } from 'hv-kvp/host';
import { createHardware } from 'hv-kvp/testing';
import { BootedSystemd } from '../../_support/booted-systemd.js';
import { FAIL } from '../../_support/harmed-guest.js';
import { privateDev } from '../../_support/private-machine.js';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { changedFiles, configurationFiles, kernelState } from './guest-state.js';
import type { SystemName } from './guest-system.js';
import { addressesOf, pings } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { giveAdapterId } from './program-guest.js';
import { isConfigured, moveToSecondHost, SECOND, SETTINGS, STORED, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';

const UNIT = 'hv-kvp-daemon.service';
const UNITS = '/etc/systemd/system';
/** The line of docs/daemon.md that opens all of /etc. */
const ALL_OF_ETC = 'ProtectSystem=true';

export interface HardenedScenario {
  system: SystemName;
  /** Where the manager's configuration is written. */
  folder: string;
  /** More of the unit's lines, for DHCP. */
  dhcpLines?: string[];
}

export async function testHardened(
  file: string,
  { system: name, folder, dhcpLines = [] }: HardenedScenario,
): Promise<void> {
  const system = GUEST_SYSTEMS[name];
  if (!(await insidePrivateRoot(file, system.apart))) return;
  privateDev();
  await startAtFirstHost(system);
  await moveToSecondHost(system);
  giveAdapterId();
  const hardware = createHardware({ refreshIntervalMs: 0 });
  const served = await serveDevice({ path: '/dev/vmbus/hv_kvp', server: hardware.driver.session });
  installUnit();
  const systemd = await BootedSystemd.boot();

  const setIp = (wanted: IpConfiguration): Promise<number> =>
    hardware.vm.setIp(SECOND.guid, wanted).then(
      () => 0,
      (error: unknown) => (error instanceof GuestStatusError ? error.status : Promise.reject(error)),
    );
  /** With this line in the place of the one that opens /etc. */
  async function start(line: string): Promise<void> {
    writeDropIn(line);
    for (const command of [['daemon-reload'], ['restart', UNIT]])
      assert.equal(await systemd.systemctl(...command), { code: 0, output: '' });
    hardware.vm.boot();
    await hardware.vm.ready();
  }

  suite(`hv-kvp-daemon as a service with ${name}`, ({ test, after }) => {
    after(async () => {
      await systemd.stop();
      hardware.close();
      await served.close();
    });

    test('and a read-only /etc: failed, nothing changed, the log names the folder', async () => {
      const [files, kernel] = [configurationFiles(), kernelState(SECOND.link)];
      await start('');
      assert.is(await setIp(STORED), FAIL);
      const hint = `ReadWritePaths=${folder} `;
      await until('the log names the folder', async () => (await systemd.journal(UNIT)).includes(hint));
      assert.equal([changedFiles(files), kernelState(SECOND.link)], [[], kernel]);
    });

    test('and that folder alone: what the host asks for is made and verified', async () => {
      await start(`ReadWritePaths=${folder}`);
      assert.is(await setIp(STORED), 0, await systemd.journal(UNIT));
      assert.ok(isConfigured(SECOND.link, SETTINGS));
      for (const gateway of SETTINGS.gateways) await until(`${gateway} answers`, () => pings(gateway));
    });

    test('and DHCP again, whose client outlives the daemon', async () => {
      await start([`ReadWritePaths=${folder}`, ...dhcpLines].join('\n'));
      assert.is(await setIp({ dhcp: true }), 0, await systemd.journal(UNIT));
      assert.match(addressesOf(SECOND.link).join(), /^198\.51\.100\./);
      const clients = dhcpClients();
      await start([`ReadWritePaths=${folder}`, ...dhcpLines].join('\n'));
      const told = await hardware.vm.getIp(SECOND.mac);
      assert.ok(told.dhcp);
      assert.equal(dhcpClients(), clients);
      assert.match(told.addresses[0] ?? '', /^198\.51\.100\./);
    });
  });
}

/** Where no manager has one of its own. */
const dhcpClients = () => spawnSync('pgrep', ['-x', 'dhclient'], { encoding: 'utf8' }).stdout;

/** Bound to no device unit, which only udev makes. */
function installUnit(): void {
  symlinkSync(resolve('dist/bin/hv-kvp-daemon.js'), '/usr/local/bin/hv-kvp-daemon');
  mkdirSync(UNITS, { recursive: true });
  const unit = readFileSync(join('/lib/systemd/system', UNIT), 'utf8');
  writeFileSync(join(UNITS, UNIT), unit.replace(/^BindsTo=.*hv_kvp\.device$/m, ''));
}

/** The text of docs/daemon.md. */
function writeDropIn(line: string): void {
  const text = /^```ini\n(.*?)^```$/ms.exec(readFileSync('docs/daemon.md', 'utf8'))?.[1] ?? '';
  assert.match(text, ALL_OF_ETC);
  const path = join(UNITS, `${UNIT}.d/override.conf`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text.replace(ALL_OF_ETC, line));
}
