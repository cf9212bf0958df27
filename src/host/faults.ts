/** Faults on demand: what a broken host or a lossy channel would do to the next requests. */
import { requireChoice, requireInteger, requireObject } from '../arguments.js';
import { encodePayload, version } from '../codec/index.js';
import { MisuseError } from '../errors.js';
import {
  OPERATION_DELETE,
  OPERATION_ENUMERATE,
  OPERATION_GET,
  OPERATION_GET_IP_INFO,
  OPERATION_SET,
  OPERATION_SET_IP_INFO,
} from '../wire/kvp.js';
import { HEADERS_BYTES, IC_FLAGS_REQUEST, IC_TYPE_KVP } from '../wire/payload.js';
import { DESCRIPTOR_BYTES, KVP_RING_DATA_BYTES, TRAILER_BYTES } from '../wire/ring.js';

/** What a fault can wait for: a request of this operation whoever sends it, a negotiation, or any of them. */
export const FAULT_TARGETS = ['set', 'get', 'delete', 'enumerate', 'get-ip', 'set-ip', 'negotiate', 'any'] as const;
export type FaultTarget = (typeof FAULT_TARGETS)[number];

/**
 * `on`: which request it hits. Default: the next one of an administrator, so that neither a refresh nor what a guest is
 * told after a negotiation takes it away.
 */
export type Fault = { on?: FaultTarget } & (
  | /** The request reaches the guest `ms` milliseconds late; its time limit runs meanwhile. */
  { kind: 'delay'; ms: number }
  /** The request never reaches the guest. */
  | { kind: 'drop' }
  /** One byte of the payload is XORed with `mask` (default 0xff); an offset beyond its end hits the last byte. */
  | { kind: 'corrupt'; offset: number; mask?: number }
);

/** Who sends a request: an administrator, or the host by itself (a refresh, what a guest is told when it has negotiated). */
export type Sender = 'administrator' | 'host';

const TARGETS: Readonly<Record<number, FaultTarget>> = {
  [OPERATION_GET]: 'get',
  [OPERATION_SET]: 'set',
  [OPERATION_DELETE]: 'delete',
  [OPERATION_ENUMERATE]: 'enumerate',
  [OPERATION_GET_IP_INFO]: 'get-ip',
  [OPERATION_SET_IP_INFO]: 'set-ip',
};

export const faultTarget = (operation: number): FaultTarget => TARGETS[operation] ?? 'any';

/** The longest payload that every implementation's ring of three pages takes (protocol.md 1.3). */
export const MAX_RAW_BYTES = KVP_RING_DATA_BYTES - 16 - DESCRIPTOR_BYTES - TRAILER_BYTES;

const MAX_ARMED = 64;
const MAX_DELAY_MS = 3_600_000;

/** Faults wait here, in order, each for one request. A request takes the first that waits for it. */
export class FaultQueue {
  readonly #armed: Fault[] = [];

  get armed(): readonly Fault[] {
    return this.#armed;
  }

  /** Throws MisuseError for a fault that makes no sense, or when 64 wait already. */
  arm(fault: Fault): void {
    checkFault(fault);
    if (this.#armed.length >= MAX_ARMED) throw new MisuseError(`at most ${MAX_ARMED} faults can wait`);
    this.#armed.push(fault);
  }

  take(target: FaultTarget, sender: Sender): Fault | undefined {
    const hits = ({ on }: Fault) => (on === undefined ? sender === 'administrator' : on === target || on === 'any');
    const at = this.#armed.findIndex(hits);
    return at < 0 ? undefined : this.#armed.splice(at, 1)[0];
  }

  clear(): void {
    this.#armed.length = 0;
  }
}

export function corrupted(payload: Uint8Array, { offset, mask = 0xff }: Fault & { kind: 'corrupt' }): Uint8Array {
  const bytes = new Uint8Array(payload);
  const at = Math.min(offset, bytes.length - 1);
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return bytes;
}

/** A KVP request of `bytes` bytes, headers included and true, its body zero: longer than any message of the protocol. */
export function oversizedPayload(bytes: number): Uint8Array {
  requireInteger('a payload in bytes', bytes, HEADERS_BYTES, MAX_RAW_BYTES);
  const none = version(0);
  const ic = { framework: none, type: IC_TYPE_KVP, message: none, status: 0, transaction: 0, flags: IC_FLAGS_REQUEST };
  return encodePayload(ic, new Uint8Array(bytes - HEADERS_BYTES));
}

function checkFault(fault: Fault): void {
  requireObject('fault', fault);
  requireChoice('the kind of a fault', fault.kind, ['delay', 'drop', 'corrupt']);
  if (fault.on !== undefined) requireChoice('the request that a fault hits', fault.on, FAULT_TARGETS);
  if (fault.kind === 'delay') requireInteger('a delay in ms', fault.ms, 0, MAX_DELAY_MS);
  if (fault.kind === 'corrupt') {
    requireInteger('an offset', fault.offset, 0, 0xffff);
    requireInteger('a mask', fault.mask ?? 0xff, 1, 0xff);
  }
}
