import fc from 'fast-check';
import { readIfconfig, readNetstat } from '#internal';
import { freebsdOutput } from '../../_support/freebsd-output.js';
import { assert, suite } from '../../_support/suite.js';

function gatewaysOf(name: string): string[] {
  const { links } = readIfconfig(freebsdOutput(`ifconfig-${name}.txt`));
  return readNetstat(freebsdOutput(`netstat-${name}.txt`), links).map(
    ({ index, family, text, advertised }) => `${index} ${family} ${text}${advertised ? ' advertised' : ''}`,
  );
}

suite('netstat(1) output of FreeBSD', ({ test }) => {
  test('a default route of each family, one of them from a router’s advertisement, its zone dropped', () => {
    assert.equal(gatewaysOf('azure'), ['1 4 192.0.2.1', '1 6 fe80::1234:56ff:fe78:9abc advertised']);
  });

  test('further columns, and two gateways', () => {
    assert.equal(gatewaysOf('static'), ['1 4 192.0.2.1', '1 4 192.0.2.2', '1 6 2001:db8::1']);
  });

  test('half of the Internet is no default, and what is rejected has no gateway', () => {
    assert.equal(gatewaysOf('accelerated'), ['4 4 192.0.2.1']);
  });

  test('what has no titles, no address or no known interface is passed over', () => {
    const { links } = readIfconfig(freebsdOutput('ifconfig-azure.txt'));
    const head = 'Destination Gateway Flags Netif Expire\n';
    assert.equal(readNetstat('default 192.0.2.1 UGS hn0\n', links), []);
    for (const line of ['default link#2 US hn0', 'default 192.0.2.1 UGS hn', 'default 192.0.2.1 GS hn0', 'default', ''])
      assert.equal(readNetstat(head + line, links), [], line);
  });

  test('what is printed of any routes is read back, whatever columns there are', () => {
    const seed = Number(process.env['HV_KVP_TEST_SEED'] ?? 20261124);
    console.log(`    seed ${seed}`);
    const { links } = readIfconfig(freebsdOutput('ifconfig-static.txt'));
    const byte = fc.integer({ min: 1, max: 254 });
    const route = fc.record({
      destination: fc.constantFrom('default', '10.0.0.0/8', '2001:db8::/32'),
      gateway: fc.oneof(
        byte.map((last) => `192.0.2.${last}`),
        byte.map((last) => `2001:db8::${last.toString(16)}`),
        byte.map((last) => `fe80::${last.toString(16)}`),
        fc.constant('link#1'),
      ),
      link: fc.constantFrom('hn0', 'hn1', 'hn0.101'),
      flags: fc.constantFrom('UGS', 'UG', 'UGSB', 'URS'),
    });
    const columns = fc.subarray(['Refs', 'Use', 'Nhop#', 'Mtu']);
    fc.assert(
      fc.property(fc.array(route, { maxLength: 8 }), columns, (routes, further) => {
        const lines = routes.map(({ destination, gateway, link, flags }) => {
          const zone = gateway.startsWith('fe80') ? `%${link}` : '';
          return [destination, gateway + zone, flags, ...further.map(() => '7'), link, '1187'].join('   ');
        });
        const head = ['Destination', 'Gateway', 'Flags', ...further, 'Netif', 'Expire'].join('   ');
        const text = `Routing tables\n\nInternet6:\n${[head, ...lines].join('\n')}\n`;
        assert.equal(
          readNetstat(text, links).map(({ index, text: via, advertised }) => ({ index, via, advertised })),
          routes
            .filter(({ destination, gateway }) => destination === 'default' && gateway !== 'link#1')
            .filter(({ flags }) => flags === 'UGS' || flags === 'UG')
            .map(({ gateway, link, flags }) => ({
              index: links.find(({ name }) => name === link)!.index,
              via: gateway,
              advertised: flags === 'UG' && gateway.includes(':'),
            })),
        );
      }),
      { seed, numRuns: 200 },
    );
  });
});
