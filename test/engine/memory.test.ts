import { EngineMemory, POISON } from '#internal';
import { assert, suite } from '../_support/suite.js';

suite('engine memory', ({ test }) => {
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
    first.free();
    assert.ok(first.view.every((byte) => byte === POISON));
    first.free();
    const second = memory.allocate(100);
    assert.is(second.address, first.address);
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
});
