import fc from 'fast-check';
import { readIfconfig } from '#internal';
import { freebsdOutput } from '../../_support/freebsd-output.js';
import { assert, suite } from '../../_support/suite.js';

const [LENT, PERMANENT, DUPLICATED, DEPRECATED, TENTATIVE] = [0, 0x80, 0x08, 0x20, 0x40];

/** "1 192.0.2.7/24 80 0": index, address, flags, scope */
function addressesOf(name: string): string[] {
  return readIfconfig(freebsdOutput(name)).addresses.map(
    ({ index, text, prefix, flags, scope }) => `${index} ${text}/${prefix} ${flags.toString(16)} ${scope}`,
  );
}

suite('ifconfig(8) output of FreeBSD', ({ test }) => {
  test('one synthetic adapter, and the loopback', () => {
    const { links } = readIfconfig(freebsdOutput('ifconfig-azure.txt'));
    assert.equal(links, [
      { index: 1, name: 'hn0', loopback: false, up: true, mac: '00:15:5D:01:02:03', master: undefined },
      { index: 2, name: 'lo0', loopback: true, up: true, mac: undefined, master: undefined },
    ]);
    assert.equal(addressesOf('ifconfig-azure.txt').slice(0, 2), [
      '1 fe80::215:5dff:fe01:203/64 80 253',
      '1 192.0.2.7/22 80 0',
    ]);
  });

  test('several addresses, with what their words mean; a link that is down; a VLAN', () => {
    const hex = (flags: number) => flags.toString(16);
    assert.equal(
      addressesOf('ifconfig-static.txt').filter((line) => !line.startsWith('3')),
      [
        '1 192.0.2.7/24 80 0',
        '1 192.0.2.8/32 80 0',
        '1 198.51.100.7/25 80 0',
        '1 fe80::215:5dff:fe01:203/64 80 253',
        '1 2001:db8::7/64 80 0',
        `1 2001:db8::8/64 ${hex(PERMANENT | TENTATIVE)} 0`,
        `1 2001:db8::9/64 ${hex(PERMANENT | DUPLICATED)} 0`,
        `1 2001:db8:1:0:215:5dff:fe01:203/64 ${hex(LENT)} 0`,
        `1 2001:db8:1:0:8c4f:1d2e:9a3b:5f60/64 ${hex(DEPRECATED)} 0`,
        '4 203.0.113.7/24 80 0',
      ],
    );
    const { links } = readIfconfig(freebsdOutput('ifconfig-static.txt'));
    assert.equal(
      links.map(({ name, up }) => `${name} ${up}`),
      ['hn0 true', 'hn1 false', 'lo0 true', 'hn0.101 true'],
    );
  });

  test('the form with prefix lengths says the same', () => {
    const plain = readIfconfig(freebsdOutput('ifconfig-static.txt'));
    assert.equal(readIfconfig(freebsdOutput('ifconfig-cidr.txt')), plain);
  });

  test('ports of a lagg and of a bridge, point-to-point, CARP, a burnt-in address beside the one in use', () => {
    const { links } = readIfconfig(freebsdOutput('ifconfig-accelerated.txt'));
    assert.equal(
      links.map(({ name, mac, master }) => `${name} ${mac} ${master}`),
      [
        'hn0 00:15:5D:01:02:03 4',
        'mce0 00:15:5D:01:02:03 4',
        'lo0 undefined undefined',
        'lagg0 00:15:5D:01:02:03 undefined',
        'bridge0 58:9C:FC:10:FF:88 undefined',
        'tap0 58:9C:FC:10:FF:99 5',
        'tun0 undefined undefined',
      ],
    );
    assert.equal(addressesOf('ifconfig-accelerated.txt').slice(1), [
      '4 192.0.2.7/24 80 0',
      '4 192.0.2.70/24 80 0',
      '7 10.8.0.6/32 80 0',
    ]);
  });

  test('dotted masks are read, masks with holes and other nonsense are passed over', () => {
    const text = [
      'hn0: flags=8843<UP> metric 0 mtu 1500',
      '\tinet 192.0.2.7 netmask 255.255.255.0 broadcast 192.0.2.255',
      '\tinet 192.0.2.8 netmask 0xff00ff00',
      '\tinet 192.0.2.9',
      '\tinet 192.0.2.10/33',
      '\tinet 2001:db8::1/24',
      '\tinet6 2001:db8::1 prefixlen 129',
      '\tinet6 192.0.2.11 prefixlen 24',
      '\tinet $(id) netmask 0xffffff00',
      '\tether 00:15:5d',
      '\tether 00:00:00:00:00:00',
    ].join('\n');
    const { links, addresses } = readIfconfig(text);
    assert.equal(
      addresses.map(({ text: address, prefix }) => `${address}/${prefix}`),
      ['192.0.2.7/24'],
    );
    assert.is(links[0]?.mac, undefined);
    assert.equal(readIfconfig(''), { links: [], addresses: [] });
    assert.equal(readIfconfig('\tinet 192.0.2.7 netmask 0xffffff00\n'), { links: [], addresses: [] });
  });

  test('what is printed of any interfaces is read back', () => {
    const seed = Number(process.env['HV_KVP_TEST_SEED'] ?? 20261124);
    console.log(`    seed ${seed}`);
    const byte = fc.integer({ min: 0, max: 255 });
    const hex = (value: number) => value.toString(16).padStart(2, '0');
    const address4 = fc.record({ bytes: fc.tuple(byte, byte, byte, byte), prefix: fc.integer({ min: 0, max: 32 }) });
    const address6 = fc.record({
      groups: fc.tuple(byte, byte),
      prefix: fc.integer({ min: 0, max: 128 }),
      words: fc.subarray(['tentative', 'deprecated', 'autoconf', 'temporary']),
    });
    const link = fc.record({
      name: fc.stringMatching(/^[a-z]{1,8}[0-9]{1,3}(\.[0-9]{1,3})?$/),
      up: fc.boolean(),
      mac: fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 6, maxLength: 6 }),
      of4: fc.array(address4, { maxLength: 4 }),
      of6: fc.array(address6, { maxLength: 4 }),
    });
    const maskOf = (prefix: number) => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);
    fc.assert(
      fc.property(fc.uniqueArray(link, { selector: ({ name }) => name, maxLength: 5 }), (wanted) => {
        const printed = wanted.flatMap(({ name, up, mac, of4, of6 }) => [
          `${name}: flags=8843<${up ? 'UP,' : ''}BROADCAST,RUNNING> metric 0 mtu 1500`,
          `\tether ${mac.map(hex).join(':')}`,
          ...of4.map(
            ({ bytes, prefix }) =>
              `\tinet ${bytes.join('.')} netmask 0x${maskOf(prefix).toString(16).padStart(8, '0')}`,
          ),
          ...of6.map(
            ({ groups: [a, b], prefix, words }) =>
              `\tinet6 2001:db8:${a.toString(16)}::${b.toString(16)} prefixlen ${prefix} ${words.join(' ')}`,
          ),
          '\tstatus: active',
        ]);
        const { links, addresses } = readIfconfig(`${printed.join('\n')}\n`);
        assert.equal(
          links.map(({ name, up, mac }) => ({ name, up, mac })),
          wanted.map(({ name, up, mac }) => ({ name, up, mac: mac.map(hex).join(':').toUpperCase() })),
        );
        assert.equal(
          addresses.map(({ family, prefix }) => `${family}/${prefix}`),
          wanted.flatMap(({ of4, of6 }) => [
            ...of4.map(({ prefix }) => `4/${prefix}`),
            ...of6.map(({ prefix }) => `6/${prefix}`),
          ]),
        );
      }),
      { seed, numRuns: 200 },
    );
  });
});
