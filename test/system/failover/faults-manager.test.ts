/** A network manager that misbehaves, with networkd as the manager: what is left is the old configuration, working. */
import { fileURLToPath } from 'node:url';
import type { Outcome } from '#internal';
import { assert, suite } from '../../_support/suite.js';
import { fakeProgram } from './fake-program.js';
import { guestChanger, WANTED } from './guest-changer.js';
import { configurationFiles, kernelState } from './guest-state.js';
import { startService } from './guest-system.js';
import { ip, pings, run, succeeds, until } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { isConfigured, moveToSecondHost, SECOND, SETTINGS, SITE_B, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';

/** A busy machine takes seconds for what takes half of one; a manager that hangs takes all of it. */
const WITHIN_MS = 14_000;
const NETWORKD = '/lib/systemd/systemd-networkd';
const OTHER_GATEWAY = '198.51.100.1';

if (await insidePrivateRoot(fileURLToPath(import.meta.url), GUEST_SYSTEMS.networkd.apart)) {
  await startAtFirstHost(GUEST_SYSTEMS.networkd);
  await moveToSecondHost(GUEST_SYSTEMS.networkd);
  const networkctl = fakeProgram('networkctl');
  const changer = guestChanger('networkd', { withinMs: WITHIN_MS });
  const files = configurationFiles();
  const kernel = kernelState(SECOND.link);

  suite('a manager that', ({ test, after }) => {
    after(() => changer.close());

    for (const [title, script, code] of [
      ['fails', 'echo no >&2; exit 1', 'ERR_NET_COMMAND'],
      ['hangs', 'while :; do sleep 1; done', 'ERR_NET_COMMAND'],
      ['says yes and does nothing', 'exit 0', 'ERR_NET_VERIFY'],
      ['half-applies', `ip address add 192.0.2.10/24 dev ${SECOND.link}; exit 0`, 'ERR_NET_VERIFY'],
      ['takes the link down', `ip link set ${SECOND.link} down; exit 0`, 'ERR_NET_VERIFY'],
      ['takes everything away', `ip address flush dev ${SECOND.link}; exit 0`, 'ERR_NET_VERIFY'],
    ] as const)
      test(`${title} leaves the old configuration, in force and in the files`, async () => {
        misbehave(script);
        assertTakenBack(await changer.apply(SECOND.link, WANTED), code);
        await assertAsBefore();
      });

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

    test('loses the interface leaves the old files', async () => {
      misbehave(`ip link delete ${SECOND.link}; exit 0`);
      const outcome = await changer.apply(SECOND.link, WANTED);
      assert.is(outcome.kind, 'failed');
      assert.match('rollback' in outcome ? outcome.rollback.message : '', /there is no interface eth1/);
      assert.equal(configurationFiles(), files);
    });
  });

  /** Reloading alone reconfigures an interface whose file changed: so it is left out. */
  function misbehave(script: string): void {
    const leaveOut = 'mv /run/fake/networkctl.now /run/fake/networkctl; exit 0';
    networkctl.nextTime(`case $1 in\nreload) ${leaveOut};;\n*) ${script};;\nesac`);
  }

  function assertTakenBack(outcome: Outcome, code: string): void {
    assert.is(outcome.kind, 'rolled-back', JSON.stringify(outcome));
    assert.is('error' in outcome && outcome.error.code, code);
  }

  async function assertAsBefore(): Promise<void> {
    assert.is(networkctl.waits, false);
    assert.equal(configurationFiles(), files);
    await until('the old state', () => JSON.stringify(kernelState(SECOND.link)) === JSON.stringify(kernel));
    await until(`${OTHER_GATEWAY} answers`, () => pings(OTHER_GATEWAY));
  }
}
