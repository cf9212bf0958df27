/**
 * A host that repeats, changes or withdraws its request while one is carried out, and a driver that waits for 5 s only:
 * every change is whole or taken back, and no answer is taken for another request's.
 */
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as pass } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLocalChannel } from '#internal';
import { FAIL } from '../../_support/harmed-guest.js';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { fakeProgram, holdNext } from './fake-program.js';
import { configureByHand, plugInPlainly } from './plain-machine.js';
import { insidePrivateRoot } from './private-root.js';
import { assertWorks, JOURNAL, logged, NEW, OLD, type ProgramGuest, startProgramGuest } from './program-guest.js';
import { SECOND } from './story.js';

const OTHER = { ...NEW, addresses: ['198.51.100.11'] };
const VERIFIED = 'the network is as the host wants it';

if (await insidePrivateRoot(fileURLToPath(import.meta.url))) {
  // The daemon has deadlines of seconds here: what else a busy machine does comes after it.
  setPriority(-20);
  plugInPlainly();
  const ip = fakeProgram('ip');

  suite('a host that does not wait', ({ test, after }) => {
    let guest: ProgramGuest;
    after(() => guest.stop());
    const changes = () => logged(guest.daemon, VERIFIED).length;

    test('and asks for the same three times: one change, three successes', async () => {
      guest = await startProgramGuest();
      assert.equal(await Promise.all([NEW, NEW, NEW].map((wanted) => guest.setIp(wanted))), [0, 0, 0]);
      await assertWorks(guest, NEW);
      assert.is(changes(), 1);
    });

    test('and asks for something else meanwhile: one after the other, the last one stays', async () => {
      const held = holdNext(ip);
      const answers = [OLD, OTHER].map((wanted) => guest.setIp(wanted));
      await held.isThere();
      held.release();
      assert.equal(await Promise.all(answers), [0, 0]);
      await assertWorks(guest, OTHER);
      assert.is(changes(), 3);
    });

    test('and negotiates anew: the change is made, its answer goes to nobody, the next request has its own', async () => {
      const held = holdNext(ip);
      const withdrawn = guest.setIp(OLD).catch((error: { code: string }) => error.code);
      await held.isThere();
      guest.vm.saveRestore();
      assert.is(await withdrawn, 'ERR_HOST_INTERRUPTED');
      held.release();
      await guest.vm.ready();
      await assertWorks(guest, OLD);
      assert.is(await guest.setIp({ ...NEW, gateways: ['127.0.0.1'] }), FAIL, 'which is not the answer to the other');
      assert.is(await guest.setIp(NEW), 0);
      await assertWorks(guest, NEW);
    });

    test('and closes the channel: the change is made; over the next channel it can be asked again', async () => {
      const held = holdNext(ip);
      const withdrawn = guest.setIp(OLD).catch((error: { code: string }) => error.code);
      await held.isThere();
      const { session } = guest.hardware.driver;
      guest.vm.stop();
      session.suspend();
      assert.is(await withdrawn, 'ERR_HOST_INTERRUPTED');
      held.release();
      await until('the change is made', () => logged(guest.daemon, VERIFIED).length === 6);
      const channel = createLocalChannel({ engine: guest.hardware.codec.engine });
      session.resume(channel.guest);
      guest.vm.connect(channel.host);
      await guest.vm.ready();
      await assertWorks(guest, OLD);
      assert.is(await guest.setIp(OLD), 0);
      assert.is(await guest.setIp(OTHER), 0);
      await assertWorks(guest, OTHER);
    });
  });

  suite('a driver that waits for 5 s', ({ test, after }) => {
    let guest: ProgramGuest;
    const reasons: string[] = [];
    after(() => guest.stop());

    test('has its answer in time when a program hangs: failed, and the old configuration is in force', async () => {
      configureByHand();
      guest = await startProgramGuest({
        args: ['--profile', 'freebsd'],
        hardware: { profile: 'freebsd', interfaceName: () => SECOND.link },
      });
      guest.hardware.driver.session.onEvent((event) => {
        if (event.what === 'answer' && event.operation === 5) reasons.push(event.reason);
      });
      ip.nextTime('while :; do sleep 1; done');
      assert.is(await guest.setIp(NEW), FAIL);
      assert.equal(reasons, ['daemon']);
      assert.not.ok(existsSync(JOURNAL));
      await assertWorks(guest, OLD);
      assert.is(logged(guest.daemon, 'took too long').length, 0);
    });

    test('has one too when the daemon itself was kept from working; what it began is taken back behind it', async () => {
      const held = holdNext(ip);
      const answer = guest.setIp(NEW);
      await held.isThere();
      guest.daemon.process.kill('SIGSTOP');
      // Longer than the daemon's deadline, shorter than the driver's.
      await pass(4_100);
      guest.daemon.process.kill('SIGCONT');
      assert.is(await answer, FAIL);
      assert.is(logged(guest.daemon, 'took too long').length, 1, guest.daemon.output);
      assert.is(await guest.setIp(OTHER), 0, 'waits for its turn');
      await assertWorks(guest, OTHER);
      assert.is(logged(guest.daemon, 'the network is as before').length, 2);
      assert.is(logged(guest.daemon, 'late work failed').length, 1);
      assert.equal(reasons, ['daemon', 'daemon', 'daemon']);
    });
  });
}
