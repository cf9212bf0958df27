/** The failover itself, for one system of a guest: an address lost with its host, and given back by the next one. */
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import type { SystemName } from './guest-system.js';
import { pings } from './network.js';
import { insidePrivateRoot } from './private-root.js';
import { isConfigured, moveToSecondHost, SECOND, SETTINGS, STORED, startAtFirstHost } from './story.js';
import { GUEST_SYSTEMS } from './systems/index.js';
import { createVirtualHost } from './virtual-host.js';

export async function testFailover(file: string, name: SystemName): Promise<void> {
  const system = GUEST_SYSTEMS[name];
  if (!(await insidePrivateRoot(file, system.apart))) return;
  const host = await createVirtualHost({ backend: name });
  suite(`failover of a guest with ${name}`, ({ test, after }) => {
    after(() => host.stop());

    test('it has its static settings at the first host, and only an address by DHCP at the second', async () => {
      await startAtFirstHost(system);
      await moveToSecondHost(system);
    });

    test('its own address comes back with the settings that the host stored', async () => {
      await host.vm.setFailover(SECOND.guid, STORED);
      host.vm.failover();
      await Promise.all([host.daemon.registered, host.vm.ready()]);
      assert.ok(isConfigured(SECOND.link, SETTINGS), 'right when the host has its answer');
      for (const gateway of SETTINGS.gateways) await until(`${gateway} answers`, () => pings(gateway));
    });

    test('which the console shows', async () => {
      const told = await host.vm.getIp(SECOND.mac);
      assert.equal(told.dhcp, false);
      assert.equal(told.addresses.slice(0, 2), STORED.addresses);
      // A guest says the length of an IPv6 prefix with a slash.
      assert.equal(told.subnets.slice(0, 2), ['255.255.255.0', '/64']);
      assert.equal(told.gateways.toSorted(), STORED.gateways.toSorted());
      for (const server of STORED.dns) assert.ok(told.dns.includes(server), server);
    });
  });
}
