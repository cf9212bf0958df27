/**
 * The two signal decisions as pure functions, for peers that keep their rings elsewhere. Both ends of this package
 * make the same comparisons inside the engine; a test holds them together.
 */
import { requireChoice, requireObject, requireUnsigned } from '../arguments.js';
import { FEATURE_PENDING_SEND } from '../wire/ring.js';

export interface ProducerState {
  interruptMask: number;
  readIndex: number;
  /** The write index before these packets were published. */
  writeIndexBefore: number;
}

/**
 * Must the producer signal after it published packets? Only when the consumer's interrupt mask is zero and it had
 * read everything that was there before (protocol.md 1.6).
 */
export function producerSignals(state: ProducerState): boolean {
  requireWords('state', state, ['interruptMask', 'readIndex', 'writeIndexBefore']);
  const { interruptMask, readIndex, writeIndexBefore } = state;
  return interruptMask === 0 && readIndex === writeIndexBefore;
}

export interface ConsumerState {
  /** The producer's pending send size: bytes it waits for; 0 when it does not wait. */
  pendingSend: number;
  /** The producer's feature bits; Linux asks for bit 0, OpenVMM does not look. */
  features: number;
  /** Free bytes (data size less used bytes) before and after this batch of reads. */
  freeBefore: number;
  freeAfter: number;
}

/** Must the consumer signal after it read packets? When free space crosses what the producer waits for (1.7). */
export function consumerSignals(state: ConsumerState, variant: 'linux' | 'openvmm' = 'linux'): boolean {
  requireWords('state', state, ['pendingSend', 'features', 'freeBefore', 'freeAfter']);
  requireChoice('variant', variant, ['linux', 'openvmm']);
  const { pendingSend, features, freeBefore, freeAfter } = state;
  if (pendingSend === 0) return false;
  if (variant === 'linux') {
    return (features & FEATURE_PENDING_SEND) !== 0 && freeBefore <= pendingSend && freeAfter > pendingSend;
  }
  // OpenVMM counts 8 bytes less as free and ignores the low bits of the wish.
  const wanted = (pendingSend & ~7) >>> 0;
  return freeBefore - 8 < wanted && freeAfter - 8 >= wanted;
}

/** Every field is a word of a control page or a number of bytes. */
function requireWords<Field extends string>(
  what: string,
  state: Record<Field, number>,
  fields: readonly Field[],
): void {
  requireObject(what, state);
  for (const field of fields) requireUnsigned(`${what}.${field}`, state[field], 32);
}
