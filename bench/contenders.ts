/** Who takes part: the engine's three builds, and the copy that nothing can be faster than for long. */
import { createEngine, type Engine } from '#internal';
import type { Contender } from './contest.js';

export const ENGINES = ['wasm', 'wasm-scalar', 'js'] as const;

/** Messages for each call. */
export const BATCHES = (quick: boolean): number[] => (quick ? [64, 1024] : [1, 64, 1024]);

/** One fixture for each engine, each in a memory of its own. */
export function onEngines<Fixture>(make: (engine: Engine) => Fixture): Map<string, Fixture> {
  return new Map(ENGINES.map((engine) => [engine, make(createEngine({ engine }))]));
}

/** The limit: one copy of as many bytes as the round moves. */
export function memcpy(bytes: number): Contender {
  const memory = new Uint8Array(2 * bytes).fill(1);
  return { name: 'memcpy', run: () => void memory.copyWithin(bytes, 0, bytes) };
}
