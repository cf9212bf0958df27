import { type Interface, interfaceByMac } from '#internal';
import { assert, suite } from '../../_support/suite.js';

const [M0, M1, M2] = ['00:15:5D:00:00:00', '00:15:5D:00:00:01', '00:15:5D:00:00:02'] as const;

const one = (index: number, name: string, given: Partial<Interface>, address?: string): Interface => ({
  ...{ index, name, loopback: false, up: true, mac: undefined, master: undefined, gateways: [], advertised: [] },
  ...given,
  addresses: address === undefined ? [] : [{ index, family: 4, text: address, prefix: 24, scope: 0, flags: 0x80 }],
});

const found = (all: Interface[], mac: string, adapters: string[] = []) =>
  interfaceByMac(
    all.map((one) => ({ ...one, isHardware: adapters.includes(one.name) })),
    mac,
  )?.name;

suite('the interface that a host means by a MAC address', ({ test }) => {
  test('is the bond for each of its ports, by the address that the adapter came with', () => {
    const all = [
      one(2, 'eth0', { mac: M0, permanentMac: M0, master: 4 }),
      one(3, 'eth1', { mac: M0, permanentMac: M1, master: 4 }),
      one(4, 'bond0', { mac: M0 }, '192.0.2.7'),
    ];
    for (const mac of [M0, M1, M1.toLowerCase()]) assert.is(found(all, mac, ['eth0', 'eth1']), 'bond0', mac);
  });

  test('is the bridge above the bond', () => {
    const all = [
      one(2, 'eth1', { mac: M0, permanentMac: M1, master: 3 }),
      one(3, 'bond0', { mac: M0, master: 4 }),
      one(4, 'br0', { mac: M2 }, '192.0.2.7'),
    ];
    assert.is(found(all, M1, ['eth1']), 'br0');
  });

  test('is the adapter that came with it, not one that took it on', () => {
    const all = [
      one(2, 'eth0', { mac: M1, permanentMac: M0 }, '192.0.2.7'),
      one(3, 'eth1', { mac: M2, permanentMac: M1 }, '192.0.2.8'),
    ];
    assert.is(found(all, M1), 'eth1');
    assert.is(found(all, M0), 'eth0');
  });

  test('is one that somebody gave it, where no adapter came with it', () => {
    assert.is(found([one(2, 'eth0', { mac: M1, permanentMac: M0 }, '192.0.2.7')], M1), 'eth0');
  });

  test('is not sought for ever among interfaces that are ports of one another', () => {
    const all = [one(2, 'a', { mac: M0, master: 3 }), one(3, 'b', { master: 2 })];
    assert.is(found(all, M0), 'a');
  });
});
