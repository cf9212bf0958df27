/** Faults on demand: what a broken host or a lossy channel would do to the next requests. */
import { encodePayload, version } from '../codec/index.js';
import { MisuseError } from '../errors.js';
import { HEADERS_BYTES, IC_FLAGS_REQUEST, IC_TYPE_KVP } from '../wire/payload.js';
import { DESCRIPTOR_BYTES, KVP_RING_DATA_BYTES, TRAILER_BYTES } from '../wire/ring.js';

export type Fault =
  /** The next request reaches the guest `ms` milliseconds late; its time limit runs meanwhile. */
  | { kind: 'delay'; ms: number }
  /** The next request never reaches the guest. */
  | { kind: 'drop' }
  /** One byte of the next request's payload is XORed with `mask` (default 0xff); an offset beyond its end hits the last byte. */
  | { kind: 'corrupt'; offset: number; mask?: number };

/** The longest payload that every implementation's ring of three pages takes (protocol.md 1.3). */
export const MAX_RAW_BYTES = KVP_RING_DATA_BYTES - 16 - DESCRIPTOR_BYTES - TRAILER_BYTES;

const MAX_ARMED = 64;
const MAX_DELAY_MS = 3_600_000;

/** Faults wait here, in order, each for one request. */
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

  take(): Fault | undefined {
    return this.#armed.shift();
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
  if (fault.kind === 'delay') requireInteger('a delay in ms', fault.ms, 0, MAX_DELAY_MS);
  if (fault.kind === 'corrupt') {
    requireInteger('an offset', fault.offset, 0, 0xffff);
    requireInteger('a mask', fault.mask ?? 0xff, 1, 0xff);
  }
}

function requireInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new MisuseError(`${what} is a whole number from ${least} to ${most}, not ${value}`);
}
