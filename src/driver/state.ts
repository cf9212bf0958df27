/**
 * The states of the driver. The one request that may be in progress lives inside the state, so that no state can be
 * entered without deciding what becomes of it.
 *
 * protocol.md 4.3 → here: DEVICE_INIT is `closed`, `open` and `registering`; READY is `ready`; HOSTMSG_RECEIVED and
 * USERSPACE_REQ are `handed` (translated, not yet read) and `answering` (read, answer awaited); USERSPACE_RECV never
 * outlives the call that leads through it; DEVICE_DYING is `gone`. `owed` is ours: a request that the daemon has read
 * timed out, and the next thing the daemon writes is its answer, which must not be taken for another one.
 */
import type { FileId } from '../device/port.js';

/** A host request, taken out of the ring. */
export interface Request {
  /** Private copy of the packet's payload. */
  readonly payload: Uint8Array;
  readonly transactionLow: number;
  readonly transactionHigh: number;
  readonly operation: number;
  readonly pool: number;
  /** What the daemon reads. */
  readonly message: Uint8Array;
  /** When it is answered without the daemon, in the session's milliseconds. */
  readonly deadline: number;
}

/** One opening of the device by a daemon. */
export interface Opening {
  readonly file: FileId;
  /** The first byte of the daemon's registration; undefined before. */
  readonly registration: number | undefined;
}

/** `waiting` is a request that no daemon has read: it waits for the next one until its deadline. */
export type State =
  | { readonly name: 'closed'; readonly waiting: Request | undefined }
  | { readonly name: 'open'; readonly opening: Opening; readonly waiting: Request | undefined }
  | {
      readonly name: 'registering';
      readonly opening: Opening;
      readonly reply: Uint8Array;
      readonly waiting: Request | undefined;
    }
  | { readonly name: 'ready'; readonly opening: Opening }
  | { readonly name: 'handed'; readonly opening: Opening; readonly request: Request }
  | { readonly name: 'answering'; readonly opening: Opening; readonly request: Request }
  | { readonly name: 'owed'; readonly opening: Opening; readonly waiting: Request | undefined }
  | { readonly name: 'gone'; readonly opening: Opening | undefined };

export type StateName = State['name'];

/** The request that the host still waits for, if any. */
export function pendingRequest(state: State): Request | undefined {
  switch (state.name) {
    case 'handed':
    case 'answering':
      return state.request;
    case 'closed':
    case 'open':
    case 'registering':
    case 'owed':
      return state.waiting;
    default:
      return undefined;
  }
}

/** The opening that may use the device now. */
export function currentOpening(state: State): Opening | undefined {
  return state.name === 'closed' ? undefined : state.opening;
}

/** The state without its pending request: it was answered, or nobody waits for it any more. */
export function withoutRequest(state: State): State {
  switch (state.name) {
    case 'handed':
      return { name: 'ready', opening: state.opening };
    case 'answering':
      return { name: 'owed', opening: state.opening, waiting: undefined };
    case 'closed':
    case 'open':
    case 'registering':
    case 'owed':
      return { ...state, waiting: undefined };
    default:
      return state;
  }
}
