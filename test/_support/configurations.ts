/** Configurations as hosts ask for them: the cases that every backend has to carry, and arbitrary ones. */
import fc from 'fast-check';
import type { InterfaceAddress, IpConfiguration } from 'hv-kvp/net';

/** "192.0.2.7/24 2001:db8::7/64", "192.0.2.1", "192.0.2.53" */
export function configuration(addresses: string, gateways = '', dns = '', dhcp = false): IpConfiguration {
  return {
    dhcp,
    addresses: words(addresses).map((cidr) => {
      const [text = '', prefix = ''] = cidr.split('/');
      return { family: text.includes(':') ? 6 : 4, text, prefix: Number(prefix) };
    }),
    gateways: words(gateways),
    dns: words(dns),
  };
}

const words = (text: string) => text.split(' ').filter((word) => word !== '');

export const CASES: Readonly<Record<string, IpConfiguration>> = {
  'single IPv4': configuration('192.0.2.7/24', '192.0.2.1', '192.0.2.53'),
  'both families': configuration('192.0.2.7/24 2001:db8::7/64', '192.0.2.1 2001:db8::1', '192.0.2.53 2001:db8::53'),
  'many addresses': configuration(
    `${Array.from({ length: 20 }, (_, at) => `10.9.${at}.1/24`).join(' ')} 2001:db8:a::1/64 2001:db8:b::1/48`,
    '10.9.0.254 10.9.1.254 2001:db8:a::ff',
    '10.9.0.53',
  ),
  DHCP: configuration('', '', '', true),
  'DHCP with DNS servers': configuration('', '', '192.0.2.53', true),
  'DNS only': configuration('', '', '192.0.2.53 2001:db8::53'),
  'gateway only': configuration('', '192.0.2.1 2001:db8::1'),
  nothing: configuration(''),
  'IPv6 only': configuration('2001:db8::7/64', '2001:db8::1'),
  'DHCP and a fixed IPv6 address': configuration('2001:db8::7/64', '2001:db8::1', '2001:db8::53', true),
};

/** Addresses of a few subnets, so that several share one; each address once in its family, as a kernel has them. */
export function arbitraryConfiguration(options: { dhcp?: boolean } = {}): fc.Arbitrary<IpConfiguration> {
  const address4 = fc
    .record({
      net: fc.integer({ min: 0, max: 2 }),
      host: fc.integer({ min: 1, max: 9 }),
      prefix: fc.constantFrom(24, 25, 32),
    })
    .map(({ net, host, prefix }) => ({ family: 4 as const, text: `10.1.${net}.${host}`, prefix }));
  const address6 = fc
    .record({
      net: fc.integer({ min: 1, max: 3 }),
      host: fc.integer({ min: 1, max: 9 }),
      prefix: fc.constantFrom(64, 48, 128),
    })
    .map(({ net, host, prefix }) => ({ family: 6 as const, text: `2001:db8:${net}::${host}`, prefix }));
  const gateway = fc.constantFrom(
    '10.1.0.254',
    '10.1.1.254',
    '203.0.113.1',
    '2001:db8:1::ff',
    'fe80::1',
    '2001:db8:77::1',
  );
  const server = fc.constantFrom('192.0.2.53', '192.0.2.54', '2001:db8::53', '198.51.100.53');
  const unique = { selector: ({ text }: { text: string }) => text };
  return fc
    .record({
      dhcp: options.dhcp === undefined ? fc.boolean() : fc.constant(options.dhcp),
      of4: fc.uniqueArray(address4, { ...unique, maxLength: 4 }),
      of6: fc.uniqueArray(address6, { ...unique, maxLength: 3 }),
      gateways: fc.uniqueArray(gateway, { maxLength: 3 }),
      dns: fc.uniqueArray(server, { maxLength: 3 }),
    })
    .map(({ dhcp, of4, of6, gateways, dns }) => ({ dhcp, addresses: [...of4, ...of6], gateways, dns }));
}

const byte = fc.integer({ min: 1, max: 254 });
const v4 = fc.tuple(fc.constantFrom(10, 172, 192, 203), byte, byte, byte).map((parts) => parts.join('.'));
const v6 = fc
  .tuple(fc.constantFrom('2001:db8', 'fd00:1'), byte, byte)
  .map(([net, a, b]) => `${net}:${a.toString(16)}::${b.toString(16)}`);

const addressOf = (family: 4 | 6): fc.Arbitrary<InterfaceAddress> =>
  fc
    .tuple(family === 4 ? v4 : v6, fc.integer({ min: 1, max: family === 4 ? 32 : 128 }))
    .map(([text, prefix]) => ({ family, text, prefix }));

const some = <T>(one: fc.Arbitrary<T>, selector: (value: T) => unknown, maxLength = 4): fc.Arbitrary<T[]> =>
  fc.uniqueArray(one, { maxLength, selector });

const text = (value: string): string => value;

/** Nothing in it depends on anything else: gateways without addresses are among them. */
export const anyConfiguration: fc.Arbitrary<IpConfiguration> = fc
  .record({
    dhcp: fc.boolean(),
    addresses4: some(addressOf(4), (one) => one.text),
    addresses6: some(addressOf(6), (one) => one.text),
    gateways4: some(v4, text, 3),
    gateways6: some(v6, text, 3),
    dns4: some(v4, text, 3),
    dns6: some(v6, text, 3),
  })
  .map(({ dhcp, addresses4, addresses6, gateways4, gateways6, dns4, dns6 }) => ({
    dhcp,
    addresses: [...addresses4, ...addresses6],
    gateways: [...gateways4, ...gateways6],
    dns: [...dns4, ...dns6],
  }));
