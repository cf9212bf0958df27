/**
 * The built daemon with a real network manager: a change that the host asks for over the ring is made and verified, and
 * a daemon that is killed at any step of one leaves the old configuration or the new one, working.
 */
import { FAIL } from '../../_support/harmed-guest.js';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { killAt, type Step } from './daemon-killer.js';
import { fakeProgram } from './fake-program.js';
import { changedFiles, configurationFiles, kernelState } from './guest-state.js';
import type { SystemName } from './guest-system.js';
import { pings } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { testFaults } from './program-faults.js';
import { assertWorks, giveAdapterId, logged, NEW, OLD, restartDaemon, startProgramGuest } from './program-guest.js';
import { testInput } from './program-input.js';
import { testOrder } from './program-order.js';
import { isConfigured, moveToSecondHost, SECOND, SETTINGS, STORED, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';

export interface ProgramScenario {
  system: SystemName;
  /** At which step of the first change, from an address by DHCP, the daemon dies. */
  first: Step;
  /** Titles, and at which step of a change from one static address to another the daemon dies. */
  steps: Record<string, Step>;
  /** The manager's program that is running when the daemon dies. */
  program: string;
  /** The file that changes. */
  path: string;
}

export async function testProgram(file: string, scenario: ProgramScenario): Promise<void> {
  const { system: name, first, steps, program, path } = scenario;
  const system = GUEST_SYSTEMS[name];
  if (!(await insidePrivateRoot(file, system.apart))) return;
  await startAtFirstHost(system);
  await moveToSecondHost(system);
  giveAdapterId();
  const guest = await startProgramGuest();

  suite(`hv-kvp-daemon with ${name}`, ({ test }) => {
    test(`killed during the first change: what DHCP gave, working`, async () => {
      const before = { files: configurationFiles(), kernel: JSON.stringify(kernelState(SECOND.link)) };
      await killAt(guest.daemon, first);
      assert.is(await guest.setIp(STORED), FAIL);
      assert.is(await guest.daemon.ended, 'SIGKILL', guest.daemon.output);
      await restartDaemon(guest);
      assert.equal(changedFiles(before.files), []);
      await until('the address by DHCP', () => JSON.stringify(kernelState(SECOND.link)) === before.kernel);
      await until('the gateway answers', () => pings('198.51.100.1'));
    });

    test('makes and verifies what the host asks for', async () => {
      assert.is(await guest.setIp(STORED), 0, guest.daemon.output);
      assert.ok(isConfigured(SECOND.link, SETTINGS), 'right when the host has its answer');
      for (const gateway of SETTINGS.gateways) await until(`${gateway} answers`, () => pings(gateway));
      const told = await guest.vm.getIp(SECOND.mac);
      assert.equal([told.dhcp, told.addresses.slice(0, 2)], [false, STORED.addresses]);
      assert.is(logged(guest.daemon, 'the network is as the host wants it').length, 1);
    });

    test('the same again starts no program and touches no file', async () => {
      const before = logged(guest.daemon, 'network').length;
      assert.is(await guest.setIp(STORED), 0);
      assert.is(logged(guest.daemon, 'network').length, before);
    });

    for (const [title, step] of Object.entries(steps))
      test(`killed ${title}: the old configuration or the new one, working`, () =>
        killedDuringChange(() => killAt(guest.daemon, step), step.call === 'write' ? 'new' : 'old'));

    test(`killed while ${program} runs: the old configuration, working`, () =>
      killedDuringChange(() => fakeProgram(program).nextTime('kill -KILL $PPID'), 'old'));

    test(`killed while ${program} runs, and the next one while it takes that back: the old configuration, working`, async () => {
      const kill = 'kill -KILL $PPID';
      const again = async () => {
        await guest.daemon.ended;
        fakeProgram(program).nextTime(kill);
        await guest.startDaemon().catch(() => {});
        assert.is(await guest.daemon.ended, 'SIGKILL', guest.daemon.output);
      };
      await killedDuringChange(() => fakeProgram(program).nextTime(kill), 'old', again);
    });

    test('and the last daemon makes the change', async () => {
      assert.is(await guest.setIp(NEW), 0);
      await assertWorks(guest, NEW);
    });
  });

  testOrder({ guest, name });
  testInput({ guest, name, file: path });
  // NetworkManager is told to load, to reapply, and else to bring up.
  testFaults({ guest, system, path, program, failures: name === 'networkmanager' ? 3 : 1 });

  async function killedDuringChange(
    trap: () => void | Promise<void>,
    left: 'old' | 'new',
    meanwhile: () => void | Promise<void> = () => {},
  ): Promise<void> {
    assert.is(await guest.setIp(OLD), 0, guest.daemon.output);
    const old = configurationFiles();
    await trap();
    assert.is(await guest.setIp(NEW), FAIL);
    assert.is(await guest.daemon.ended, 'SIGKILL', guest.daemon.output);
    await meanwhile();
    await restartDaemon(guest);
    assert.equal(changedFiles(old), left === 'old' ? [] : [path]);
    await assertWorks(guest, left === 'old' ? OLD : NEW);
    if (left === 'new') assert.is(await guest.setIp(NEW), 0, 'the host asks again');
  }
}
