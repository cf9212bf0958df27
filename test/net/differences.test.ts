import { differences } from '#internal';
import { configuration } from '../_support/configurations.js';
import { assert, suite } from '../_support/suite.js';

const between = (...pair: Parameters<typeof differences>) =>
  differences(...pair).map(({ sign, what, text }) => `${sign} ${what} ${text}`);

suite('differences between two configurations', ({ test }) => {
  test('the order of addresses, gateways and DNS servers counts, of each family by itself', () => {
    const present = configuration(
      '192.0.2.7/24 198.51.100.7/24 2001:db8::7/64 2001:db8::8/64',
      '192.0.2.1 198.51.100.1 2001:db8::1 2001:db8::2',
      '192.0.2.53 192.0.2.54',
    );
    const wanted = configuration(
      '198.51.100.7/24 2001:db8::8/64 192.0.2.7/24 2001:db8::7/64',
      '2001:db8::1 198.51.100.1 2001:db8::2 192.0.2.1',
      '192.0.2.54 192.0.2.53',
    );
    assert.equal(between(present, wanted), [
      '- order address 192.0.2.7/24, 198.51.100.7/24',
      '+ order address 198.51.100.7/24, 192.0.2.7/24',
      '- order gateway 192.0.2.1, 198.51.100.1',
      '+ order gateway 198.51.100.1, 192.0.2.1',
      '- order address 2001:db8::7/64, 2001:db8::8/64',
      '+ order address 2001:db8::8/64, 2001:db8::7/64',
      '- order dns 192.0.2.53, 192.0.2.54',
      '+ order dns 192.0.2.54, 192.0.2.53',
    ]);
  });

  test('an order that no kernel can list is no difference: of one subnet the first is listed before the others', () => {
    const wanted = configuration('192.0.2.7/24 192.0.2.8/24 198.51.100.7/24');
    assert.equal(between(configuration('192.0.2.7/24 198.51.100.7/24 192.0.2.8/24'), wanted), []);
    assert.ok(between(configuration('192.0.2.8/24 198.51.100.7/24 192.0.2.7/24'), wanted).length > 0);
  });

  test('how families are mixed is no difference, nor what DHCP and other interfaces add', () => {
    const present = configuration('192.0.2.99/24 192.0.2.7/24', '192.0.2.254', '192.0.2.53 10.0.0.1 192.0.2.54', true);
    const wanted = configuration('192.0.2.7/24', '', '192.0.2.53 192.0.2.54', true);
    assert.equal(between(present, wanted), []);
  });
});
