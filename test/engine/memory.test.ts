import { EngineMemory, POISON } from '#internal';
import { Random, seedOfRun } from '../_support/random.js';
import { assert, suite } from '../_support/suite.js';

const MEMORY_BYTES = 1024 * 1024;
/** What a region takes beyond its own bytes, and the fixed map before the first. */
const NOT_FOR_REGIONS = 20480 + 64;
const seed = seedOfRun();

suite(`engine memory (seed ${seed})`, ({ test }) => {
  for (const plain of [false, true]) {
    test(`regions do not overlap, are zero and aligned${plain ? ', plain' : ''}`, () => {
      const memory = new EngineMemory({ bytes: 1024 * 1024, plain, poison: true });
      const regions = [1, 15, 16, 100, 4096, 7432, 0].map((bytes) => memory.allocate(bytes));
      for (const [i, region] of regions.entries()) {
        assert.is(region.address % 16, 0);
        assert.ok(region.view.every((byte) => byte === 0));
        region.view.fill(i + 1);
      }
      for (const [i, region] of regions.entries()) assert.ok(region.view.every((byte) => byte === i + 1));
    });
  }
  test('a freed region is poisoned, used again and zeroed', () => {
    const memory = new EngineMemory({ bytes: 1024 * 1024, poison: true });
    const first = memory.allocate(100);
    const { address, view } = first;
    first.free();
    assert.ok(view.every((byte) => byte === POISON));
    first.free();
    const second = memory.allocate(100);
    assert.is(second.address, address);
    assert.ok(second.view.every((byte) => byte === 0));
    assert.is.not(memory.allocate(100).address, second.address);
  });
  test('a full memory says so and stays good', () => {
    const memory = new EngineMemory({ bytes: 128 * 1024 });
    const code = (bytes: number): string => {
      try {
        memory.allocate(bytes).free();
        return 'ok';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    assert.is(code(1024 * 1024), 'ERR_ENGINE_MEMORY');
    assert.is(code(120 * 1024), 'ERR_ENGINE_MEMORY');
    assert.is(code(1024), 'ok');
  });
  test('more alignment when asked for', () => {
    const memory = new EngineMemory({ bytes: 1024 * 1024 });
    memory.allocate(5);
    assert.is(memory.allocate(100, 4096).address % 4096, 0);
  });
  test('whatever was taken and freed in whatever order, all of it comes back as one piece', () => {
    const random = new Random(seed);
    const memory = new EngineMemory({ bytes: MEMORY_BYTES });
    for (let round = 0; round < 20; round++) {
      const live: { region: ReturnType<EngineMemory['allocate']>; mark: number }[] = [];
      for (let step = 0; step < 200; step++) {
        if (live.length > 0 && random.oneIn(3)) {
          const [{ region, mark }] = live.splice(random.below(live.length), 1) as [(typeof live)[number]];
          assert.ok(
            region.view.every((byte) => byte === mark),
            `seed ${seed}: two regions overlap`,
          );
          region.free();
          continue;
        }
        const bytes = random.below(8000);
        const region = random.oneIn(2) ? memory.allocate(bytes) : memory.allocateForCalls(bytes);
        const mark = 1 + random.below(255);
        region.view.fill(mark);
        live.push({ region, mark });
        if (live.length > 60) live.splice(random.below(live.length), 1)[0]!.region.free();
      }
      while (live.length > 0) live.splice(random.below(live.length), 1)[0]!.region.free();
      memory.allocate(MEMORY_BYTES - NOT_FOR_REGIONS).free();
    }
  });
  test('of several regions that belong together, none stays when one does not fit', () => {
    const memory = new EngineMemory({ bytes: MEMORY_BYTES });
    assert.throws(() => memory.allocateAll([100_000, 100_000, MEMORY_BYTES]), /engine memory is full/);
    memory.allocate(MEMORY_BYTES - NOT_FOR_REGIONS).free();
  });
  test('sizes that are no sizes are the mistake of the caller', () => {
    const memory = new EngineMemory({ bytes: MEMORY_BYTES });
    for (const bytes of [-1, 1.5, Number.NaN, '5', 5n, undefined, null, {}]) {
      assert.throws(() => memory.allocate(bytes as number), /bytes is a whole number from 0/);
      assert.throws(() => memory.allocateForCalls(bytes as number), /bytes is a whole number from 0/);
    }
    for (const align of [0, 3, -16, Number.NaN, 2 ** 31]) assert.throws(() => memory.allocate(16, align), /align is/);
    for (const bytes of [0, -1, Number.NaN, 2 ** 31, 2 ** 53, 1.5e6 + 0.5])
      assert.throws(() => new EngineMemory({ bytes }), /bytes is a whole number/);
  });
});
