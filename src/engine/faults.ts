/** Turns the causes of the engine's result block into errors of the package; the only place where they meet. */
import { type ErrorCode, KvpError } from '../errors.js';
import * as table from '../wire/engine.js';
import type { EngineMemory } from './memory.js';

const CODES: Record<number, { code: ErrorCode; detail: string }> = {
  [table.CAUSE_INDEX]: { code: 'ERR_RING_INDEX', detail: 'index in the control page' },
  [table.CAUSE_DESCRIPTOR]: { code: 'ERR_RING_DESCRIPTOR', detail: 'payload offset in units of 8 bytes' },
  [table.CAUSE_TRUNCATED]: { code: 'ERR_RING_TRUNCATED', detail: 'bytes of the packet' },
  [table.CAUSE_PACKET_TOO_LARGE]: { code: 'ERR_RING_PACKET_TOO_LARGE', detail: 'bytes behind the descriptor' },
  [table.CAUSE_PAYLOAD_TOO_LARGE]: { code: 'ERR_RING_PAYLOAD_TOO_LARGE', detail: 'bytes in the ring' },
  [table.CAUSE_SHORT]: { code: 'ERR_CODEC_SHORT', detail: 'payload bytes' },
  [table.CAUSE_UTF16]: { code: 'ERR_CODEC_UTF16', detail: 'lone surrogate' },
  [table.CAUSE_UTF8]: { code: 'ERR_CODEC_UTF8', detail: 'malformed sequence' },
  [table.CAUSE_NOT_KVP]: { code: 'ERR_CODEC_IC', detail: 'not a KVP message' },
};

/** The error for a negative return value, with what the result block says about it. */
export function faultOf(memory: EngineMemory, status: number): KvpError {
  const word = (field: number): number => memory.i32[(table.RESULT_BASE + field) >> 2]!;
  const known = CODES[-status];
  if (known === undefined) throw new Error(`engine returned ${status}`);
  return new KvpError(known.code, {
    detail: known.detail,
    offset: word(table.RESULT_OFFSET),
    expected: word(table.RESULT_EXPECTED),
    actual: word(table.RESULT_ACTUAL) >>> 0,
  });
}

/** The error for one record of a batch, of which only cause and offset are kept. */
export function recordFault(status: number, offset: number): KvpError {
  const known = CODES[-status];
  if (known === undefined) throw new Error(`engine returned ${status}`);
  return new KvpError(known.code, { detail: known.detail, offset });
}
