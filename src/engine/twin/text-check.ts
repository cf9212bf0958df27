/** A look at texts that are to be sent; see assembly/text-check.ts. */
import type { EngineFunctions } from '../engine.js';
import type { EngineMemory } from '../memory.js';

/** In each half of a word: its lowest bit, its highest, the bits that tell a surrogate, and what they are for one. */
const LOWEST = 0x00010001;
const HIGHEST = 0x80008000;
const KIND = 0xf800f800;
const SURROGATE = 0xd800d800;

export function textCheckKernel({ i32 }: EngineMemory): EngineFunctions['hasNulOrSurrogate'] {
  return (source, units) => {
    const end = (source >> 2) + 4 * Math.ceil(units / 8);
    let found = 0;
    for (let word = source >> 2; word < end; word++) {
      const pair = i32[word]!;
      const other = (pair & KIND) ^ SURROGATE;
      // A half that is 0 borrows from its highest bit.
      found |= ((pair - LOWEST) & ~pair) | ((other - LOWEST) & ~other);
    }
    return (found & HIGHEST) === 0 ? 0 : 1;
  };
}
