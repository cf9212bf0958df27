/**
 * The whole of it as programs: `hv-kvp host serve`, an administrator's commands, hv-kvp-daemon and ifupdown. Only what a
 * test needs to make two hosts of one machine is here.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OurDaemon } from '../../_support/our-daemon.js';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { pings, run } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { giveAdapterId, STATE_DIR } from './program-guest.js';
import { isConfigured, moveToSecondHost, SECOND, SETTINGS, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';

const HV_KVP = 'dist/bin/hv-kvp.js';
const [DEVICE, CONTROL] = ['/run/hv-kvp/device', '/run/hv-kvp/host'];
const host = (...args: string[]) => run(process.execPath, HV_KVP, 'host', ...args, '--control', CONTROL);

if (await insidePrivateRoot(fileURLToPath(import.meta.url), GUEST_SYSTEMS.ifupdown.apart)) {
  mkdirSync('/run/hv-kvp');
  mkdirSync(STATE_DIR, { recursive: true });

  suite('a failover by programs alone', ({ test }) => {
    test('the guest has its address back, and the host sees it', async () => {
      await startAtFirstHost(GUEST_SYSTEMS.ifupdown);
      await moveToSecondHost(GUEST_SYSTEMS.ifupdown);
      giveAdapterId();
      const adapter = `${SECOND.mac}=${SECOND.guid}`;
      const serving = spawn(
        process.execPath,
        [HV_KVP, 'host', 'serve', '--device', DEVICE, '--control', CONTROL, '--adapter', adapter, '--refresh', '0'],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      );
      await until('the device is served', () => existsSync(DEVICE) && existsSync(CONTROL));
      const daemon = new OurDaemon(['-n', '--device', DEVICE]);
      await until('the guest has negotiated', () => /state\tready/.test(host('status')));

      const lists = [
        ...SETTINGS.addresses.flatMap((address) => ['--address', address]),
        ...SETTINGS.gateways.flatMap((gateway) => ['--gateway', gateway]),
        ...SETTINGS.dns.flatMap((server) => ['--dns', server]),
      ];
      host('failover', 'set', SECOND.guid, ...lists);
      host('failover', 'start');
      await until('the settings are in force', () => isConfigured(SECOND.link, SETTINGS));
      for (const gateway of SETTINGS.gateways) await until(`${gateway} answers`, () => pings(gateway));
      await until('the host has its answer', () => daemon.output.includes('the network is as the host wants it'));
      assert.match(host('get-ip', SECOND.mac), 'address\t192.0.2.10\t255.255.255.0\n');

      serving.kill('SIGTERM');
      assert.equal(await once(serving, 'exit'), [0, null]);
      await daemon.stop('SIGKILL');
    });
  });
}
