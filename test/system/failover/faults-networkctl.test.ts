/** A network manager whose program misbehaves: what is left is the old configuration, working. */
import { fileURLToPath } from 'node:url';
import { suite } from '../../_support/suite.js';
import { assertTakenBack, faultyManager } from './faults-scenario.js';
import { WANTED } from './guest-changer.js';
import { SECOND } from './story.js';

const manager = await faultyManager(fileURLToPath(import.meta.url));
if (manager !== undefined) {
  const { changer, misbehave, assertAsBefore } = manager;

  suite('a program of the manager that', ({ test, after }) => {
    after(() => changer.close());

    for (const [title, script, code] of [
      ['fails', 'echo no >&2; exit 1', 'ERR_NET_COMMAND'],
      ['hangs', 'while :; do sleep 1; done', 'ERR_NET_COMMAND'],
      ['says yes and does nothing', 'exit 0', 'ERR_NET_VERIFY'],
      ['half-applies', `ip address add 192.0.2.10/24 dev ${SECOND.link}; exit 0`, 'ERR_NET_VERIFY'],
    ] as const)
      test(`${title} leaves the old configuration, in force and in the files`, async () => {
        misbehave(script);
        assertTakenBack(await changer.apply(SECOND.link, WANTED), code);
        await assertAsBefore();
      });
  });
}
