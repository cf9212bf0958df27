import fc from 'fast-check';
import { readAddresses, readGateways, readLinks } from '#internal';
import { assert, suite } from '../_support/suite.js';

const NEW_LINK = 16;
const NEW_ADDRESS = 20;
const NEW_ROUTE = 24;

/** An attribute: length, type, payload, padding to 4. */
function attribute(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc((4 + payload.length + 3) & ~3);
  bytes.writeUInt16LE(4 + payload.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(payload, 4);
  return bytes;
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

suite('rtnetlink messages', ({ test }) => {
  test('a default route of IPv4 over an IPv6 gateway, in a multipath', () => {
    const via = Buffer.concat([Buffer.from([10, 0]), Buffer.from('fe800000000000000000000000000001', 'hex')]);
    const hop = (index: number, flags: number, attributes: Buffer) => {
      const head = Buffer.alloc(8);
      head.writeUInt16LE(8 + attributes.length, 0);
      head[2] = flags;
      head.writeUInt32LE(index, 4);
      return Buffer.concat([head, attributes]);
    };
    const hops = Buffer.concat([
      hop(3, 0, attribute(18, via)),
      hop(4, 1, attribute(5, Buffer.from([192, 0, 2, 1]))),
      hop(5, 0, attribute(5, Buffer.from([192, 0, 2, 2]))),
    ]);
    const body = Buffer.concat([
      Buffer.from([2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]),
      attribute(6, u32(7)),
      attribute(9, hops),
    ]);
    assert.equal(readGateways([{ type: NEW_ROUTE, body }]), [
      { index: 3, family: 6, text: 'fe80::1', metric: 7, advertised: false },
      { index: 5, family: 4, text: '192.0.2.2', metric: 7, advertised: false },
    ]);
  });

  test('no bytes make the readers fail', () => {
    const seed = Number(process.env['HV_KVP_SEED'] ?? 20_261_123);
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
