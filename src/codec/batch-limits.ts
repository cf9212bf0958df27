/** What all batches have in common. */
import { MisuseError } from '../errors.js';
import { SLACK_BYTES } from '../wire/engine.js';

export const MAX_BATCH_MESSAGES = 4096;
const SLOT_ALIGNMENT = 64;

/** How many there are; throws MisuseError unless it is 1 to 4,096. */
export function batchCount(items: readonly unknown[]): number {
  if (items.length === 0 || items.length > MAX_BATCH_MESSAGES) {
    throw new MisuseError(`a batch has 1 to ${MAX_BATCH_MESSAGES} messages, not ${items.length}`);
  }
  return items.length;
}

/** Distance between payloads that stand one after another, so that each has its slack behind it. */
export function slotStride(payloads: readonly Uint8Array[]): number {
  let longest = 0;
  for (const payload of payloads) longest = Math.max(longest, payload.length);
  return Math.ceil((longest + SLACK_BYTES) / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
}
