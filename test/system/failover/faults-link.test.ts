/** A change during which the link itself comes to harm: what is left is the old configuration, working. */
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../../_support/suite.js';
import { assertTakenBack, faultyManager } from './faults-scenario.js';
import { WANTED } from './guest-changer.js';
import { configurationFiles } from './guest-state.js';
import { SECOND } from './story.js';

const manager = await faultyManager(fileURLToPath(import.meta.url));
if (manager !== undefined) {
  const { changer, files, misbehave, assertAsBefore } = manager;

  suite('a change of networkd during which a program', ({ test, after }) => {
    after(() => changer.close());

    for (const [title, script, code] of [
      ['takes the link down', `ip link set ${SECOND.link} down; exit 0`, 'ERR_NET_VERIFY'],
      ['takes everything away', `ip address flush dev ${SECOND.link}; exit 0`, 'ERR_NET_VERIFY'],
    ] as const)
      test(`${title} leaves the old configuration, in force and in the files`, async () => {
        misbehave(script);
        assertTakenBack(await changer.apply(SECOND.link, WANTED), code);
        await assertAsBefore();
      });

    test('loses the interface leaves the old files', async () => {
      misbehave(`ip link delete ${SECOND.link}; exit 0`);
      const outcome = await changer.apply(SECOND.link, WANTED);
      assert.is(outcome.kind, 'failed');
      assert.match('rollback' in outcome ? outcome.rollback.message : '', /there is no interface eth1/);
      assert.equal(configurationFiles(), files);
    });
  });
}
