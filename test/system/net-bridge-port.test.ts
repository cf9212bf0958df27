/** A host's change of an adapter that is a port: the bridge gets it, and the host reads back what it set. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNetFacts, createNetPort } from 'hv-kvp/net';
import { createNetChanger } from '#internal';
import * as machine from '../_support/private-machine.js';
import { assert, suite } from '../_support/suite.js';
import { ip } from './failover/network.js';

const MAC = '00:15:5D:00:00:01';

if (await machine.insidePrivateMachine(fileURLToPath(import.meta.url))) {
  ip('link set lo up');

  suite('an adapter that is a port', ({ test }) => {
    test('of a bridge: what is set is what is read', async () => {
      ip('link add upper0 address 02:00:00:00:00:09 type bridge');
      ip(`link add eth0 address ${MAC} type veth peer name far0`);
      ip('link set far0 up');
      ip('link set eth0 master upper0');
      for (const name of ['eth0', 'upper0']) ip(`link set ${name} addrgenmode none up`);
      ip('address add 192.168.77.5/24 dev upper0');
      const root = mkdtempSync(join(tmpdir(), 'hv-kvp-'));
      writeFileSync(join(root, 'resolv.conf'), '');
      const facts = createNetFacts({ root, refreshMs: 60_000 });
      const changer = createNetChanger({ facts, root, stateDir: join(root, 'state'), probe: async () => [] });
      const net = createNetPort({ facts, change: changer.change, lookUp: () => 'eth0' });
      const read = async () => {
        await facts.refresh();
        return (await net.ipInfoByMac(MAC))?.addresses;
      };
      assert.is(await read(), '192.168.77.5');
      const wanted = { adapterId: '{A}', dhcp: false, addresses: '192.168.77.9', subnets: '255.255.255.0' };
      await net.setIpInfo({ ...wanted, gateways: '', dns: '' }, new AbortController().signal);
      assert.is(await read(), '192.168.77.9');
      assert.match(ip('-o -4 address show'), /upper0\s+inet 192\.168\.77\.9\/24/);
      assert.not.match(ip('-o -4 address show'), /eth0|192\.168\.77\.5/);
      facts.close();
      ip('link del upper0');
      ip('link del eth0');
    });
  });
}
