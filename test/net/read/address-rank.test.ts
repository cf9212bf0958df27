import { type Interface, rankedAddresses } from '#internal';
import { assert, suite } from '../../_support/suite.js';

interface Given extends Partial<Interface> {
  name: string;
  has: string[];
}

const isIpv6 = (text: string) => text.includes(':');

const interfaces = (...all: Given[]): Interface[] =>
  all.map(({ has, ...rest }, at) => ({
    ...{ index: at + 1, loopback: false, up: true, carrier: true, mac: undefined, master: undefined },
    ...{ gateways: [], advertised: [] },
    ...rest,
    addresses: has.map((text) => ({
      ...{ index: at + 1, family: isIpv6(text) ? 6 : 4, text, prefix: isIpv6(text) ? 64 : 24 },
      ...{ scope: text.startsWith('fe80:') ? 253 : 0, flags: 0x80 },
    })),
  }));

/** `leading`: the interface of the default routes; `adapters`: those with a device behind them. */
function ranked(all: Interface[], leading?: string, adapters: string[] = []): string[] {
  const index = all.find(({ name }) => name === leading)?.index;
  const gateways =
    index === undefined
      ? []
      : ([4, 6] as const).map((family) => ({ index, family, text: '', metric: 0, advertised: false }));
  const over = { interfaces: all, gateways, isHardware: (name: string) => adapters.includes(name) };
  return ([4, 6] as const).flatMap((family) => rankedAddresses(family, over));
}

suite('the addresses of all interfaces', ({ test }) => {
  test('begin with one that others can use, and end with those of the link and of links that are down', () => {
    const all = interfaces(
      { name: 'eth0', has: ['169.254.10.20', 'fe80::1'] },
      { name: 'eth1', has: ['10.20.0.5', 'fd00:20::5', 'fe80::2'] },
      { name: 'docker0', has: ['172.17.0.1'], up: false },
      { name: 'eth2', has: ['10.20.1.5'], carrier: false },
    );
    assert.equal(ranked(all), [
      '10.20.0.5',
      '169.254.10.20',
      '10.20.1.5',
      '172.17.0.1',
      'fd00:20::5',
      'fe80::1',
      'fe80::2',
    ]);
  });

  test('begin with those of the default route’s interface, then public, then private ones', () => {
    const all = interfaces(
      { name: 'eth0', has: ['10.1.0.5', 'fd00::5'] },
      { name: 'eth1', has: ['203.0.113.5', '2001:db9::5'] },
      { name: 'eth2', has: ['192.168.7.5', '100.64.0.5', '2001:db9:2::5'] },
    );
    assert.equal(ranked(all, 'eth2'), [
      ...['192.168.7.5', '100.64.0.5', '203.0.113.5', '10.1.0.5'],
      ...['2001:db9:2::5', '2001:db9::5', 'fd00::5'],
    ]);
  });

  test('have those of containers’ and virtual machines’ networks after those of adapters, and of what stands for them', () => {
    for (const name of ['docker0', 'cni0', 'br-0123456789ab', 'virbr0', 'kube-ipvs0', 'flannel.1', 'vethabc'])
      assert.equal(ranked(interfaces({ name, has: ['10.88.0.1'] }, { name: 'eth0', has: ['10.20.0.5'] })), [
        '10.20.0.5',
        '10.88.0.1',
      ]);
    const all = interfaces(
      { name: 'lab', has: ['10.99.0.1'] },
      { name: 'br0', has: ['10.20.0.5'] },
      { name: 'bond0', has: [], master: 2 },
      { name: 'eth0', has: [], master: 3 },
      { name: 'eth1.7', has: ['10.21.0.5'], lower: 6 },
      { name: 'eth1', has: [] },
    );
    assert.equal(ranked(all, undefined, ['eth0', 'eth1']), ['10.20.0.5', '10.21.0.5', '10.99.0.1']);
  });

  test('leave out the loopback, and name each once', () => {
    const all = interfaces(
      { name: 'lo', has: ['127.0.0.1', '::1'], loopback: true },
      { name: 'a', has: ['10.0.0.1'] },
      { name: 'b', has: ['10.0.0.1'] },
    );
    assert.equal(ranked(all), ['10.0.0.1']);
  });
});
