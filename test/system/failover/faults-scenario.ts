/** A changer over networkd whose program misbehaves on request, and what has to be left after a change that failed. */
import type { Outcome } from '#internal';
import { assert } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { type FakeProgram, fakeProgram } from './fake-program.js';
import { type GuestChanger, guestChanger } from './guest-changer.js';
import { configurationFiles, kernelState } from './guest-state.js';
import { pings } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { moveToSecondHost, SECOND, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';

/** A busy machine takes seconds for what takes half of one; a manager that hangs takes all of it. */
const WITHIN_MS = 14_000;
export const NETWORKD = '/lib/systemd/systemd-networkd';
export const OTHER_GATEWAY = '198.51.100.1';

export interface FaultyManager {
  networkctl: FakeProgram;
  changer: GuestChanger;
  files: ReturnType<typeof configurationFiles>;
  kernel: ReturnType<typeof kernelState>;
  /** The next `networkctl reconfigure` runs this shell script instead. */
  misbehave(script: string): void;
  assertAsBefore(): Promise<void>;
}

/** Undefined outside the private root, where the file has run and has nothing left to do. */
export async function faultyManager(file: string): Promise<FaultyManager | undefined> {
  if (!(await insidePrivateRoot(file, GUEST_SYSTEMS.networkd.apart))) return undefined;
  await startAtFirstHost(GUEST_SYSTEMS.networkd);
  await moveToSecondHost(GUEST_SYSTEMS.networkd);
  const networkctl = fakeProgram('networkctl');
  const changer = guestChanger('networkd', { withinMs: WITHIN_MS });
  const files = configurationFiles();
  const kernel = kernelState(SECOND.link);
  return {
    ...{ networkctl, changer, files, kernel },
    /** Reloading alone reconfigures an interface whose file changed: so it is left out. */
    misbehave(script) {
      const leaveOut = 'mv /run/fake/networkctl.now /run/fake/networkctl; exit 0';
      networkctl.nextTime(`case $1 in\nreload) ${leaveOut};;\n*) ${script};;\nesac`);
    },
    async assertAsBefore() {
      assert.is(networkctl.waits, false);
      assert.equal(configurationFiles(), files);
      await until('the old state', () => JSON.stringify(kernelState(SECOND.link)) === JSON.stringify(kernel));
      await until(`${OTHER_GATEWAY} answers`, () => pings(OTHER_GATEWAY));
    },
  };
}

export function assertTakenBack(outcome: Outcome, code: string): void {
  assert.is(outcome.kind, 'rolled-back', JSON.stringify(outcome));
  assert.is('error' in outcome && outcome.error.code, code);
}
