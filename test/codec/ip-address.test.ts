import { isIP } from 'node:net';
import { formatIpv6, parseIpv6 } from 'hv-kvp/codec';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const seed = seedOfRun();

suite(`codec/ip address (seed ${seed})`, ({ test }) => {
  test('an IPv4-mapped address ends in a dotted quad, and no other does (RFC 5952, section 5)', () => {
    for (const [text, expected] of [
      ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
      ['::ffff:a00:1', '::ffff:10.0.0.1'],
      ['0:0:0:0:0:FFFF:FFFF:FFFF', '::ffff:255.255.255.255'],
      ['::ffff:0:0', '::ffff:0.0.0.0'],
      ['::ffff:0:a00:1', '::ffff:0:a00:1'],
      ['::1:ffff:a00:1', '::1:ffff:a00:1'],
      ['::fffe:a00:1', '::fffe:a00:1'],
      ['::10.0.0.1', '::a00:1'],
      ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ] as const)
      assert.is(formatIpv6(parseIpv6(text)!), expected);
  });

  test('what is written is read back as the same bytes', () => {
    const random = new Random(seed);
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: 16 }, () => random.pick([0, 0, 0xff, random.below(256)]));
      const text = formatIpv6(bytes);
      assert.is(isIP(text), 6, text);
      assert.equal(parseIpv6(text), bytes, text);
    }
  });
});
