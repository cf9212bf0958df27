/**
 * The host's end of the KVP protocol as a state machine without IO: payloads and the clock go in, payloads and events
 * come out. One request is in flight at most, and it lives in the state that waits for it.
 *
 * Source: protocol.md 2.4 and 6.1 (OpenVMM `hyperv_ic`).
 */
import {
  requireBoolean,
  requireBytes,
  requireChoice,
  requireMilliseconds,
  requireObject,
  requireTime,
  wrong,
} from '../arguments.js';
import {
  decodeKvpAnswer,
  decodeNegotiateAnswer,
  decodePayload,
  encodeKvpRequest,
  encodeNegotiateRequest,
  formatRemark,
  type KvpAnswer,
  type KvpMessage,
  type Remark,
  type VersionLists,
} from '../codec/index.js';
import { KvpError, MisuseError } from '../errors.js';
import type { Agreed } from './versions.js';

/** A request in flight. `raw` payloads were made by a fault: whatever comes back is their answer. */
export type HostRequest = { kind: 'kvp'; message: KvpMessage } | { kind: 'raw'; payload: Uint8Array };

export type MachineState =
  | { name: 'closed' }
  | { name: 'negotiating' }
  | { name: 'ready'; agreed: Agreed }
  | { name: 'busy'; agreed: Agreed; request: HostRequest; deadline: number }
  | { name: 'failed'; reason: KvpError };

export type MachineOutput =
  /** Put this payload into the channel. */
  | { kind: 'send'; payload: Uint8Array; request?: HostRequest }
  | { kind: 'negotiated'; agreed: Agreed }
  | { kind: 'answered'; request: HostRequest; answer: KvpAnswer; payload: Uint8Array }
  /** The request has no answer and none will be taken for it. */
  | { kind: 'unanswered'; request: HostRequest; error: KvpError }
  /** What the guest sent was taken although no guest should send it. */
  | { kind: 'remarks'; remarks: readonly Remark[]; request?: KvpMessage }
  /** A stale message that came while negotiating; hosts drop those without a word. */
  | { kind: 'dropped'; type: number }
  | { kind: 'failed'; reason: KvpError };

export interface MachineOptions {
  offer: VersionLists;
  /** How long the guest may take for one request. A negotiation has no limit: the daemon may come any time later. */
  timeoutMs: number;
  /** Fail the channel on what hosts tolerate although no guest should send it. Default false: it is an output. */
  strict?: boolean;
}

export class HostMachine {
  readonly #offer: VersionLists;
  readonly #timeoutMs: number;
  readonly #strict: boolean;
  #state: MachineState = { name: 'closed' };

  constructor(options: MachineOptions) {
    requireObject('options', options);
    const { offer, timeoutMs, strict = false } = options;
    // An offer that cannot be sent is refused here, not in the middle of a boot.
    encodeNegotiateRequest(offer);
    requireMilliseconds('timeoutMs', timeoutMs);
    requireBoolean('strict', strict);
    this.#offer = offer;
    this.#timeoutMs = timeoutMs;
    this.#strict = strict;
  }

  get state(): MachineState {
    return this.#state;
  }

  /** When `tick` must be called, in the clock's milliseconds; undefined when nothing is due. */
  get deadline(): number | undefined {
    return this.#state.name === 'busy' ? this.#state.deadline : undefined;
  }

  /** A fresh channel: negotiate. From here a failed channel works again. */
  open(): MachineOutput[] {
    return this.#leave('the channel was reopened', () => this.#negotiate());
  }

