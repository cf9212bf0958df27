import { isIP } from 'node:net';
import fc from 'fast-check';
import {
  type Interface,
  ipInfoOf,
  mayConcernGateways,
  namesNextHops,
  readAddresses,
  readGateways,
  readLinks,
} from '#internal';
import { seedOfRun } from '../../_support/random.js';
import { dumped, interfacesIn, type Recording, recording, type Table } from '../../_support/recorded-netlink.js';
import { assert, suite } from '../../_support/suite.js';

const NEW_LINK = 16;
const NEW_ADDRESS = 20;
const NEW_ROUTE = 24;

/** What the ip commands of the vectors' README set up. */
const ETH0 = ['192.0.2.1/24', '192.0.2.2/24', '2001:db8:1::1/64', 'fe80::1/64'];
const ETH1 = ['198.51.100.1/25', '10.0.0.1/32', '2001:db8:2::1/64'];
const GATEWAYS = {
  eth0: ['192.0.2.254', '2001:db8:1::fd', 'fe80::fe', '192.0.2.253', '2001:db8:1::fe'],
  eth1: ['198.51.100.126', '2001:db8:2::fd', '198.51.100.125'],
};

const named = (interfaces: Interface[], name: string) => interfaces.find((one) => one.name === name)!;
const addressesOf = ({ addresses }: Interface) => addresses.map(({ text, prefix }) => `${text}/${prefix}`);

suite('rtnetlink messages', ({ test }) => {
  for (const name of ['expanded', 'by-number'] as const) {
    test(`a kernel’s tables, next hops ${name}`, () => {
      const found = interfacesIn(recording(name));
      assert.equal(found.map((one) => one.name).sort(), ['eth0', 'eth1', 'far0', 'far1', 'lo']);
      const [eth0, eth1] = [named(found, 'eth0'), named(found, 'eth1')];
      assert.equal([eth0.mac, eth0.up, eth0.loopback], ['00:15:5D:00:00:01', true, false]);
      assert.equal(addressesOf(eth0), ETH0);
      assert.equal(addressesOf(eth1), ETH1);
      assert.equal(eth0.gateways, GATEWAYS.eth0);
      assert.equal(eth1.gateways, GATEWAYS.eth1);
    });

    test(`next hops ${name} are asked for only when a route needs them`, () => {
      const routes = dumped(recording(name).routes);
      assert.is(namesNextHops(routes), name === 'by-number');
      assert.ok(routes.filter(mayConcernGateways).length < routes.length);
      const { nextHops } = recording(name);
      const gateways = readGateways(routes, dumped(nextHops));
      assert.equal(readGateways(routes.filter(mayConcernGateways), dumped(nextHops)), gateways);
    });
  }

  test('an adapter’s permanent address is told, of a bond’s port too', () => {
    const attribute = (type: number, ...payload: (number[] | Buffer)[]): Buffer => {
      const bytes = Buffer.concat(payload.map((part) => Buffer.from(part)));
      const head = Buffer.from(new Uint16Array([4 + bytes.length, type]).buffer);
      return Buffer.concat([head, bytes, Buffer.alloc(-bytes.length & 3)]);
    };
    const [own, given, ofBond] = [1, 2, 3].map((last) => [0, 0x15, 0x5d, 0, 0, last]);
    const link = (...attributes: Buffer[]) => ({
      type: NEW_LINK,
      body: new Uint8Array(Buffer.concat([Buffer.alloc(16), attribute(3, Buffer.from('eth0\0')), ...attributes])),
    });
    const port = (kind: string) =>
      attribute(18, attribute(4, Buffer.from(`${kind}\0`)), attribute(5, attribute(4, ofBond!)));
    const macs = (...attributes: Buffer[]) => {
      const [found] = readLinks([link(attribute(1, own!), ...attributes)] as Parameters<typeof readLinks>[0]);
      return [found?.mac, found?.permanentMac];
    };
    const text = (last: number) => `00:15:5D:00:00:0${last}`;
    assert.equal(macs(), [text(1), undefined]);
    assert.equal(macs(attribute(54, given!)), [text(1), text(2)]);
    assert.equal(macs(attribute(54, given!), port('bond')), [text(1), text(3)]);
    assert.equal(macs(attribute(54, given!), port('bridge')), [text(1), text(2)]);
    assert.equal(macs(port('bond').subarray(0, -6)), [text(1), undefined]);
  });

  test('harmed in any byte, a kernel’s tables give addresses and limits or nothing', () => {
    for (const name of ['expanded', 'by-number'] as const) {
      const whole = recording(name);
      for (const table of ['links', 'addresses', 'routes', 'nextHops'] as const)
        for (const harmed of harmedRecordings(whole, table))
          for (const one of interfacesOr(harmed)) assertTellable(one);
    }
  });

  test('no bytes make the readers fail', () => {
    const seed = seedOfRun();
    fc.assert(
      fc.property(
        fc.constantFrom(NEW_LINK, NEW_ADDRESS, NEW_ROUTE),
        fc.uint8Array({ maxLength: 120 }),
        (type, body) => {
          // A plausible head, so that the attributes are reached.
          if (type !== NEW_LINK && body.length > 8) {
            body[0] = body[0]! % 2 === 0 ? 2 : 10;
            if (type === NEW_ROUTE) body.set([0, 0, 0, 254, 3, 0, 1], 1);
          }
          const messages = [{ type, body }];
          assert.ok(readLinks(messages).length <= 1);
          assert.ok(readAddresses(messages).length <= 1);
          assert.ok(Array.isArray(readGateways(messages)));
        },
      ),
      { seed, numRuns: 3_000 },
    );
  });
});

/** Every byte of the messages that matter, three times; statistics and the like in a link's message are passed over. */
function* harmedRecordings(whole: Recording, table: Table): Generator<Recording> {
  for (const [at, datagram] of whole[table].entries())
    for (let offset = 0; offset < datagram.length; offset += table === 'links' ? 29 : 1)
      for (const flip of [0x01, 0x80, 0xff]) {
        const harmed = datagram.slice();
        harmed[offset]! ^= flip;
        yield { ...whole, [table]: whole[table].with(at, harmed) };
      }
}

/** A dump may say that it failed; then there is nothing. */
function interfacesOr(harmed: Recording): Interface[] {
  try {
    return interfacesIn(harmed);
  } catch (error) {
    assert.is((error as { code?: string }).code, 'ERR_OS_UNAVAILABLE');
    return [];
  }
}

function assertTellable(one: Interface): void {
  const { addresses, subnets, gateways } = ipInfoOf(one, [], false);
  const list = (text: string) => text.split(';').filter((element) => element !== '');
  assert.is(list(addresses).length, list(subnets).length);
  for (const text of [...list(addresses), ...list(gateways)]) assert.ok(isIP(text) > 0, text);
}
