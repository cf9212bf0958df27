/** A network manager that is stopped, killed or right: what is left is the old configuration or the new one, working. */
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { assertTakenBack, faultyManager, NETWORKD, OTHER_GATEWAY } from './faults-scenario.js';
import { WANTED } from './guest-changer.js';
import { configurationFiles, kernelState } from './guest-state.js';
import { startService } from './guest-system.js';
import { ip, pings, run, succeeds } from './network.js';
import { isConfigured, SECOND, SETTINGS, SITE_B } from './story.js';

const manager = await faultyManager(fileURLToPath(import.meta.url));
if (manager !== undefined) {
  const { networkctl, changer, files, kernel, assertAsBefore } = manager;

  suite('a manager that', ({ test, after }) => {
    after(() => changer.close());

    test('is stopped, and goes on later', async () => {
      run('pkill', '-STOP', '-f', NETWORKD);
      const outcome = await changer.apply(SECOND.link, WANTED);
      assertTakenBack(outcome, 'ERR_NET_COMMAND');
      run('pkill', '-CONT', '-f', NETWORKD);
      await assertAsBefore();
    });

    test('is killed', async () => {
      run('pkill', '-KILL', '-f', NETWORKD);
      assertTakenBack(await changer.apply(SECOND.link, WANTED), 'ERR_NET_COMMAND');
      assert.equal([configurationFiles(), kernelState(SECOND.link)], [files, kernel]);
      startService(NETWORKD);
      await until('networkd takes commands again', () => succeeds('networkctl', 'reload'));
      await assertAsBefore();
    });

    test('makes it so, but the gateway is silent from then on', async () => {
      const far = `${SECOND.link}-far`;
      networkctl.nextTime(`ip -n ${SITE_B.name} link set ${far} arp off`);
      const wanted = {
        ...WANTED,
        addresses: [{ family: 4, text: '198.51.100.10', prefix: 24 } as const],
        gateways: [OTHER_GATEWAY],
        dns: [],
      };
      const outcome = await changer.apply(SECOND.link, wanted);
      ip(`-n ${SITE_B.name} link set ${far} arp on`);
      assertTakenBack(outcome, 'ERR_NET_VERIFY');
      assert.match('error' in outcome ? outcome.error.message : '', /gateway 198\.51\.100\.1 does not answer/);
      await assertAsBefore();
    });

    test('behaves, makes it so; and the change can be gone back on', async () => {
      assert.equal(await changer.apply(SECOND.link, WANTED), { kind: 'applied' });
      assert.ok(isConfigured(SECOND.link, SETTINGS));
      for (const gateway of SETTINGS.gateways) await until(`${gateway} answers`, () => pings(gateway));
      assert.equal(await changer.apply(SECOND.link, WANTED), { kind: 'unchanged' });
      assert.equal(await changer.rollBack(), { kind: 'applied' });
      await assertAsBefore();
    });
  });
}
