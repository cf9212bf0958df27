import type { KvpAnswer, KvpMessage, Remark } from '../codec/index.js';
import type { KvpError } from '../errors.js';
import type { Fault } from './faults.js';
import type { MachineState } from './machine.js';
import type { Agreed } from './versions.js';

/** What happens on a virtual machine, as it happens. */
export type HostEvent =
  | { kind: 'state'; state: MachineState['name'] }
  | ({ kind: 'negotiated' } & Agreed)
  /** One request and what became of it: an answer, or an error that says why there is none. */
  | { kind: 'exchange'; request: KvpMessage; answer?: KvpAnswer; error?: KvpError; microseconds: number }
  /** An answer was taken although no guest should send it so; `request` is absent when it answered the negotiation. */
  | { kind: 'remarks'; remarks: readonly Remark[]; request?: KvpMessage }
  /** A stale message was dropped while negotiating; `type` is its IC type. */
  | { kind: 'dropped'; type: number }
  | { kind: 'failed'; reason: KvpError }
  | { kind: 'fault'; fault: Fault }
  /** Every item that was due has been offered to the guest; `refused` were answered with a negative status. */
  | { kind: 'pushed'; delivered: number; refused: number }
  /** A periodic refresh ended; `error` says why it is incomplete. */
  | { kind: 'refreshed'; error?: KvpError };
