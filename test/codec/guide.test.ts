/** The code in docs/codec.md does what the page says. */
import { guideBlocks } from '../_support/guide.js';
import { assert, suite } from '../_support/suite.js';

suite('codec/guide', ({ test }) => {
  const blocks = guideBlocks('codec');
  for (const { name, expected, run } of blocks) {
    test(name, async () => assert.equal(await run(), expected));
  }
  test('there is a guest, a host and a daemon', () => {
    const names = blocks.map(({ name }) => name);
    for (const name of ['guest.mjs', 'host.mjs', 'daemon.mjs']) assert.ok(names.includes(name), name);
    assert.ok(blocks.flatMap(({ expected }) => expected).length > 15);
  });
});
