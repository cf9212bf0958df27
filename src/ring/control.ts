/** The words of a control page; every one is read and written atomically. */
import {
  CONTROL_FEATURES,
  CONTROL_INTERRUPT_MASK,
  CONTROL_PENDING_SEND,
  CONTROL_READ_INDEX,
  CONTROL_WRITE_INDEX,
} from '../wire/ring.js';
import type { Ring } from './ring.js';

const WORDS = {
  writeIndex: CONTROL_WRITE_INDEX,
  readIndex: CONTROL_READ_INDEX,
  interruptMask: CONTROL_INTERRUPT_MASK,
  pendingSend: CONTROL_PENDING_SEND,
  features: CONTROL_FEATURES,
} as const;

export type ControlWord = keyof typeof WORDS;

/** The word as the peer left it: any unsigned 32-bit number. */
export function loadControl({ engine, address }: Ring, word: ControlWord): number {
  return Atomics.load(engine.memory.i32, (address + WORDS[word]) >> 2) >>> 0;
}

export function storeControl({ engine, address }: Ring, word: ControlWord, value: number): void {
  Atomics.store(engine.memory.i32, (address + WORDS[word]) >> 2, value);
}
