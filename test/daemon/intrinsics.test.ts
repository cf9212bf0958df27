import { createIntrinsics } from 'hv-kvp/daemon';
import { assert, suite } from '../_support/suite.js';

const addressItem = (index: number, addresses: string[]) =>
  createIntrinsics({
    profile: 'linux',
    facts: () => ({
      ...{ hostName: 'guest', kernelName: 'Linux', kernelRelease: '6.1.0', machine: 'x86_64', osRelease: new Map() },
      ...{ ipv4: addresses, ipv6: addresses },
    }),
  }).at(index);

suite('NetworkAddressIPv4 and NetworkAddressIPv6', ({ test }) => {
  for (const [index, key, addressOf] of [
    [2, 'NetworkAddressIPv4', (at: number) => `10.96.${at}.184`],
    [3, 'NetworkAddressIPv6', (at: number) => `fe80::215:5dff:fe00:${(at + 0x1000).toString(16)}`],
  ] as const)
    test(`${key} holds whole addresses, within what the driver hands on`, () => {
      const addresses = Array.from({ length: 150 }, (_, at) => addressOf(at));
      const item = addressItem(index, addresses)!;
      assert.is(item.key, key);
      const told = item.value.split(';');
      assert.equal(told, addresses.slice(0, told.length));
      assert.ok(item.value.length <= 1_022);
      assert.ok(`${item.value};${addresses[told.length]}`.length > 1_022, 'another one would not have fit');
    });

  test('as many units as the driver hands on are all there', () => {
    const long = Array.from({ length: 63 }, (_, at) => `100.100.100.1${String(at).padStart(2, '0')}`);
    const text = [...long, '10.100.100.100'].join(';');
    assert.is(text.length, 1_022);
    assert.is(addressItem(2, text.split(';'))?.value, text);
    assert.is(addressItem(2, [...long, '100.100.100.200'])?.value, long.join(';'));
    assert.is(addressItem(2, [])?.value, '');
  });
});
