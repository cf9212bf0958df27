/** The test bed itself: every system of a guest, driven by its own programs alone. */

import { assert, suite } from '../../_support/suite.js';
import type { SystemName } from './guest-system.js';
import { addressesOf } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { moveToSecondHost, SECOND, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';

export async function testBed(file: string, name: SystemName): Promise<void> {
  const system = GUEST_SYSTEMS[name];
  if (!(await insidePrivateRoot(file, system.apart))) return;
  suite(`a guest with ${name}`, ({ test }) => {
    test('has its static settings at the first host', async () => {
      await startAtFirstHost(system);
    });
    test('and only an address by DHCP at the second', async () => {
      await moveToSecondHost(system);
      assert.is(addressesOf(SECOND.link).length, 1);
    });
  });
}
