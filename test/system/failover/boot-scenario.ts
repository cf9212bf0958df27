/** A host that sends the stored settings while the guest still starts: before its network manager runs. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import type { SystemName } from './guest-system.js';
import { bringUpLoopback, pings, plugIn } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { giveAdapterId, logged, startProgramGuest } from './program-guest.js';
import { isConfigured, SECOND, SETTINGS, SITE_B, STORED } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';

const WANTED_BY = '/etc/systemd/system/multi-user.target.wants';

export async function testBoot(file: string, name: SystemName, unit: string): Promise<void> {
  const system = GUEST_SYSTEMS[name];
  if (!(await insidePrivateRoot(file, system.apart))) return;
  bringUpLoopback();
  plugIn(SITE_B, SECOND.link, SECOND.mac);
  giveAdapterId();
  mkdirSync('/run/systemd/system', { recursive: true });
  mkdirSync(WANTED_BY, { recursive: true });
  symlinkSync(`/lib/systemd/system/${unit}`, `${WANTED_BY}/${unit}`);
  const guest = await startProgramGuest();

  suite(`a guest that starts, with ${name}`, ({ test, after }) => {
    after(() => guest.stop());

    test('waits for the manager, which then makes what the host asked for', async () => {
      const answer = guest.setIp(STORED);
      await until('the daemon waits', () => logged(guest.daemon, 'waiting for the network manager').length > 0);
      await system.install(SETTINGS);
      assert.is(await answer, 0, guest.daemon.output);
      assert.ok(isConfigured(SECOND.link, SETTINGS));
      for (const gateway of SETTINGS.gateways) await until(`${gateway} answers`, () => pings(gateway));
      assert.is(logged(guest.daemon, 'waiting for the network manager').length, 1);
    });
  });
}
