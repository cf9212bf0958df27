/** What all batches have in common, and single messages with them. */
import { requireBytes, requireList, wrong } from '../arguments.js';
import { MisuseError } from '../errors.js';
import { SLACK_BYTES } from '../wire/engine.js';
import { PIPE_MAX_PAYLOAD_BYTES } from '../wire/payload.js';

export const MAX_BATCH_MESSAGES = 4096;
const SLOT_ALIGNMENT = 64;

/** How many there are; throws MisuseError unless it is 1 to 4,096. */
export function batchCount(items: readonly unknown[]): number {
  requireList('messages', items);
  if (items.length === 0 || items.length > MAX_BATCH_MESSAGES) {
    throw new MisuseError(`a batch has 1 to ${MAX_BATCH_MESSAGES} messages, not ${items.length}`);
  }
  return items.length;
}

/** Throws MisuseError unless these are bytes, and no more than any peer sends. */
export function requirePayload(payload: Uint8Array): void {
  requireBytes('payload', payload);
  if (payload.length > PIPE_MAX_PAYLOAD_BYTES)
    throw wrong(
      'payload',
      `at most ${PIPE_MAX_PAYLOAD_BYTES} bytes long, which is more than any peer sends`,
      payload.length,
    );
}

/** Distance between payloads that stand one after another, so that each has its slack behind it. */
export function slotStride(payloads: readonly Uint8Array[]): number {
  let longest = 0;
  for (const payload of payloads) {
    requirePayload(payload);
    longest = Math.max(longest, payload.length);
  }
  return Math.ceil((longest + SLACK_BYTES) / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
}