  /**
   * Negotiates again: after save and restore, migration, a reboot or a lost answer. A negotiation that is under way
   * already serves; a failed or closed channel stays what it is.
   */
  renegotiate(): MachineOutput[] {
    if (this.#state.name !== 'ready' && this.#state.name !== 'busy') return [];
    return this.#leave('negotiation began again', () => this.#negotiate());
  }

  close(): MachineOutput[] {
    return this.#leave('the channel was closed', () => {
      this.#state = { name: 'closed' };
      return [];
    });
  }

  /** Something below the protocol broke, such as the ring. */
  fail(reason: KvpError): MachineOutput[] {
    if (!(reason instanceof KvpError)) throw wrong('reason', 'a KvpError', reason);
    if (this.#state.name === 'failed' || this.#state.name === 'closed') return [];
    const before = this.#state;
    this.#state = { name: 'failed', reason };
    const error = new KvpError('ERR_HOST_CHANNEL_FAILED', { detail: reason.message, cause: reason });
    const outputs: MachineOutput[] = [];
    if (before.name === 'busy') outputs.push({ kind: 'unanswered', request: before.request, error });
    outputs.push({ kind: 'failed', reason });
    return outputs;
  }

  /**
   * Sends one request; the machine must be `ready`. Throws the codec's errors for a message that cannot be encoded;
   * the machine is then still ready.
   */
  request(request: HostRequest, now: number): MachineOutput[] {
    requireObject('request', request);
    requireChoice('the kind of a request', request.kind, ['kvp', 'raw']);
    requireTime('now', now);
    if (request.kind === 'raw') requireBytes('payload', request.payload);
    if (this.#state.name !== 'ready') throw new MisuseError(`a request needs a ready channel, not ${this.#state.name}`);
    const { agreed } = this.#state;
    const payload =
      request.kind === 'raw'
        ? request.payload
        : encodeKvpRequest(request.message, { framework: agreed.framework, version: agreed.message });
    this.#state = { name: 'busy', agreed, request, deadline: now + this.#timeoutMs };
    return [{ kind: 'send', payload, request }];
  }

  /** One packet's payload from the guest, padding included. Not kept after the call. */
  receive(payload: Uint8Array): MachineOutput[] {
    requireBytes('payload', payload);
    try {
      switch (this.#state.name) {
        case 'negotiating':
          return this.#receiveNegotiation(payload);
        case 'busy':
          return this.#receiveAnswer(payload, this.#state);
        case 'ready':
          throw new KvpError('ERR_CODEC_IC', { detail: 'a message that answers no request' });
        case 'closed':
        case 'failed':
          return [];
      }
    } catch (error) {
      if (error instanceof KvpError) return this.fail(error);
      throw error;
    }
  }

  /** The clock reads `now`. A request past its deadline is given up and the channel negotiates again. */
  tick(now: number): MachineOutput[] {
    requireTime('now', now);
    if (this.#state.name !== 'busy' || now < this.#state.deadline) return [];
    const { request } = this.#state;
    const error = new KvpError('ERR_HOST_TIMEOUT', { detail: `nothing within ${this.#timeoutMs} ms` });
    // The late answer, should it come, arrives before the answer to this negotiation and is dropped with all others.
    return [{ kind: 'unanswered', request, error }, ...this.#negotiate()];
  }

  #leave(why: string, then: () => MachineOutput[]): MachineOutput[] {
    const before = this.#state;
    if (before.name !== 'busy') return then();
    const error = new KvpError('ERR_HOST_INTERRUPTED', { detail: why });
    return [{ kind: 'unanswered', request: before.request, error }, ...then()];
  }

  #negotiate(): MachineOutput[] {
    this.#state = { name: 'negotiating' };
    return [{ kind: 'send', payload: encodeNegotiateRequest(this.#offer) }];
  }

  #receiveNegotiation(payload: Uint8Array): MachineOutput[] {
    const answer = decodeNegotiateAnswer(payload, this.#offer);
    if (answer === undefined) return [{ kind: 'dropped', type: decodePayload(payload).ic.type }];
    const { remarks, ...agreed } = answer;
    const outputs = this.#remark(remarks);
    this.#state = { name: 'ready', agreed };
    return [...outputs, { kind: 'negotiated', agreed }];
  }

  #receiveAnswer(payload: Uint8Array, busy: MachineState & { name: 'busy' }): MachineOutput[] {
    const { request, agreed } = busy;
    const answer = request.kind === 'raw' ? { status: 0, remarks: [] } : answerTo(request.message, payload, agreed);
    const outputs = this.#remark(answer.remarks, request.kind === 'kvp' ? request.message : undefined);
    this.#state = { name: 'ready', agreed };
    return [...outputs, { kind: 'answered', request, answer, payload }];
  }

  /** Says what was odd; a strict host takes it for a broken protocol. */
  #remark(remarks: readonly Remark[], request?: KvpMessage): MachineOutput[] {
    const [first] = remarks;
    if (first === undefined) return [];
    if (this.#strict) throw new KvpError('ERR_HOST_REMARK', { detail: remarks.map(formatRemark).join('; ') });
    return [{ kind: 'remarks', remarks, ...(request === undefined ? {} : { request }) }];
  }
}

function answerTo(request: KvpMessage, payload: Uint8Array, { framework, message: version }: Agreed): KvpAnswer {
  const { operation, pool } = request;
  const index = 'index' in request ? { index: request.index } : {};
  return decodeKvpAnswer(payload, operation, { framework, version, pool, ...index });
}
