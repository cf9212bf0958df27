/** The words of a control page; every one is read and written atomically. */
import { requireInteger, requireUnsigned, wrong } from '../arguments.js';
import { KvpError } from '../errors.js';
import {
  CONTROL_FEATURES,
  CONTROL_INTERRUPT_MASK,
  CONTROL_PENDING_SEND,
  CONTROL_READ_INDEX,
  CONTROL_WRITE_INDEX,
  PACKET_ALIGNMENT,
} from '../wire/ring.js';
import { type Ring, requireRing } from './ring.js';

const WORDS = {
  writeIndex: CONTROL_WRITE_INDEX,
  readIndex: CONTROL_READ_INDEX,
  interruptMask: CONTROL_INTERRUPT_MASK,
  pendingSend: CONTROL_PENDING_SEND,
  features: CONTROL_FEATURES,
} as const;

export type ControlWord = keyof typeof WORDS;

/** The word as the peer left it: any unsigned 32-bit number. */
export function loadControl(ring: Ring, word: ControlWord): number {
  requireRing(ring);
  requireWord(word);
  const { engine, address } = ring;
  return Atomics.load(engine.memory.i32, (address + WORDS[word]) >> 2) >>> 0;
}

export function storeControl(ring: Ring, word: ControlWord, value: number): void {
  requireRing(ring);
  requireWord(word);
  const { engine, address } = ring;
  requireUnsigned(word, value, 32);
  Atomics.store(engine.memory.i32, (address + WORDS[word]) >> 2, value);
}

function requireWord(word: ControlWord): void {
  if (!Object.hasOwn(WORDS, word)) throw wrong('word', `one of ${Object.keys(WORDS).join(', ')}`, word);
}

/**
 * Where an end of the ring begins: the caller's own index, or else the one that the control page holds.
 *
 * @throws MisuseError for an impossible index of the caller's, KvpError ERR_RING_INDEX for one of the control page,
 *   which any peer may have written
 */
export function startIndex(ring: Ring, word: 'readIndex' | 'writeIndex', own: number | undefined): number {
  if (own !== undefined) {
    requireInteger(word, own, 0, ring.dataBytes - PACKET_ALIGNMENT);
    if (own % PACKET_ALIGNMENT !== 0) throw wrong(word, `a multiple of ${PACKET_ALIGNMENT}`, own);
    return own;
  }
  return soundIndex(ring, word);
}

/** The index in the control page. Throws KvpError ERR_RING_INDEX when it cannot be one. */
export function soundIndex(ring: Ring, word: 'readIndex' | 'writeIndex'): number {
  const index = loadControl(ring, word);
  if (index < ring.dataBytes && index % PACKET_ALIGNMENT === 0) return index;
  throw new KvpError('ERR_RING_INDEX', {
    detail: `${word} in the control page`,
    offset: WORDS[word],
    expected: `a multiple of ${PACKET_ALIGNMENT} below ${ring.dataBytes}`,
    actual: index,
  });
}
