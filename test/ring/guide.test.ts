/** The code in docs/ring.md does what the page says. */
import { guideBlocks } from '../_support/guide.js';
import { assert, suite } from '../_support/suite.js';

suite('ring/guide', ({ test }) => {
  const blocks = guideBlocks('ring');
  for (const { name, expected, run } of blocks) {
    test(name, async () => assert.equal(await run(), expected));
  }
  test('every program prints something', () => {
    assert.equal(
      blocks.map(({ name, expected }) => [name, expected.length > 0]),
      [
        ['first.mjs', true],
        ['full.mjs', true],
        ['hostile.mjs', true],
      ],
    );
  });
});
