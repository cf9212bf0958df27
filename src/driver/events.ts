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
  /** A request was answered: by the daemon, or by the driver alone for the reason given. */
  | { what: 'answer'; operation: number; pool: number; transaction: number; status: number; reason: AnswerReason }
  /** A packet that is no request was dropped without an answer. */
  | { what: 'dropped'; reason: 'short' | 'not-a-request'; bytes: number }
  /** The daemon wrote an answer that was owed since a timeout; it was dropped. */
  | { what: 'late-answer' }
  /** The ring cannot be trusted any more; nothing is read from it until the channel is opened again. */
  | { what: 'channel-failed'; error: KvpError }
  | { what: 'suspended' }
  | { what: 'resumed' };

export type AnswerReason = 'daemon' | 'timeout' | 'closed' | 'unloaded' | 'bad-answer' | RefusalReason;

/** Why a packet was answered without asking the daemon. */
export type RefusalReason =
  | 'bad-pipe-header'
  | 'unknown-service'
  | 'unknown-operation'
  | 'unknown-pool'
  | 'too-short'
  | 'too-long'
  | 'bad-key-size'
  | 'untranslatable';
