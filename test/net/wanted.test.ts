import { parseWanted } from 'hv-kvp/net';
import { assert, suite } from '../_support/suite.js';

const text = (change: Partial<Parameters<typeof parseWanted>[0]>) => ({
  dhcp: false,
  addresses: '',
  subnets: '',
  gateways: '',
  dns: '',
  ...change,
});

suite('wanted network configuration', ({ test }) => {
  test('both families, masks and prefix lengths with and without slash, empty and trailing elements', () => {
    const wanted = parseWanted(
      text({
        addresses: '192.0.2.7; 2001:DB8:0:0::7;;198.51.100.7;fe80::1',
        subnets: '255.255.255.0;/64;20;64;',
        gateways: '192.0.2.1;2001:db8::1;',
        dns: ';192.0.2.53;',
      }),
    );
    assert.equal(wanted, {
      dhcp: false,
      addresses: [
        { family: 4, text: '192.0.2.7', prefix: 24 },
        { family: 6, text: '2001:db8::7', prefix: 64 },
        { family: 4, text: '198.51.100.7', prefix: 20 },
        { family: 6, text: 'fe80::1', prefix: 64 },
      ],
      gateways: ['192.0.2.1', '2001:db8::1'],
      dns: ['192.0.2.53'],
    });
  });

  const refused = [
    '$(touch x)',
    '192.0.2.1`id`',
    '192.0.2.1\n[ipv4]',
    '192.0.2.1\0',
    '192.0.2.1 # comment',
    '../../etc/passwd',
    '- yaml: true',
    '1'.repeat(46),
    `${'0'.repeat(40)}:0:0:0:0:0:0:1`,
    '\u202e192.0.2.1',
    '١٩٢.0.2.1',
    '１９２.0.2.1',
    '192.0.2',
    '0192.0.2.1',
    '0x7f000001',
    '256.1.1.1',
    'fe80::1%eth0',
    'fe80::1%$(id)',
    '2001:db8::/32',
    'localhost',
    ':::',
  ];
  for (const [at, element] of refused.entries()) {
    test(`text ${at} is refused wherever it stands`, () => {
      const good = { addresses: '192.0.2.7', subnets: '24' };
      for (const field of ['addresses', 'gateways', 'dns', 'subnets'] as const) {
        const wanted = text({ ...good, [field]: element });
        assert.throws(
          () => parseWanted(wanted),
          (error: { code?: string }) => error.code === 'ERR_NET_ADDRESS',
          field,
        );
      }
    });
  }

  test('addresses that no machine can have are refused wherever they stand', () => {
    for (const address of ['0.0.0.0', '255.255.255.255', '224.0.0.1', '::', 'ff02::1']) {
      for (const field of ['addresses', 'gateways', 'dns'] as const) {
        const wanted = text({ addresses: '192.0.2.7', subnets: '24', [field]: address });
        assert.throws(
          () => parseWanted(wanted),
          (error: { code?: string }) => error.code === 'ERR_NET_ADDRESS',
          `${field} ${address}`,
        );
      }
    }
  });

  test('masks with holes, prefixes beyond the family and missing subnets are refused', () => {
    for (const [addresses, subnets] of [
      ['192.0.2.1', '255.0.255.0'],
      ['192.0.2.1', '33'],
      ['192.0.2.1', '-1'],
      ['2001:db8::1', '129'],
      ['2001:db8::1', '255.255.255.0'],
      ['192.0.2.1;192.0.2.2', '24'],
      ['192.0.2.1', '24;$(id)'],
      ['192.0.2.1', '24;129'],
    ] as const)
      assert.throws(() => parseWanted(text({ addresses, subnets })), undefined, `${addresses} ${subnets}`);
  });
});
