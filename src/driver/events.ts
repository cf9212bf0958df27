/** What the driver tells a trace. Nothing in the package depends on these; they are for people and for tests. */
import type { Agreement } from '../codec/index.js';
import type { KvpError } from '../errors.js';
import type { StateName } from './state.js';

export type DriverEvent =
  | { what: 'state'; from: StateName; to: StateName }
  /** The daemon is registered; `operation` is what it registered with (100, or 4 for a legacy or FreeBSD daemon). */
  | { what: 'registered'; operation: number }
  /** A negotiation was answered; `agreed` is undefined when there was no common version. */
  | { what: 'negotiated'; agreed: Agreement | undefined }
  /** A request was handed to the daemon. */
  | { what: 'request'; operation: number; pool: number; transaction: number }
  /** A request was answered: by the daemon, or by the driver alone; `error` says what was wrong with the message. */
  | {
      what: 'answer';
      operation: number;
      pool: number;
      transaction: number;
      status: number;
      reason: AnswerReason;
      error: KvpError | undefined;
    }
  /** A packet that is no request was dropped without an answer. */
  | { what: 'dropped'; reason: 'short' | 'not-a-request'; bytes: number }
  /** The daemon wrote an answer that was owed since a timeout; it was dropped. */
  | { what: 'late-answer' }
  /** The ring cannot be trusted any more; nothing is read from it until the channel is opened again. */
  | { what: 'channel-failed'; error: KvpError }
  | { what: 'suspended' }
  | { what: 'resumed' };

/**
 * `daemon`: it answered. `timeout`, `closed`, `unloaded`: it will not. `refused`: the driver did not ask it.
 * `bad-answer`: what it wrote cannot be translated.
 */
export type AnswerReason = 'daemon' | 'timeout' | 'closed' | 'unloaded' | 'refused' | 'bad-answer';
