/**
 * The daemon's program killed at every flush, rename, removal and end of a program of a change, one after the other,
 * on a guest without a network manager.
 */
import { fileURLToPath } from 'node:url';
import { FAIL } from '../../_support/harmed-guest.js';
import { assert, suite } from '../../_support/suite.js';
import { killAt, type Step } from './daemon-killer.js';
import { fakeProgram, holdNext } from './fake-program.js';
import { kernelState } from './guest-state.js';
import { plugInPlainly } from './plain-machine.js';
import { insidePrivateRoot } from './private-root.js';
import { assertWorks, NEW, OLD, restartDaemon, startProgramGuest } from './program-guest.js';
import { SECOND } from './story.js';

/** More than any change has. */
const MOST = 30;

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  plugInPlainly();
  const ip = fakeProgram('ip');
  const guest = await startProgramGuest();

  suite('hv-kvp-daemon without a network manager', ({ test, after }) => {
    after(() => guest.stop());

    for (const [call, least] of [
      ['fsync', 4],
      ['rename', 3],
      ['wait4', 4],
    ] as const)
      test(`killed at every ${call} of a change: the old configuration or the new one, working`, async () => {
        let nth = 1;
        while (await killedAt({ call, nth })) nth++;
        assert.ok(nth > least && nth < MOST, `${nth - 1} times`);
        console.log(`killed at ${nth - 1} calls of ${call}`);
      });

    test('asked to end during a change: the host has its answer first', async () => {
      assert.is(await guest.setIp(OLD), 0);
      const held = holdNext(ip);
      const answer = guest.setIp(NEW);
      await held.isThere();
      guest.daemon.process.kill('SIGTERM');
      held.release();
      assert.is(await answer, 0, guest.daemon.output);
      assert.is(await guest.daemon.ended, 'SIGTERM');
      await restartDaemon(guest);
      await assertWorks(guest, NEW);
    });

    test('asked to end during a change that takes too long: it ends all the same, and the next one takes back', async () => {
      assert.is(await guest.setIp(OLD), 0);
      const held = holdNext(ip);
      const answer = guest.setIp(NEW);
      await held.isThere();
      assert.is(await guest.daemon.stop('SIGTERM'), 'SIGTERM');
      assert.is(await answer, FAIL);
      held.release();
      await restartDaemon(guest);
      await assertWorks(guest, OLD);
    });
  });

  /** False when the change had been made before the step came. */
  async function killedAt(step: Step): Promise<boolean> {
    assert.is(await guest.setIp(OLD), 0, guest.daemon.output);
    await killAt(guest.daemon, step);
    const status = await guest.setIp(NEW);
    if (status === 0) await guest.daemon.stop('SIGKILL');
    assert.is(await guest.daemon.ended, 'SIGKILL');
    await restartDaemon(guest);
    const made = kernelState(SECOND.link).addresses[0]?.startsWith(NEW.addresses?.[0] ?? '') ?? false;
    await assertWorks(guest, made ? NEW : OLD);
    if (status === 0) assert.ok(made);
    else assert.is(status, FAIL);
    return status !== 0;
  }
}
