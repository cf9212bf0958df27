/** An engine memory whose allocations fail on demand, and which knows how many regions are in use. */
import { KvpError } from 'hv-kvp';
import type { EngineMemory } from '#internal';

type Region = ReturnType<EngineMemory['allocate']>;

export class FailingMemory {
  /** Regions that were handed out and not given back since this was made. */
  live = 0;
  #left = Number.POSITIVE_INFINITY;

  constructor(memory: EngineMemory) {
    memory.allocate = this.#watched(memory.allocate.bind(memory));
    memory.allocateForCalls = this.#watched(memory.allocateForCalls.bind(memory));
  }

  #watched<Given extends unknown[]>(allocate: (...given: Given) => Region): (...given: Given) => Region {
    return (...given) => {
      if (--this.#left < 0) throw new KvpError('ERR_ENGINE_MEMORY', { detail: 'a test wanted it' });
      const region = allocate(...given);
      this.live++;
      let counted = true;
      const free = region.free.bind(region);
      region.free = () => {
        if (counted) this.live--;
        counted = false;
        free();
      };
      return region;
    };
  }

  /** Runs `work` while the `allocation`-th allocation from now, counted from 1, and all behind it fail. */
  failingFrom<Result>(allocation: number, work: () => Result): Result {
    this.#left = allocation - 1;
    try {
      return work();
    } finally {
      this.#left = Number.POSITIVE_INFINITY;
    }
  }
}
