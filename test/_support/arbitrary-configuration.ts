/** Configurations at random, as a host may want them. */
import fc from 'fast-check';
import type { InterfaceAddress, IpConfiguration } from 'hv-kvp/net';

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
