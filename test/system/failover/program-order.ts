/** The first address is the one that the guest speaks from, and a gateway may be outside every subnet of the guest. */
import type { IpConfiguration } from 'hv-kvp/host';
import { assert, suite } from '../../_support/suite.js';
import { until } from '../../_support/until.js';
import { gatewaysOf, pings, run } from './network.js';
import type { ProgramGuest } from './program-guest.js';
import { SECOND } from './story.js';

const GATEWAYS = ['192.0.2.1', '2001:db8:1::1'];
const SUBNETS = ['255.255.255.0', '255.255.255.0', '64', '64'];

const inOrder = (addresses: string[]): IpConfiguration => ({
  ...{ dhcp: false, addresses, subnets: SUBNETS, gateways: GATEWAYS, dns: ['192.0.2.53', '192.0.2.54'] },
});

/** The address that packets to this one leave from. */
function sourceTo(address: string): string | undefined {
  const [route] = JSON.parse(run('ip', '-j', 'route', 'get', address)) as { prefsrc?: string }[];
  return route?.prefsrc;
}

export function testOrder({ guest, name }: { guest: ProgramGuest; name: string }): void {
  const setIp = async (wanted: IpConfiguration) => assert.is(await guest.setIp(wanted), 0, guest.daemon.output);

  suite(`hv-kvp-daemon with ${name}: order and gateways`, ({ test }) => {
    test('the first address of each family is the one that the guest speaks from, whichever it was before', async () => {
      const pairs = [
        ['192.0.2.10', '192.0.2.20'],
        ['192.0.2.20', '192.0.2.10'],
      ];
      for (const [first, second] of pairs as [string, string][]) {
        const of6 = (text: string) => `2001:db8:1::${text.split('.')[3]}`;
        const addresses = [first, second, of6(first), of6(second)];
        await setIp(inOrder(addresses));
        assert.equal(GATEWAYS.map(sourceTo), [first, of6(first)]);
        assert.equal((await guest.vm.getIp(SECOND.mac)).addresses.slice(0, 4), addresses);
      }
    });

    test('the other order of the same DNS servers is a change', async () => {
      const before = inOrder(['192.0.2.20', '192.0.2.10', '2001:db8:1::20', '2001:db8:1::10']);
      await setIp({ ...before, dns: before.dns!.toReversed() });
      assert.equal((await guest.vm.getIp(SECOND.mac)).dns.slice(0, 2), ['192.0.2.54', '192.0.2.53']);
    });

    test('a gateway outside every subnet of the guest is on the link', async () => {
      const addresses = ['192.0.2.3', '2001:db8:1::3'];
      const gateways = ['198.51.100.1', '2001:db8:1::1'];
      await setIp({ dhcp: false, addresses, subnets: ['255.255.255.255', '128'], gateways, dns: [] });
      assert.equal(gatewaysOf(SECOND.link), gateways);
      for (const gateway of gateways) await until(`${gateway} answers`, () => pings(gateway));
    });
  });
}
